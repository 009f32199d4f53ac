// What the audit says of a command: what is known before it ends, and how it ended.
#pragma once
#include "project.hpp"

#include "segue/app/app.hpp"
#include "segue/base/duration.hpp"
#include "segue/base/error.hpp"
#include "segue/host/audit.hpp"
#include "segue/model/lock_facts.hpp"

#include <optional>
#include <string>

namespace segue {

AuditEntry make_audit_entry(const App& app, const Project& project, const LockHolder& holder,
                            const std::string& action);

// How a command ended that is no release: `error` is absent when it did what it should.
void end_audit_entry(AuditEntry& entry, const std::optional<Error>& error, TimePoint began,
                     const std::string& took_over);

}  // namespace segue
