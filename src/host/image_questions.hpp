// What a host is asked of its images: those that deploy.yml names, those that its records name, and
// who else has them.
#pragma once
#include "segue/host/facts_probe.hpp"

#include <string>

namespace segue {

// The body of a section of the facts script. Expects its $segue_kind, $segue_engine, $segue_root,
// $segue_project and $segue_environment, and `segue_inspect`.
std::string images_text(const FactsRequest& request);

}  // namespace segue
