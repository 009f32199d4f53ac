// Arguments that could not be understood, said so that the next try works: what was meant, what
// there is, what does not work yet. Code::usage always.
#pragma once
#include "segue/base/error.hpp"

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace segue {

Error explain(const CLI::App& app, const CLI::ParseError& error);

// A word that is neither a command of `at` nor one of its options.
Error explain_word(const CLI::App& at, const std::string& word);

}  // namespace segue
