// A text in double quotes, as JSON and YAML both read it.
//   json_string("a\"b\n")  ->  "a\"b\n" with its quotes, escaped
#pragma once
#include <string>
#include <string_view>

namespace segue {

std::string json_string(std::string_view text);

}  // namespace segue
