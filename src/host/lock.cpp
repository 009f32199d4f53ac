#include "segue/host/lock.hpp"

#include "segue/base/text.hpp"
#include "segue/script/quote.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace segue {
namespace {

using nlohmann::json;

constexpr std::string_view kHighest = R"sh(
segue_highest() {
  segue_top=0
  for segue_file in "$segue_folder"/*; do
    segue_name=${segue_file##*/}
    segue_name=${segue_name%%.*}
    [ "$segue_name" -gt "$segue_top" ] 2>/dev/null && segue_top=$segue_name
  done
  return 0
}
)sh";

// Taken by `ln`, which is atomic with the content: there is no moment with an empty holder file.
// Files below the present generation only matter to scripts that should stop, and they do so when
// their file is gone.
constexpr std::string_view kTake = R"sh(
segue_take_lock() {
  segue_folder=$1 segue_expected=$2 segue_temporary=$1/.new.$$ segue_taken=
  segue_highest
  if [ -n "$segue_expected" ] && [ "$segue_expected" != "$segue_top" ]; then
    segue_tell lock held
    return 0
  fi
  if [ -z "$segue_expected" ] && [ "$segue_top" != 0 ] && [ ! -e "$1/$segue_top.released" ]; then
    segue_tell lock held
    return 0
  fi
  segue_now
  segue_boot_id=
  [ ! -r /proc/sys/kernel/random/boot_id ] || read -r segue_boot_id </proc/sys/kernel/random/boot_id
  segue_next=$((segue_top + 1))
  printf '%s%s%s%s%s\n' "$segue_holder_1" "$segue_boot_id" "$segue_holder_2" "$segue_up" \
    "$segue_holder_3" >"$segue_temporary" || { segue_problem disk "$segue_folder"; return 96; }
  if ln "$segue_temporary" "$segue_folder/$segue_next" 2>/dev/null; then
    rm -f "$segue_temporary"
    # Whoever was slow may find a number free again that others have used and cleared away.
    segue_highest
    if [ "$segue_top" != "$segue_next" ]; then
      rm -f "$segue_folder/$segue_next"
      segue_tell lock held
      return 0
    fi
    # Who asked has gone, and has left word that he does not want it any more.
    if [ -e "$segue_folder/.void.$segue_holder_id" ]; then
      ln "$segue_folder/$segue_next" "$segue_folder/$segue_next.released"
      segue_tell lock held
      return 0
    fi
    rm -f "$segue_folder"/.void.*
    segue_taken=yes
    segue_tell lock taken "$segue_next"
    for segue_file in "$segue_folder"/*; do
      segue_name=${segue_file##*/}
      [ "${segue_name%%.*}" -ge "$segue_next" ] 2>/dev/null || rm -f "$segue_file"
    done
  else
    rm -f "$segue_temporary"
    segue_tell lock held
  fi
  return 0
}
)sh";

std::string holder_variables(const LockHolder& holder) {
  const std::string text = holder_json(holder);
  const size_t boot = text.find("@BOOT@");
  const size_t uptime = text.find("@UPTIME@");
  return fmt::format(
      "segue_holder_id={}\nsegue_holder_1={}\nsegue_holder_2={}\nsegue_holder_3={}\n",
      quote(holder.id), quote(text.substr(0, boot)),
      quote(text.substr(boot + 6, uptime - boot - 6)), quote(text.substr(uptime + 8)));
}

// After the taking, where that has told how it ended.
std::string audit_taken_text(const Layout& layout, const std::optional<AuditEntry>& audit) {
  if (!audit) return {};
  return " || return $?\n[ -n \"$segue_taken\" ] || return 0\n" +
         append_audit_text(layout, *audit) + "return 0\n";
}

}  // namespace

std::string holder_json(const LockHolder& holder) {
  // The host's clock comes first, so that nothing a user wrote can look like its place.
  const json rest{{"id", holder.id},
                  {"kind", holder.kind},
                  {"who", holder.who},
                  {"message", holder.message},
                  {"since", holder.since},
                  {"release", holder.release},
                  {"ttl", holder.ttl},
                  {"owner_machine", holder.owner_machine},
                  {"owner_boot_id", holder.owner_boot_id},
                  {"owner_pid_namespace", holder.owner_pid_namespace},
                  {"owner_pid", holder.owner_pid},
                  {"owner_start_time", holder.owner_start_time},
                  {"ci_run", holder.ci_run},
                  {"took_over", holder.took_over},
                  {"under", holder.under}};
  return R"({"boot_id":"@BOOT@","uptime":@UPTIME@,)" +
         rest.dump(-1, ' ', true, json::error_handler_t::replace).substr(1);
}

Result<LockHolder> parse_holder(const std::string& text) try {
  const json value = json::parse(text);
  LockHolder holder;
  holder.id = value.at("id").get<std::string>();
  holder.kind = value.at("kind").get<std::string>();
  holder.who = value.at("who").get<std::string>();
  holder.message = value.at("message").get<std::string>();
  holder.since = value.at("since").get<std::string>();
  holder.release = value.at("release").get<std::string>();
  holder.boot_id = value.at("boot_id").get<std::string>();
  holder.uptime = value.at("uptime").get<long long>();
  holder.ttl = value.at("ttl").get<long long>();
  holder.owner_machine = value.at("owner_machine").get<std::string>();
  holder.owner_boot_id = value.at("owner_boot_id").get<std::string>();
  holder.owner_pid_namespace = value.at("owner_pid_namespace").get<std::string>();
  holder.owner_pid = value.at("owner_pid").get<long long>();
  holder.owner_start_time = value.at("owner_start_time").get<std::string>();
  holder.ci_run = value.value("ci_run", "");
  holder.took_over = value.value("took_over", "");
  holder.under = value.value("under", "");
  return holder;
} catch (const json::exception& error) {
  return fail(Code::failed, "a lock's holder file can't be read: " + std::string(error.what()));
}

