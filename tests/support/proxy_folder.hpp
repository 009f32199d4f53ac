// The proxy's folder of a host, and the real script that writes routes into it: an engine stands in
// that accepts every configuration, or refuses those that contain a word.
//   ProxyFolder host;
//   CHECK(host.write({{service}, {}}) == 0);
//   host.loaded().at("apps")     what Caddy would run now
#pragma once
#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include "segue/proxy/proxy_sections.hpp"
#include "segue/proxy/routes.hpp"
#include "segue/script/script.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace segue {

class ProxyFolder {
 public:
  explicit ProxyFolder(std::string shell = "/bin/sh") : shell_(std::move(shell)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "segue-proxy-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    root = pattern;
    std::filesystem::create_directories(root / "proxy/slots");
    std::filesystem::create_directories(root / "proxy/routes");
    std::ofstream(root / "proxy/caddy.json") << empty_config() << "\n";
    refuse("a word that nobody uses");
  }
  ProxyFolder(const ProxyFolder&) = delete;
  ProxyFolder& operator=(const ProxyFolder&) = delete;
  ~ProxyFolder() { std::filesystem::remove_all(root); }

  // From now on the engine refuses a configuration with this word in it.
  void refuse(const std::string& word) const {
    const auto engine = root / "engine";
    std::ofstream(engine) << "#!/bin/sh\n! grep -q -e '" << word << "' '"
                          << (root / "proxy/caddy.next.json").string() << "'\n";
    std::filesystem::permissions(engine, std::filesystem::perms::owner_all);
  }

  // The script's last word: 0, or 96 when it told a problem.
  int write(const RouteChange& change) {
    Script script;
    script.sections = {write_routes(Engine((root / "engine").string()), root.string(), change)};
    const std::string nonce(32, 'a');
    output =
        shell_output(shell_, script.render(nonce, [&](const std::string& name) -> const Secret& {
          return secrets.at(name);
        }));
    const size_t done = output.rfind("@" + nonce + " done ");
    return done == std::string::npos ? -1 : std::stoi(output.substr(done + nonce.size() + 7));
  }

  nlohmann::json loaded() const { return nlohmann::json::parse(text("caddy.json")); }

  std::string text(const std::string& file) const {
    std::ifstream stream(root / "proxy" / file);
    std::stringstream all;
    all << stream.rdbuf();
    return all.str();
  }

  std::set<std::string> files(const std::string& folder) const {
    std::set<std::string> names;
    if (!std::filesystem::exists(root / "proxy" / folder)) return names;
    for (const auto& entry : std::filesystem::directory_iterator(root / "proxy" / folder))
      names.insert(entry.path().filename().string());
    return names;
  }

  std::filesystem::path root;
  std::map<std::string, Secret> secrets;
  std::string output;  // of the last script

 private:
  std::string shell_;
};

}  // namespace segue
