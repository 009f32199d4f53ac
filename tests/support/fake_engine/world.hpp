// What the fake engine knows, kept as JSON in the folder that FAKE_ENGINE names, so that each call
// of the program is a client of one engine:
//   state.json   containers, networks, volumes, images, the proxy's configuration
//   calls        one line per call: its arguments as a JSON array
//   events       one line per effect: "run ID NAME RELEASE", "stop ID", "passed ID", "rm ID" ...
//   unknown      calls that it does not understand; a test that leaves one has failed
#pragma once
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace fake {

using nlohmann::json;

// Holds the engine's lock for as long as it lives.
class World {
 public:
  explicit World(std::string folder);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  json state;
  void save() const;
  void event(const std::string& text) const { append("events", text); }
  void append(const std::string& file, const std::string& text) const;
  const std::string& folder() const { return folder_; }

  json* container(const std::string& name_or_id);
  json* container_with_alias(const std::string& alias);  // running, and the proxy can reach it

 private:
  std::string folder_;
  int lock_ = -1;
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
Answer unknown(const World& world, const Arguments& arguments);

// Appends to `served`, for every public route, whether a request would be answered now.
void note_what_serves(World& world);

std::string option(const Arguments& arguments, const std::string& name);
Arguments options(const Arguments& arguments, const std::string& name);
Arguments positional(const Arguments& arguments, size_t from);

}  // namespace fake
