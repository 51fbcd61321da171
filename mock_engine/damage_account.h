// What the exchange knows of the sequences that a damaged audit log has lost, for the one who must decide what to do.
//
// The records before and behind the damage name the orders and the messages of the exchange between which it lies; the
// drop copy tells what became of them.
// Threads: pure function over the file system. Signal context: no.
// Errors:  a drop copy that is not there or cannot be read is part of the account.
#pragma once

#include <string>

#include "postmortem/audit_log.h"

namespace crashwright::mock_engine {

// One sentence, without a full stop. `readout` has damage; `drop_copy` may be empty.
[[nodiscard]] std::string account_of_damage(const postmortem::AuditReadout& readout, const std::string& drop_copy);

}  // namespace crashwright::mock_engine
