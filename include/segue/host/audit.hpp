// What has been done to a project on a host, by whom, and with which result: one line of JSON for
// every command that changed something, at the end of `audit` in the project's folder. When the
// file is full it becomes `audit.1`, and what that held is forgotten.
#pragma once
#include "segue/base/result.hpp"
#include "segue/host/layout.hpp"
#include "segue/script/section.hpp"

#include <string>

namespace segue {

struct AuditEntry {
  std::string id{};           // one per command: its lines on all hosts have the same
  std::string at{};           // UTC, ISO 8601, by the clock of who did it
  std::string environment{};  // what -e named
  std::string action{};       // "deploy", "rollback", "recover", "lock acquire", ...
  std::string status{};       // "succeeded", "rolled_back", "partial", "interrupted", "failed"
  std::string who{};
  std::string message{};    // why
  std::string release{};    // that was made; empty: none
  std::string detail{};     // what was done, or what went wrong
  std::string took_over{};  // whose lock was taken, if anybody's
  long long duration_ms = 0;
  std::string tool_version{};
};

std::string audit_json(const AuditEntry& entry);
Result<AuditEntry> parse_audit(const std::string& line);

// Body text. It never fails: no command ends because what it did can't be written down. Expects
// $segue_root set where the layout's root is empty.
std::string append_audit_text(const Layout& layout, const AuditEntry& entry);

// The section that writes it; and one that tells `size N` and prints all that the host remembers,
// oldest first, but nothing when that is `size` bytes long, as it was when the caller last asked.
Section append_audit(const Layout& layout, const AuditEntry& entry);
Section print_audit(const Layout& layout, long long size);

}  // namespace segue
