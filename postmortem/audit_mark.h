// A place in an audit log as a state snapshot names it: which log, which record, and the state behind that record.
//
// A snapshot holds the fold of one log, and of no other: it says of which, and what the record at its place promises.
// Threads: values and pure functions. Signal context: no (strings).
// Errors:  kCorrupt with both sides and a remedy, for a log that is not the one, or parted from it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace crashwright::postmortem {

struct AuditReadout;

struct AuditMark {
  uint64_t sequence = 0;    // of the record; 0: nothing is known
  uint64_t state_hash = 0;  // as that record has it (AuditRecord::state_hash); 0: not known
  uint32_t log_id = 0;      // of the log (audit_log_format.md); 0: not known
};

// "1a2b3c4d"
[[nodiscard]] std::string audit_log_id_text(uint32_t log_id);

// Whether the snapshot of `mark` is one of the log at `path`, of which `readout` is. The state is compared where the
// record at that place was read; an empty log has no id, and that it ends too early is told elsewhere.
[[nodiscard]] Status check_audit_mark(const AuditReadout& readout, const AuditMark& mark, const std::string& path);

}  // namespace crashwright::postmortem
