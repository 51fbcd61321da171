// Reads the segments of an audit log through the scanner: files to blocks.
//
// Threads: pure functions over the file system. Signal context: no.
// Errors:  kIo / kEnvironment with the path and the call, and those of AuditScanner::finish(). What is missing,
//          damaged, of another log or there twice is damage in the readout.
// Memory:  a buffer, and what the scanner keeps.
#pragma once

#include "postmortem/audit_scan.h"
#include "postmortem/audit_segments.h"

namespace crashwright::postmortem {

// From place `from` on, through `scanner`, which has been fed nothing yet. Where the first segment there is not the
// log's first one and its head is damaged, reading begins at the first intact block, and what lies before is damage.
[[nodiscard]] Result<AuditScan> scan_audit_segments(const AuditSegments& segments, size_t from, AuditScanner& scanner);

}  // namespace crashwright::postmortem
