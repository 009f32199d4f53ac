// What the audit says of a command, as far as that is known before it has ended.
#pragma once
#include "project.hpp"

#include "segue/app/app.hpp"
#include "segue/host/audit.hpp"
#include "segue/model/lock_facts.hpp"

#include <string>

namespace segue {

AuditEntry make_audit_entry(const App& app, const Project& project, const LockHolder& holder,
                            const std::string& action);

}  // namespace segue
