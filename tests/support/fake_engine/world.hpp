// What the fake engine knows, as JSON: containers, networks, volumes, images, the configuration
// that the proxy has loaded. It logs
//   calls        one line per call: its arguments as a JSON array
//   events       one line per effect: "run ID NAME RELEASE", "stop ID", "passed ID", "rm ID" ...
//   unknown      calls that it does not understand; a test that leaves one has failed
#pragma once
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace fake {

using nlohmann::json;

// Where the state lies, and what is logged, is the business of who made it: the program keeps it in
// files (folder_world.hpp), the simulator in memory.
class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  json state;
  void event(const std::string& text) { append("events", text); }
  virtual void append(const std::string& file, const std::string& text) = 0;
  virtual bool exists(const std::string& path) const = 0;  // on the host
  virtual std::string read(const std::string& path) const = 0;
  virtual std::optional<std::string> variable(const std::string& name) const = 0;  // the client's

  json* container(const std::string& name_or_id);
  json* container_with_alias(const std::string& alias);  // running, and the proxy can reach it
};

// What a call prints, and its exit status.
struct Answer {
  int status = 0;
  std::string text;        // to stdout
  std::string error = {};  // to stderr
};
using Arguments = std::vector<std::string>;

Answer do_command(World& world, const Arguments& arguments);
Answer do_exec(World& world, const Arguments& arguments);
Answer do_run(World& world, const Arguments& arguments);
Answer do_inspect(World& world, const Arguments& arguments);
Answer unknown(World& world, const Arguments& arguments);

// The container that answers requests for a service now: "shop.web"; nothing when none does.
const json* who_serves(World& world, const std::string& key);

// Appends to `served`, for every public route, whether a request would be answered now.
void note_what_serves(World& world);

std::string option(const Arguments& arguments, const std::string& name);
Arguments options(const Arguments& arguments, const std::string& name);
Arguments positional(const Arguments& arguments, size_t from);

}  // namespace fake
