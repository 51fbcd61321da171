// The readers behind read_timeline(): each turns one file into events of a TimelineBuilder. Internal to rca.
//
// Threads: free functions. Signal context: no.
// Errors:  kIo and kCorrupt for a file that cannot be read at all; damage inside it becomes a note of its source.
#pragma once

#include <string>

#include "base/result.h"
#include "rca/timeline.h"

namespace crashwright::rca {

[[nodiscard]] Status add_engine_log(TimelineBuilder& builder, const std::string& path);
[[nodiscard]] Status add_audit_log(TimelineBuilder& builder, const std::string& path);
[[nodiscard]] Status add_crash_record(TimelineBuilder& builder, const std::string& path);
[[nodiscard]] Status add_drop_copy(TimelineBuilder& builder, const std::string& path);
// After the audit logs, whose records place its messages.
[[nodiscard]] Status add_feed(TimelineBuilder& builder, const std::string& path);

}  // namespace crashwright::rca
