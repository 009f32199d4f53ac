// A plan as people read it: what differs, what will be done in which order, and why. Two plans are
// the same to a user when their texts are. No secret's value is in a plan, so none is in its text.
#pragma once
#include "segue/plan/plan.hpp"

#include <string>

namespace segue {

std::string plan_text(const Plan& plan);

}  // namespace segue