std::string highest_generation_text() {
  return std::string(kHighest);
}

std::string state_folder_text(const Identity& identity) {
  const Layout layout{"", identity};
  const std::string folder = "\"$segue_root\"" + quote(layout.folder());
  // 64 KiB of journal are taken now, so that a disk that fills up later can't stop us (rules B10).
  return fmt::format(R"sh(segue_make_state() {{
  mkdir -p "$segue_root"{lock} {folder}/run {folder}/releases {folder}/live \
    "$segue_root"/proxy/slots "$segue_root"/proxy/routes 2>/dev/null &&
    [ -w {folder}/live ] && [ -w "$segue_root"{lock} ] ||
    {{ segue_problem state "$segue_root"; return 96; }}
  # Without builder.engine this host stays with the engine that it has been deployed to with.
  [ -z "${{segue_kind:-}}" ] || [ -e "$segue_root/engine" ] ||
    printf '%s\n' "$segue_kind" >"$segue_root/engine" || {{ segue_problem disk "$segue_root"; return 96; }}
  [ -s {folder}/journal ] || dd if=/dev/zero of={folder}/journal bs=4096 count=16 2>/dev/null ||
    {{ segue_problem disk "$segue_root"; return 96; }}
}}
)sh",
                     fmt::arg("lock", quote(layout.lock_folder())), fmt::arg("folder", folder));
}

std::string take_lock_text(const Identity& identity, const LockHolder& holder,
                           const std::optional<AuditEntry>& audit) {
  const Layout layout{"", identity};
  return highest_generation_text() + std::string(kTake) + holder_variables(holder) +
         "segue_take_lock \"$segue_root\"" + quote(layout.lock_folder()) + " ''" +
         audit_taken_text(layout, audit);
}

Section take_lock(const Layout& layout, int expected, const LockHolder& holder,
                  const std::optional<AuditEntry>& audit) {
  Section section{"lock", {}};
  section.body.raw("segue_root=" + quote(layout.root) + "\n");
  section.body.raw(state_folder_text(layout.identity) + "segue_make_state || return $?\n");
  section.body.raw(highest_generation_text() + std::string(kTake) + holder_variables(holder));
  section.body.raw("segue_take_lock").word(layout.lock_folder()).word(std::to_string(expected));
  section.body.raw(audit_taken_text(layout, audit));
  return section;
}

Section release_lock(const Layout& layout, int generation, const std::string& manual) {
  const std::string holder = fmt::format("{}/{}", layout.lock_folder(), generation);
  Section section{"unlock", {}};
  if (!manual.empty()) {
    // By `ln` again: nobody finds the lock free in between, and whoever took it over keeps it.
    const std::string next = fmt::format("{}/{}", layout.lock_folder(), generation + 1);
    section.body.raw("[ -e").word(holder).raw(" ] || return 0\n");
    const std::string made = fmt::format("{}/.back.{}", layout.lock_folder(), generation);
    section.body.raw("printf '%s\\n'").word(manual).raw(" >").word(made);
    section.body.raw(" || { segue_problem disk").word(made).raw("; return 96; }\n");
    section.body.raw("ln").word(made).word(next).raw(" 2>/dev/null || [ -e").word(next);
    section.body.raw(" ]\nsegue_status=$?\nrm -f").word(made).raw("\nreturn $segue_status");
    return section;
  }
  section.body.raw("[ ! -e").word(holder).raw(" ] || ln").word(holder).word(holder + ".released");
  section.body.raw(" 2>/dev/null || [ -e").word(holder + ".released").raw(" ]");
  return section;
}

std::string release_own_text(const Identity& identity, const std::vector<std::string>& ids,
                             const std::optional<AuditEntry>& audit) {
  std::string patterns;
  for (const std::string& id : ids) {
    const std::string pattern = "*" + quote("\"id\":\"" + id + "\"") + "*";
    patterns += (patterns.empty() ? "" : "|") + pattern;
  }
  const Layout layout{"", identity};
  return highest_generation_text() + fmt::format(R"sh(segue_folder="$segue_root"{}
segue_highest
if [ -r "$segue_folder/$segue_top" ] && [ ! -e "$segue_folder/$segue_top.released" ]; then
  read -r segue_line <"$segue_folder/$segue_top"
  case $segue_line in
    {})
      ln "$segue_folder/$segue_top" "$segue_folder/$segue_top.released" || return 0
      segue_tell lock released
      {} ;;
  esac
fi
return 0
)sh",
                                                 quote(layout.lock_folder()), patterns,
                                                 audit ? append_audit_text(layout, *audit) : ":");
}

std::string disown_lock_text(const Identity& identity, const std::string& id) {
  const Layout layout{"", identity};
  return fmt::format(R"sh(segue_folder="$segue_root"{}
mkdir -p "$segue_folder" 2>/dev/null
printf '' 2>/dev/null >"$segue_folder/.void."{}
)sh",
                     quote(layout.lock_folder()), quote(id)) +
         release_own_text(identity, {id});
}

}  // namespace segue
