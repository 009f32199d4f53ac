// The project that a command works on: its deploy.yml found, read and checked, its secrets
// resolved, and those hosts and services picked that -H and -S name.
#pragma once
#include "segue/app/app.hpp"
#include "segue/base/source_texts.hpp"
#include "segue/config/load.hpp"
#include "segue/os/content_stream.hpp"
#include "segue/plan/service_fields.hpp"
#include "segue/remote/endpoint.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace segue {

// Something of the project's folder that hosts may have to be sent.
struct LocalContent {
  ProjectFolder folder;
  std::string path;
  std::vector<LocalEntry> entries;
  ContentModes modes;
  unsigned long long size = 0;  // of the archive, in bytes

  ContentStream stream() const { return {folder, path, entries, modes}; }
};

class RemoteBuilder;

struct Project {
  Config config;
  SourceTexts texts;  // of deploy.yml and what it extends
  std::shared_ptr<const YamlNode> document;
  std::string folder;                 // of the project: where .env lies
  std::vector<std::string> hosts;     // server names that take part
  std::vector<std::string> services;  // that -S left; empty: all
  SecretValues secrets;
  SecretValues login_secrets;                         // of key_data and key_passphrase
  std::map<std::string, std::string> secret_sources;  // name -> ".env", "vault", "the environment"
  // Whose values are with an adapter that deploy.yml may not run yet; only where SecretsWanted said
  // that this is good enough.
  std::set<std::string> unknown_secrets;
  bool lends = false;  // this machine's registry, to its hosts: image_lending.hpp
  std::map<std::string, LocalContent> contents;      // by the SHA-256 of their archives
  std::map<std::string, std::string> architectures;  // of the hosts that were asked: amd64
  std::shared_ptr<RemoteBuilder> remote_builder;     // once it was needed (build_machine.hpp)

  std::vector<Endpoint> endpoints() const;
  Endpoint endpoint(const ServerConfig& server) const;

  // What a host is, as it was heard or as deploy.yml says; empty: nobody knows.
  std::string architecture(const std::string& host) const;
};

// Shows configuration problems through the reporter itself, all at once; the error then only
// carries the exit status (its text is empty).
enum class SecretsWanted {
  none,
  known,  // without a question: those of an adapter only when it may be run
  all,    // what deploys needs all of them, and asks whether an adapter may be run
};
struct ProjectRequest {
  std::optional<std::string> version;
  SecretsWanted secrets = SecretsWanted::none;
  bool yes = false;         // the adapter may be run
  bool idle_hosts = false;  // hosts without a service take part, too
  bool offline = false;     // no host is going to be asked
};
Result<Project> open_project(App& app, const ProjectRequest& request);

// The secrets and files that the project's services name, read and checked; open_project does so
// when secrets are asked for.
Result<> resolve_project(App& app, Project& project, const ProjectRequest& request);

}  // namespace segue
