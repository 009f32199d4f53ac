// A text that is made of secrets, such as "postgres://app:${PASSWORD}@db"; `$$` is a dollar. It is
// kept by that text among the values of secrets, whose names can't look so.
//   names_in_secret_text("postgres://app:${PASSWORD}@db")  ->  {"PASSWORD"}
#pragma once
#include "segue/base/secret.hpp"
#include "segue/config/service_config.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace segue {

std::vector<std::string> names_in_secret_text(const std::string& text);

// Every name in it must have a value.
Secret fill_secret_text(const std::string& text, const std::map<std::string, Secret>& values);

// The names of the secrets whose values the containers of this service need.
std::set<std::string> secrets_needed(const ServiceConfig& service);

}  // namespace segue
