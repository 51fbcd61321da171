// What the exchange said in a session that has ended, from its drop copy: the only place that still has it.
//
// Threads: pure function over the file system. Signal context: no.
// Errors:  kIo; kCorrupt for a drop copy that is not whole, does not know the new session, or ends before what was
//          applied already.
// Format:  exchange/drop_copy_format.md
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "postmortem/audit_record.h"

namespace crashwright::mock_engine {

// The messages from number `next` on that stand before the session of that name, in order, as if they had arrived.
[[nodiscard]] Result<std::vector<postmortem::AuditRecord>> read_missed_messages(const std::string& path,
                                                                                const std::string& new_session,
                                                                                uint64_t next);

}  // namespace crashwright::mock_engine
