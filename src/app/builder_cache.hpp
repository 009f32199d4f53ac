// What builds have left in the engine that makes them: images of the project that a newer build has
// taken the name from, and what the builder keeps to be quicker the next time.
#pragma once
#include "project.hpp"

#include "segue/app/app.hpp"

namespace segue {

// Says what the engine says that it has freed. Code::failed when it refuses.
Result<> prune_builder_cache(App& app, Project& project);

}  // namespace segue
