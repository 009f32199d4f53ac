#include "audit_entry.hpp"

#include "segue/os/random.hpp"
#include "segue/os/wall_clock.hpp"

namespace segue {
namespace {

constexpr size_t kIdBytes = 6;

}  // namespace

AuditEntry make_audit_entry(const App& app, const Project& project, const LockHolder& holder,
                            const std::string& action) {
  AuditEntry entry;
  entry.id = random_hex(kIdBytes);
  entry.at = utc_text(now_seconds());
  entry.environment = project.config.environment;
  entry.action = action;
  entry.who = holder.who;
  entry.message = holder.message;
  entry.tool_version = app.tool_version;
  return entry;
}

void end_audit_entry(AuditEntry& entry, const std::optional<Error>& error, TimePoint began,
                     const std::string& took_over) {
  entry.status = "succeeded";
  if (error) {
    entry.status = error->code == Code::partial ? "partial" : "failed";
    entry.detail = error->what;
  }
  entry.took_over = took_over;
  entry.duration_ms = std::chrono::duration_cast<Duration>(Clock::now() - began).count();
}

}  // namespace segue
