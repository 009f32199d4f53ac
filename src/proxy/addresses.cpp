#include "segue/proxy/proxy_sections.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// An address of a network that was made anew may lie in another subnet: then it is given again.
constexpr std::string_view kGive = R"sh(
segue_prefix=$("$segue_engine" network inspect --format '{{range .Subnets}}{{.Subnet}}{{"\n"}}{{end}}' "$segue_network" | {
  while read -r segue_line; do case $segue_line in *.*.*.*/*) echo "${segue_line%.*}"; break ;; esac; done
})
[ -n "$segue_prefix" ] || { segue_problem start "the network $segue_network has no IPv4 addresses"; return 96; }
mkdir -p "$segue_folder" || { segue_problem state "$segue_folder"; return 96; }
segue_taken=" $(cat "$segue_folder"/* 2>/dev/null | tr '\n' ' ') "
segue_last=254
for segue_alias in $segue_aliases; do
  segue_line=
  [ ! -r "$segue_folder/$segue_alias" ] || read -r segue_line <"$segue_folder/$segue_alias"
  [ "${segue_line%.*}" != "$segue_prefix" ] || continue
  while :; do
    case $segue_taken in *" $segue_prefix.$segue_last "*) segue_last=$((segue_last - 1)) ;; *) break ;; esac
  done
  [ "$segue_last" -gt 9 ] || { segue_problem start "no address is left in the network $segue_network"; return 96; }
  echo "$segue_prefix.$segue_last" >"$segue_folder/$segue_alias.new" &&
    mv "$segue_folder/$segue_alias.new" "$segue_folder/$segue_alias" || { segue_problem disk "$segue_folder"; return 96; }
  segue_last=$((segue_last - 1))
done
)sh";

// The proxy's own network leads to the host by its gateway.
constexpr std::string_view kGiveHost = R"sh(
segue_line=$("$segue_engine" network inspect --format "$segue_format" "$segue_network" | {
  while read -r segue_line; do case $segue_line in *.*.*.*) echo "$segue_line"; break ;; esac; done
})
[ -n "$segue_line" ] || { segue_problem start "the network $segue_network has no IPv4 gateway"; return 96; }
mkdir -p "$segue_folder" || { segue_problem state "$segue_folder"; return 96; }
for segue_alias in $segue_aliases; do
  echo "$segue_line" >"$segue_folder/$segue_alias.new" &&
    mv "$segue_folder/$segue_alias.new" "$segue_folder/$segue_alias" || { segue_problem disk "$segue_folder"; return 96; }
done
)sh";

}  // namespace

Section give_host_addresses(const Engine& engine, const std::string& state_root,
                            const std::vector<std::string>& aliases) {
  const bool docker = engine.kind() == EngineKind::docker;
  const std::string format = std::string("{{range ") + (docker ? ".IPAM.Config" : ".Subnets") +
                             R"(}}{{.Gateway}}{{"\n"}}{{end}})";
  std::string all;
  for (const std::string& alias : aliases) all += alias + " ";
  Section section{"addresses", {}};
  section.body.raw(fmt::format(
      "segue_engine={}\nsegue_network={}\nsegue_folder={}\nsegue_format={}\nsegue_aliases={}\n",
      quote(engine.path()), quote(kProxyNetwork), quote(state_root + "/proxy/addresses"),
      quote(format), quote(all)));
  section.body.raw(kGiveHost);
  return section;
}

Section give_addresses(const Engine& engine, const std::string& network,
                       const std::vector<std::string>& aliases) {
  Section section{"addresses", {}};
  section.body.raw(fmt::format(
      "segue_engine={}\nsegue_network={}\nsegue_folder={}\nsegue_aliases=", quote(engine.path()),
      quote(network), quote(engine.address_folder())));
  std::string all;
  for (const std::string& alias : aliases) all += alias + " ";
  section.body.raw(quote(all) + "\n").raw(kGive);
  return section;
}

}  // namespace segue
