// The syntax of every name in deploy.yml. None can begin with `-`, so that none is ever taken for
// an option of a program that gets it.
//   check_project_name("shop-web")   check_host_address("-oProxyCommand=x") fails
#pragma once
#include "segue/base/result.hpp"

#include <string>
#include <string_view>

namespace segue {

// Lower case, for what becomes part of container and network names: project, service, environment.
Result<> check_plain_name(std::string_view kind, std::string_view name);
Result<> check_server_name(std::string_view name);
Result<> check_host_address(std::string_view address);
Result<> check_login_name(std::string_view name);
Result<> check_domain(std::string_view domain);  // already in lower case
Result<> check_variable_name(std::string_view name);
Result<> check_url_path(std::string_view path);

// In capitals, as the name of a secret is written where the secret itself could stand by mistake.
bool is_capital_name(std::string_view name);

}  // namespace segue
