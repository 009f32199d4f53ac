#include "segue/engine/image_list.hpp"

#include "segue/base/text.hpp"

#include <algorithm>

namespace segue {
namespace {

using Words = std::vector<std::string>;

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

ListCommands with_docker(const ImageListPush& push) {
  // Its folder of credentials is also where it keeps the list.
  const Words manifest{"--config", ".", "manifest"};
  const Words insecure = push.insecure ? Words{"--insecure"} : Words{};
  Words create = joined(joined(manifest, {"create"}), insecure);
  create = joined(joined(create, {"--", push.image}), push.parts);
  const Words send = joined(joined(manifest, {"push"}), insecure);
  return {{create, joined(send, {"--", push.image})}, {}};
}

// The list alone is sent: what it names would be compressed anew, and get other digests.
ListCommands with_podman(const ImageListPush& push) {
  const std::string list = "localhost/segue-list:" + push.name;
  const Words login = push.has_login ? Words{"--authfile", "config.json"} : Words{};
  ListCommands commands;
  commands.push.push_back({"manifest", "create", "--", list});
  for (const std::string& part : push.parts)
    commands.push.push_back(
        joined(joined({"manifest", "add"}, login), {"--", list, "docker://" + part}));
  commands.push.push_back(joined(joined({"manifest", "push", "--all=false"}, login),
                                 {"--", list, "docker://" + push.image}));
  commands.tidy = {"manifest", "rm", "--", list};
  return commands;
}

}  // namespace

ListCommands list_commands(EngineKind engine, const ImageListPush& push) {
  return engine == EngineKind::podman ? with_podman(push) : with_docker(push);
}

std::string insecure_registries_format() {
  return "{{range $name, $index := .RegistryConfig.IndexConfigs}}"
         "{{if not $index.Secure}}{{println $name}}{{end}}{{end}}";
}

bool is_insecure(std::string_view answer, std::string_view host) {
  const std::vector<std::string> names = split_lines(answer);
  return std::ranges::find(names, host) != names.end();
}

}  // namespace segue
