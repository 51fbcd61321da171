// Old segments of an audit log out of the way: below a checkpoint nothing of them is needed to recover.
//
// Moved, never removed, into the folder `archive` beside the log, under the names that they had. An opening of the log
// does not look there; read_audit_log() and scan_audit_log() do, so that the log can still be judged and replayed from
// its first record. The owner of the folder may take the files anywhere else.
// Order:   a segment may go once the checkpoint that holds its records is durable, and the one before that as well, for
//          a slot may be found damaged.
// Threads: any, beside the committer: the last segment stays, and an open one may be moved. One caller at a time.
// Errors:  kIo, also where the archive has a file of that name already, which is never overwritten; what was moved
//          stays moved, and another call goes on. Signal context: no.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "postmortem/audit_log.h"

namespace crashwright::postmortem {

// Moves every segment of the log at `path` whose records all have sequences up to `sequence`, the oldest first; how
// many that were. Under kPowerLoss the new names are durable on return.
[[nodiscard]] Result<size_t> archive_audit_segments(const std::string& path, uint64_t sequence, Durability durability);

}  // namespace crashwright::postmortem
