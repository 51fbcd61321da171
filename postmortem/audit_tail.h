// The cut of an audit log behind its last valid block: a torn tail, kept as evidence, and segments filled ahead.
//
// Threads: one. Signal context: no. Errors: kIo / kEnvironment with the path and the call.
// Durable: under kPowerLoss the evidence is durable before anything is cut, and the cut before cut_audit_log() returns.
//          A crash in between leaves a tail that the next opening cuts, and keeps once more.
#pragma once

#include "base/result.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_segments.h"

namespace crashwright::postmortem {

// The tail's bytes go to `<path>.torn-<offset>`, the offset counted over all segments.
[[nodiscard]] Status cut_audit_log(const AuditLogOptions& options, const AuditSegments& segments,
                                   const AuditReadout& readout);

}  // namespace crashwright::postmortem
