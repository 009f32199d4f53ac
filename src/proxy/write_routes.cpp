// The one change of the proxy's configuration: route files and certificates are written, what all
// projects have is composed, and loaded when it differs.
#include "compose.hpp"

#include "segue/proxy/proxy_sections.hpp"
#include "segue/proxy/routes.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

// Route files of a configuration that was refused must not stay: no project could change anything
// any more.
constexpr std::string_view kFormer = R"sh(
segue_put_away() {
  rm -f "$1.former"
  [ ! -e "$1" ] || cp "$1" "$1.former"
}
segue_settle_routes() {
  segue_outcome=$1
  shift
  for segue_file in "$@"; do
    if [ "$segue_outcome" = 0 ]; then rm -f "$segue_file.former"
    elif [ -e "$segue_file.former" ]; then mv -f "$segue_file.former" "$segue_file"
    else rm -f "$segue_file"
    fi
  done
}
)sh";

// Named by their content, so a file that is there is right. Only what the loaded configuration
// names stays.
constexpr std::string_view kCertificates = R"sh(
segue_keep_certificate() {
  [ ! -s "$1" ] || return 0
  mkdir -p "${1%/*}" && rm -f "$1.new" && (umask 077; printf '%s\n' "$segue_value" >"$1.new") && mv "$1.new" "$1" ||
    { segue_problem disk "$1"; return 96; }
}
segue_drop_certificates() {
  for segue_file in "$segue_proxy"/certificates/*; do
    [ ! -e "$segue_file" ] || grep -qF -e "${segue_file##*/}" "$segue_proxy/caddy.json" || rm -f "$segue_file"
  done
}
)sh";

struct Writer {
  ShellText& body;
  std::string proxy;  // folder

  void keep(const std::string& file) {
    body.raw("\nsegue_keep_certificate").word(proxy + "/certificates/" + file);
    body.raw(" || return 96\n");
  }

  // The values stand in variables of the shell, never in an argument: printf is its own.
  void certificates(const HttpsRoute& https) {
    if (https.own) {
      body.raw("segue_value=").secret_value(https.own->certificate_secret);
      keep(https.own->name + ".pem");
      body.raw("segue_value=").secret_value(https.own->key_secret);
      keep(https.own->name + ".key");
    } else if (const std::string root = authority_root_file(https); !root.empty()) {
      body.raw("segue_value=" + quote(https.authority.root_pem));
      keep(root);
    }
    body.raw("segue_value=\n");
  }

  void route(const ProxiedService& service) {
    const std::string folder = proxy + "/slots/" + service.key();
    const std::string file = proxy + "/routes/" + route_file_name(service);
    if (service.https) certificates(*service.https);
    body.raw("mkdir -p").word(folder).raw(" && { [ -e").word(folder + "/green");
    body.raw(" ] || [ -e").word(folder + "/green.off").raw(" ] || : >").word(folder + "/green.off");
    body.raw("; } && segue_put_away").word(file);
    body.raw(" &&\n  printf '%s'").word(route_file(service)).raw(" >").word(file + ".new");
    body.raw(" && mv").word(file + ".new").word(file);
    body.raw(" || { segue_problem disk").word(file).raw("; return 96; }\n");
  }
};

}  // namespace

Section write_routes(const Engine& engine, const std::string& state_root,
                     const RouteChange& change) {
  const std::string proxy = state_root + "/proxy";
  Section section{"routes", {}};
  ShellText& body = section.body;
  body.raw(fmt::format("segue_engine={}\nsegue_proxy={}\n", quote(engine.path()), quote(proxy)));
  body.raw(compose_functions()).raw(kFormer).raw(kCertificates);
  body.raw("segue_write_routes() {\n");
  std::vector<std::string> files;
  for (const ProxiedService& service : change.write) {
    Writer{body, proxy}.route(service);
    files.push_back(proxy + "/routes/" + route_file_name(service));
  }
  for (const std::string& name : change.remove) {
    files.push_back(proxy + "/routes/" + name);
    body.raw("segue_put_away").word(files.back()).raw(" && rm -f").word(files.back()).raw("\n");
  }
  body.raw("segue_load\n}\nsegue_proxy_lock || return 96\nsegue_write_routes\nsegue_status=$?\n");
  body.raw("segue_settle_routes \"$segue_status\"").words(files).raw("\n");
  body.raw("segue_drop_certificates\n");
  body.raw("segue_proxy_unlock\nreturn $segue_status");
  return section;
}

}  // namespace segue
