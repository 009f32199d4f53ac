// The condition that candidates must meet before they get traffic: the body of a section that
// waits for it on the host, with its own deadline. It ends at once when a candidate exits, also
// when the engine has started it again.
#pragma once
#include "segue/base/duration.hpp"
#include "segue/engine/engine.hpp"
#include "segue/script/shell_text.hpp"

#include <string>
#include <variant>
#include <vector>

namespace segue {

struct HttpProbe {                  // through the proxy's inner server
  std::vector<std::string> routes;  // "shop.web.green.1", one per replica
  std::string path;
  std::string host_header;
  std::vector<int> status;  // empty: 200-299
  bool h2c = false;         // the proxy keeps no time then
};
struct CommandProbe {
  std::vector<std::string> argv;  // run in each candidate
};
struct StaysUp {
  Duration delay{5'000};
};

struct Gate {
  std::variant<HttpProbe, CommandProbe, StaysUp> probe;
  std::vector<std::string> containers;
  bool just_made = false;  // the containers: any restart counts then, else those during the gate
  Duration interval{1'000};
  Duration timeout{5'000};
  Duration deadline{60'000};
};

// "GET /health answers 2xx": for plans.
std::string describe(const Gate& gate);

// Defines the function `segue_gate`, which returns 0 or tells a problem, prints the evidence (last
// response, state and log of each candidate) and returns 96.
ShellText gate_function(const Engine& engine, const Gate& gate);

// Afterwards: watches for so long whether it stays like that. A container that ends or starts anew
// fails it at once, a check that does not pass only when it stays so for three intervals.
ShellText bake(const Engine& engine, Gate gate, Duration time);

// Looks at each container three times, without waiting for anything, and tells `health NAME N` with
// the number of looks that it passed. Nothing is told when there is no check to make.
ShellText health_looks(const Engine& engine, const Gate& gate);
inline constexpr int kHealthLooks = 3;

}  // namespace segue
