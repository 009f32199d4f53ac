#include "segue/host/contents.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/text.hpp"
#include "segue/model/container_facts.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>

namespace segue {
namespace {

constexpr size_t kOwnerDigits = 16;

// dd never reads ahead of what it was asked for, however small the pieces are in which it comes;
// and each turn says that we are alive (the lease is renewed, and nobody takes this for silence).
constexpr std::string_view kReceive = R"sh(
segue_new=$segue_folder/.new.$segue_name.$$
[ ! -d "$segue_folder/$segue_name" ] || return 0
mkdir -p "$segue_folder" && [ ! -L "$segue_folder" ] || { segue_problem disk "$segue_folder"; return 96; }
segue_give_up() {
  rm -rf "$segue_new"
  segue_problem "$@"
}
segue_came() { wc -c 2>/dev/null <"$1/archive" | tr -d ' '; }
segue_part=
for segue_file in "$segue_folder/.new.$segue_name".*; do
  [ "$segue_from" -gt 0 ] && [ ! -L "$segue_file" ] || break
  if [ "$(segue_came "$segue_file")" -ge "$segue_from" ] 2>/dev/null; then segue_part=$segue_file; break; fi
done
if [ -n "$segue_part" ]; then
  [ "$segue_part" = "$segue_new" ] || mv "$segue_part" "$segue_new"
  # Whoever wrote it may be about to find out that his line is gone; what he adds is cut off.
  segue_seconds=0
  while [ $segue_seconds -lt 5 ] && kill -0 "${segue_part##*.}" 2>/dev/null; do
    sleep 1
    segue_seconds=$((segue_seconds + 1))
  done
  dd if=/dev/null of="$segue_new/archive" bs=1 seek="$segue_from" 2>/dev/null
elif [ "$segue_from" -gt 0 ]; then
  segue_problem content "$segue_shown"
  return 96
else
  rm -rf "$segue_folder/.new.$segue_name".*
  mkdir "$segue_new" || { segue_problem disk "$segue_folder"; return 96; }
fi
while :; do
  segue_answer=$(dd bs=65536 count=256 2>&1 >>"$segue_new/archive" <&7) ||
    { segue_give_up disk "$segue_folder"; return 96; }
  case $segue_answer in "0+0 records in"*) break ;; esac
  segue_beat
done
# Cut short: nobody hears this, but the next attempt finds what came.
[ "$(segue_came "$segue_new")" -ge "$segue_size" ] || { segue_problem content "$segue_shown"; return 96; }
segue_answer=$(sha256sum "$segue_new/archive")
case $segue_answer in
  "$segue_name "*) ;;
  *) segue_give_up content "$segue_shown"; return 96 ;;
esac
( cd "$segue_new" && tar -x -m -p -o -f archive && rm archive ) ||
  { segue_give_up disk "$segue_folder"; return 96; }
sync -f "$segue_new" 2>/dev/null || sync
mv "$segue_new" "$segue_folder/$segue_name" || { segue_give_up disk "$segue_folder"; return 96; }
return 0
)sh";

constexpr std::string_view kMakeOwned = R"sh(
segue_new=$segue_target.new.$$
[ ! -d "$segue_target" ] || return 0
rm -rf "$segue_target".new.*
mkdir -p "${segue_target%/*}" && mkdir "$segue_new" &&
  cp -Rp "$segue_source/content" "$segue_new/content" ||
  { rm -rf "$segue_new"; segue_problem disk "$segue_target"; return 96; }
)sh";

constexpr std::string_view kRemove = R"sh(
[ -d "$segue_folder/files" ] || return 0
segue_ids=$("$segue_engine" ps -aq --no-trunc --filter "label=$segue_label") || return 0
segue_mounts=
if [ -n "$segue_ids" ]; then
  segue_mounts=$("$segue_engine" inspect --type container --format \
    '{{range .Mounts}}{{.Source}} {{end}}' $segue_ids) || return 0
