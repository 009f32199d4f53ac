// What a script says went wrong, in one word and a detail, made into an error with its remedy.
// `segue_problem WORD DETAIL` in a script; the words are those of the table in problem.cpp. A
// remedy names the commands of that host's engine.
#pragma once
#include "segue/base/error.hpp"
#include "segue/model/engine_kind.hpp"
#include "segue/script/script_reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

Error problem_error(const std::string& word, const std::string& detail, EngineKind engine);

// The last problem that was told, if any.
std::optional<Error> told_problem(const std::vector<ScriptEvent>& events, EngineKind engine);

}  // namespace segue
