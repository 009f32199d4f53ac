// Values out of the JSON that programs print. Errors (code usage) say what is wrong with it and
// show nothing of it.
//   values_of(*read_json(R"({"A": "1"})"))  ->  A
#pragma once
#include "adapters.hpp"

#include <nlohmann/json_fwd.hpp>

namespace segue {

Result<nlohmann::json> read_json(const std::string& text);

// Texts, numbers and truth values of an object; what is nested is left out.
Result<AdapterValues> values_of(const nlohmann::json& object);

// Where in an object of a list its name and its value stand.
struct ListKeys {
  const char* name;
  const char* value;
};

// The wanted ones out of a list of objects; an error when one of them is there twice.
Result<AdapterValues> values_of_list(const nlohmann::json& list, const ListKeys& keys,
                                     const std::vector<std::string>& wanted);

}  // namespace segue