fi
segue_best=0
for segue_file in "$segue_folder"/releases/*.json; do
  segue_file=${segue_file##*/}
  [ "${segue_file%%-*}" -gt "$segue_best" ] 2>/dev/null && segue_best=${segue_file%%-*}
done
set -- /dev/null
for segue_file in "$segue_folder"/releases/*.json; do
  segue_name=${segue_file##*/}
  if [ "${segue_name%%-*}" -gt $((segue_best - 30)) ] 2>/dev/null; then set -- "$@" "$segue_file"; fi
done
for segue_file in "$segue_folder"/files/*; do
  segue_name=${segue_file##*/}
  case " $segue_wanted " in *" $segue_name "*) continue ;; esac
  case $segue_mounts in *"/files/$segue_name/"*) continue ;; esac
  # A record that can't be read may name it.
  grep -F -q -e "$segue_name" "$@"
  [ $? = 1 ] || continue
  rm -rf "$segue_file" 2>/dev/null || segue_remove_owned "$segue_name"
done
rm -rf "$segue_folder"/files/.new.* 2>/dev/null
return 0
)sh";

std::string variable(const char* name, const std::string& value) {
  return fmt::format("segue_{}={}\n", name, quote(value));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789:") == std::string_view::npos;
}

}  // namespace

std::string content_name(const std::string& content, const std::string& owner,
                         const std::string& image_id) {
  if (owner.empty()) return content;
  const std::string whose = is_number(owner) ? owner : owner + " in " + image_id;
  return content + "-" + sha256_hex(whose).substr(0, kOwnerDigits);
}

std::string kept_name(const std::string& service, const std::string& target) {
  const std::string path = replace_all(replace_all(target.substr(1), "%", "%25"), "/", "%2F");
  return service + "/" + path;
}

Section receive_content(const Layout& layout, const SentContent& sent) {
  return {"upload",
          ShellText(variable("folder", layout.files_folder()) + variable("name", sent.content) +
                    variable("shown", sent.shown) + variable("size", std::to_string(sent.size)) +
                    variable("from", std::to_string(sent.from)) + std::string(kReceive))};
}

Section make_owned(const Layout& layout, const Engine& engine, const OwnedContent& owned) {
  ShellText body(variable("source", layout.content(owned.content)) +
                 variable("target", owned.folder) + std::string(kMakeOwned));
  if (!owned.owner.empty()) {
    body.raw("segue_answer=$(");
    body += engine.command({"run", "--rm", "--pull=never", "--network", "none", "--user", "0:0",
                            "--label", label::kRole + std::string("=files"), "--entrypoint",
                            "chown", "-v"});
    body.raw(" \"$segue_new/content:/segue" + std::string(owned.relabel ? ":z" : "") + "\"");
    body.words({"--", owned.image_id, "-R", owned.owner, "/segue"});
    body.raw(
        " 2>&1) || { rm -rf \"$segue_new\"; segue_problem owner \"$segue_answer\"; return 96; }\n");
  }
  body.raw("sync -f \"$segue_new\" 2>/dev/null || sync\n");
  body.raw(
      "mv \"$segue_new\" \"$segue_target\" || { segue_problem disk \"$segue_target\"; return 96; "
      "}");
  return {"own", std::move(body)};
}

Section remove_contents(const Layout& layout, const Engine& engine,
                        const std::vector<std::string>& wanted, const std::string& image_id) {
  ShellText body(variable("folder", layout.folder()) + variable("engine", engine.path()) +
                 variable("label", label::kProject + ("=" + layout.identity.project)) +
                 variable("wanted", join(wanted, " ")));
  // Whoever deploys may not remove what belongs to somebody else: a container's root may.
  body.raw("segue_remove_owned() {\n");
  body += engine.command({"run", "--rm", "--pull=never", "--network", "none", "--user", "0:0",
                          "--label", label::kRole + std::string("=files"), "--entrypoint", "rm",
                          "-v", layout.files_folder() + ":/segue"});
  body.words({"--", image_id, "-rf"}).raw(" \"/segue/$1\" >/dev/null 2>&1\n}\n");
  return {"contents", body.raw(kRemove)};
}

}  // namespace segue
