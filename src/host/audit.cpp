#include "segue/host/audit.hpp"

#include "segue/script/quote.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace segue {
namespace {

using nlohmann::json;

constexpr int kFull = 256 * 1024;  // bytes

std::string file_of(const Layout& layout) {
  const std::string file = quote(layout.project_folder() + "/audit");
  return layout.root.empty() ? "\"$segue_root\"" + file : file;
}

}  // namespace

std::string audit_json(const AuditEntry& entry) {
  const json value{{"id", entry.id},
                   {"at", entry.at},
                   {"environment", entry.environment},
                   {"action", entry.action},
                   {"status", entry.status},
                   {"who", entry.who},
                   {"message", entry.message},
                   {"release", entry.release},
                   {"detail", entry.detail},
                   {"took_over", entry.took_over},
                   {"duration_ms", entry.duration_ms},
                   {"tool_version", entry.tool_version}};
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

Result<AuditEntry> parse_audit(const std::string& line) try {
  const json value = json::parse(line);
  AuditEntry entry;
  entry.id = value.at("id").get<std::string>();
  entry.at = value.at("at").get<std::string>();
  entry.environment = value.value("environment", "");
  entry.action = value.at("action").get<std::string>();
  entry.status = value.at("status").get<std::string>();
  entry.who = value.at("who").get<std::string>();
  entry.message = value.value("message", "");
  entry.release = value.value("release", "");
  entry.detail = value.value("detail", "");
  entry.took_over = value.value("took_over", "");
  entry.duration_ms = value.value("duration_ms", 0LL);
  entry.tool_version = value.value("tool_version", "");
  return entry;
} catch (const json::exception& error) {
  return fail(Code::failed, "a line of the audit can't be read: " + std::string(error.what()));
}

// A line that a full disk or a power loss cut short must not swallow the next one.
std::string append_audit_text(const Layout& layout, const AuditEntry& entry) {
  return fmt::format(R"sh(segue_file={}
if [ -s "$segue_file" ]; then
  [ "$(wc -c <"$segue_file" 2>/dev/null)" -lt {} ] 2>/dev/null || mv -f "$segue_file" "$segue_file.1" 2>/dev/null
  [ -z "$(tail -c 1 "$segue_file" 2>/dev/null)" ] || ( printf '\n' >>"$segue_file" ) 2>/dev/null
fi
( printf '%s\n' {} >>"$segue_file" ) 2>/dev/null
)sh",
                     file_of(layout), kFull, quote(audit_json(entry)));
}

Section append_audit(const Layout& layout, const AuditEntry& entry) {
  return {"audit", ShellText(append_audit_text(layout, entry) + "return 0")};
}

Section print_audit(const Layout& layout, long long size) {
  return {"audit", ShellText(fmt::format(R"sh(segue_file={}
segue_size=$(cat "$segue_file.1" "$segue_file" 2>/dev/null | wc -c)
segue_tell size "$segue_size"
[ "$segue_size" -eq {} ] || cat "$segue_file.1" "$segue_file" 2>/dev/null
return 0)sh",
                                         file_of(layout), size))};
}

}  // namespace segue
