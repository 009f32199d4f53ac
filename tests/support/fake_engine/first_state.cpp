#include "first_state.hpp"

namespace fake {

json first_state(const std::string& root) {
  json state{{"root", root},      {"made", 0},     {"calls", 0},
             {"loaded", nullptr}, {"volumes", {}}, {"containers", json::array()},
             {"registry", {}}};
  state["networks"] = {{"bridge", {{"labels", json::object()}}}};
  for (const char* version : {"v0", "v1", "v2", "bad"})
    state["images"][std::string("app:") + version] = {{"id", std::string("sha256:") + version}};
  state["images"]["caddy:2"] = {{"id", "sha256:caddy"}};
  state["containers"].push_back({{"id", "stranger"},
                                 {"name", "somebody-elses"},
                                 {"image", "sha256:other"},
                                 {"labels", json::object()},
                                 {"state", "running"},
                                 {"exit_code", 0},
                                 {"policy", "always"},
                                 {"networks", {{"bridge", json::array()}}},
                                 {"environment", json::object()},
                                 {"ports", ""},
                                 {"command", json::array()}});
  return state;
}

}  // namespace fake
