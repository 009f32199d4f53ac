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
// any more. Nor those of a deploy that is undone. An empty file says that there was none.
constexpr std::string_view kFormer = R"sh(
segue_put_away() {
  rm -f "$1".*.before "$1.former" "$1.copy"
  if [ -e "$1" ]; then cp "$1" "$1.copy"; else printf '' >"$1.copy"; fi && mv "$1.copy" "$1.$segue_kept_as"
}
segue_put_back() {
  for segue_file in "$@"; do
    if [ -s "$segue_file.$segue_kept_as" ]; then mv -f "$segue_file.$segue_kept_as" "$segue_file"
    elif [ -e "$segue_file.$segue_kept_as" ]; then rm -f "$segue_file" "$segue_file.$segue_kept_as"
    fi
  done
}
segue_forget() {
  for segue_file in "$@"; do rm -f "$segue_file.$segue_kept_as"; done
}
)sh";

// Named by their content, so a file that is there is right. Only what the loaded configuration
// names stays, and what an undo would load.
constexpr std::string_view kCertificates = R"sh(
segue_keep_certificate() {
  [ ! -s "$1" ] || return 0
  mkdir -p "${1%/*}" && rm -f "$1.new" && (umask 077; printf '%s\n' "$segue_value" >"$1.new") && mv "$1.new" "$1" ||
    { segue_problem disk "$1"; return 96; }
}
segue_drop_certificates() {
  for segue_file in "$segue_proxy"/certificates/*; do
    [ ! -e "$segue_file" ] ||
      cat "$segue_proxy/caddy.json" "$segue_proxy"/routes/*.before 2>/dev/null | grep -F -e "${segue_file##*/}" >/dev/null ||
      rm -f "$segue_file"
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
    body.raw(" ] || [ -e")
        .word(folder + "/green.off")
        .raw(" ] || printf '' >")
        .word(folder + "/green.off");
    body.raw("; } && ");
    write(file, route_file(service));
  }

  void write(const std::string& file, const std::string& text) {
    body.raw("segue_put_away").word(file);
    body.raw(" &&\n  printf '%s'").word(text).raw(" >").word(file + ".new");
    body.raw(" && mv").word(file + ".new").word(file);
    body.raw(" || { segue_problem disk").word(file).raw("; return 96; }\n");
  }
};

ShellText preamble(const Engine& engine, const std::string& proxy, const std::string& release) {
  const std::string kept_as = release.empty() ? "former" : release + ".before";
  ShellText text(fmt::format("segue_engine={}\nsegue_proxy={}\nsegue_kept_as={}\n",
                             quote(engine.path()), quote(proxy), quote(kept_as)));
  return text.raw(compose_functions()).raw(kFormer).raw(kCertificates);
}

}  // namespace

Section write_routes(const Engine& engine, const std::string& state_root,
                     const RouteChange& change) {
  const std::string proxy = state_root + "/proxy";
  Section section{kRoutesSection, {}};
  ShellText& body = section.body;
  body += preamble(engine, proxy, change.release);
  body.raw("segue_write_routes() {\n");
  std::vector<std::string> files;
  for (const ProxiedService& service : change.write) {
    Writer{body, proxy}.route(service);
    files.push_back(proxy + "/routes/" + route_file_name(service));
  }
  for (const RouteFile& file : change.extra) {
    files.push_back(proxy + "/routes/" + file.name);
    Writer{body, proxy}.write(files.back(), file.text);
  }
  for (const std::string& name : change.remove) {
    files.push_back(proxy + "/routes/" + name);
    body.raw("segue_put_away").word(files.back()).raw(" && rm -f").word(files.back()).raw("\n");
  }
  body.raw("segue_load\n}\nsegue_proxy_lock || return 96\nsegue_write_routes\nsegue_status=$?\n");
  body.raw("[ \"$segue_status\" = 0 ] || segue_put_back").words(files).raw("\n");
  if (change.release.empty()) body.raw("segue_forget").words(files).raw("\n");
  body.raw("segue_drop_certificates\n");
  body.raw("segue_proxy_unlock\nreturn $segue_status");
  return section;
}

Section restore_routes(const Engine& engine, const std::string& state_root,
                       const std::string& release, const std::vector<std::string>& files) {
  const std::string proxy = state_root + "/proxy";
  std::vector<std::string> paths;
  for (const std::string& file : files) paths.push_back(proxy + "/routes/" + file);
  Section section{"restore-routes", preamble(engine, proxy, release)};
  section.body.raw("segue_proxy_lock || return 96\nsegue_put_back").words(paths);
  section.body.raw("\nsegue_load\nsegue_status=$?\nsegue_drop_certificates\n");
  section.body.raw("segue_proxy_unlock\nreturn $segue_status");
  return section;
}

ShellText forget_former_routes(const std::string& state_root, const Identity& identity,
                               const std::string& release) {
  const std::string proxy = state_root + "/proxy";
  ShellText text(fmt::format("segue_proxy={}\n", quote(proxy)));
  text.raw(proxy_lock_functions()).raw(kCertificates);
  text.raw("rm -f").word(proxy + "/routes/").raw("*").raw(quote("." + identity.key() + "."));
  text.raw("*").raw(quote("." + release + ".before"));
  // Who changes the routes at this moment drops certificates himself.
  return text.raw(R"sh(
if [ -d "$segue_proxy/certificates" ] && [ ! -h "$segue_proxy/.lock" ] && segue_proxy_lock; then
  segue_drop_certificates
  segue_proxy_unlock
fi
)sh");
}

}  // namespace segue
