// The registry of deploy.yml, as the machine of `builder.remote` reaches it: what was built there
// is pushed from there. The credentials are there for one command, in memory where there is such a
// place.
#pragma once
#include "registry_client.hpp"
#include "remote_builder.hpp"

#include <vector>

namespace segue {

// Errors as those of RegistryClient, with the machine's name.
Result<> log_in(App& app, const Project& project, RemoteBuilder& builder);
Result<> push(App& app, const Project& project, RemoteBuilder& builder,
              std::vector<RegistryClient::Push>& pushes);
Result<> push_list(App& app, const Project& project, RemoteBuilder& builder,
                   const ImageListPush& list);

}  // namespace segue
