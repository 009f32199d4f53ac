// The lock of a project on a host: sections that take and release it, and its text form. Taking is
// `ln` of a complete file to the next number: of two who try, one wins (rules B1).
#pragma once
#include "segue/base/result.hpp"
#include "segue/host/audit.hpp"
#include "segue/host/layout.hpp"
#include "segue/model/lock_facts.hpp"
#include "segue/script/section.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

// One line of JSON. `@BOOT@` and `@UPTIME@` stand where the host puts its own clock.
std::string holder_json(const LockHolder& holder);
Result<LockHolder> parse_holder(const std::string& json);

// Takes generation `expected` + 1; tells `lock taken N`, or `lock held` when somebody was faster.
// The journal of the identity is made ready (preallocated, so that a full disk can't stop us).
// With an audit entry that is written where the lock was taken.
Section take_lock(const Layout& layout, int expected, const LockHolder& holder,
                  const std::optional<AuditEntry>& audit = std::nullopt);

// Marks the generation as released; harmless when it is not ours any more. With the text of a
// manual lock's file that was there before, that one is put back instead.
Section release_lock(const Layout& layout, int generation, const std::string& manual = {});

// Body text that releases the lock at once when its holder has one of these ids, tells `lock
// released`, and writes the audit entry. Expects $segue_root set.
std::string release_own_text(const Identity& identity, const std::vector<std::string>& ids,
                             const std::optional<AuditEntry>& audit = std::nullopt);

// Body text for a holder who was gone before he was told whether he got the lock: if he did it is
// released, and a script of his that still runs will not get it. Expects $segue_root set.
std::string disown_lock_text(const Identity& identity, const std::string& id);

// Defines `segue_highest`: sets $segue_top to the highest number in $segue_folder, 0 when there is
// none.
std::string highest_generation_text();

// Body text that makes the state folder and the journal ready. Expects $segue_root set.
std::string state_folder_text(const Identity& identity);
std::string take_lock_text(const Identity& identity, const LockHolder& holder,
                           const std::optional<AuditEntry>& audit);

}  // namespace segue
