#include "segue/proxy/certificates.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr std::string_view kLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";

// Runs inside the proxy's container: the files are Caddy's alone. Names and folders in turn.
constexpr std::string_view kLook = R"sh(limit=$1
shift
now() { read -r up rest </proc/uptime; up=${up%.*}${up#*.}; }
now
end=$((up + limit))
while :; do
  missing=
  name=
  for word in "$@"; do
    if [ -z "$name" ]; then name=$word; continue; fi
    [ -s "/data/caddy/certificates/$word/$name/$name.crt" ] || missing="$missing $name"
    name=
  done
  [ -n "$missing" ] || exit 0
  now
  [ "$up" -lt "$end" ] || { echo $missing; exit 75; }
  sleep 0.2
done
)sh";

constexpr std::string_view kShow = R"sh(name=
for word in "$@"; do
  if [ -z "$name" ]; then name=$word; continue; fi
  file=/data/caddy/certificates/$word/$name/$name.crt
  if [ -s "$file" ]; then echo "$name $(sed '/-END/q' "$file" | tr '\n' '|')"; else echo "$name pending"; fi
  name=
done
)sh";

// Caddy logs one line of JSON for each attempt that failed.
constexpr std::string_view kWhy = R"sh(
segue_why() {
  timeout 30 "$segue_engine" logs --since 120s segue-proxy 2>&1 |
    grep -F -e '"logger":"tls.obtain","msg":"will retry"' | grep -F -e "[$1] Obtain: " | tail -n 1 |
    sed -e 's/.*"error":"\[[^]]*\] Obtain: //' -e 's/","attempt":.*//' -e 's/\\"/"/g' | cut -c 1-600
}
)sh";

constexpr std::string_view kSee = R"sh(
segue_now
segue_began=$segue_up
while :; do
  segue_answer=$(timeout 60 "$segue_engine" exec segue-proxy sh -c "$segue_look" look 100 $segue_wanted 2>/dev/null)
  segue_status=$?
  [ "$segue_status" = 75 ] || break
  segue_beat
  segue_now
  segue_failed_ones=
  for segue_name in $segue_answer; do
    [ -z "$(segue_why "$segue_name")" ] || segue_failed_ones="$segue_failed_ones $segue_name"
  done
  [ -z "$segue_failed_ones" ] || break
  [ $((segue_up - segue_began)) -lt "$segue_limit" ] || break
done
if [ "$segue_status" = 0 ]; then
  mkdir -p "${segue_seen%/*}" 2>/dev/null && printf '' >"$segue_seen"
  return 0
fi
segue_now
for segue_name in $segue_answer; do
  segue_tell certificate "$segue_name $(((segue_up - segue_began + 50) / 100)) $(segue_why "$segue_name")"
done
return 0
)sh";

// Domain names and folders of Caddy's: words without anything special in them.
std::string words_of(const std::vector<WantedCertificate>& wanted) {
  std::string words;
  for (const WantedCertificate& certificate : wanted)
    words += (words.empty() ? "" : " ") + certificate.name + " " +
             authority_folder(certificate.authority);
  return words;
}

}  // namespace

// As certmagic names it: host and path with hyphens; of the rest only letters, digits and @.-_
std::string authority_folder(const CertificateAuthority& authority) {
  std::string url = authority.directory.empty() ? std::string(kLetsEncrypt) : authority.directory;
  url = url.substr(url.find("//") == std::string::npos ? 0 : url.find("//") + 2);
  while (!url.empty() && url.back() == '/') url.pop_back();
  std::string folder;
  for (const char c : url) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '@' || c == '.' ||
                       c == '-' || c == '_';
    if (upper) folder += static_cast<char>(c - 'A' + 'a');
    if (plain) folder += c;
    if (c == '/' || c == ':') folder += '-';
  }
  return folder;
}

Section see_certificates(const Engine& engine, const std::string& state_root,
                         const std::vector<WantedCertificate>& wanted) {
  const std::string words = words_of(wanted);
  const std::string seen = state_root + "/proxy/obtained/" + sha256_hex(words).substr(0, 16);
  Section section{"certificates", {}};
  section.body.raw("segue_seen=" + quote(seen) + "\n[ ! -e \"$segue_seen\" ] || return 0\n");
  section.body.raw(fmt::format("segue_engine={}\nsegue_wanted={}\nsegue_limit={}\nsegue_look={}\n",
                               quote(engine.path()), quote(words), kCertificateWait.count() / 10,
                               quote(kLook)));
  section.body.raw(kWhy).raw(kSee);
  return section;
}

Section read_certificates(const Engine& engine, const std::vector<WantedCertificate>& wanted) {
  Section section{"certificates", {}};
  section.body.raw("segue_engine=" + quote(engine.path()) + "\n").raw(kWhy);
  section.body.raw("segue_answer=$(timeout 60 \"$segue_engine\" exec segue-proxy sh -c");
  section.body.word(kShow).raw(" show " + words_of(wanted) + " 2>/dev/null)\n");
  section.body.raw(R"sh(while read -r segue_name segue_line; do
  [ "$segue_line" != pending ] || segue_line="pending $(segue_why "$segue_name")"
  [ -z "$segue_name" ] || segue_tell certificate "$segue_name $segue_line"
done <<SEGUE_ANSWER
$segue_answer
SEGUE_ANSWER
return 0)sh");
  return section;
}

std::string pending_text(const std::string& told) {
  const size_t first = std::min(told.find(' '), told.size());
  const size_t second = std::min(told.find(' ', first + 1), told.size());
  const std::string why = visible(trim(told.substr(std::min(second + 1, told.size()))));
  return fmt::format(
      "the certificate of {} is still pending after {} s: {}. The proxy tries again by itself; "
      "`segue status` shows it",
      visible(told.substr(0, first)),
      visible(told.substr(std::min(first + 1, told.size()), second - first - 1)),
      why.empty() ? "the authority has not answered yet" : why);
}

}  // namespace segue
