// Where audit logs are, for who named a folder that has none itself: a case, a start of its engine, a run.
//
// A hint for people, and no choice: which of the logs is meant, before a death or after it, only they know.
// Threads: any. Errors: none; what cannot be read has no log.
#pragma once

#include <string>

namespace crashwright::harness::cli {

// At most three folders deep, without links, in some thousand folders at most. Empty: there is none. Lines behind the
// first are indented by two.
[[nodiscard]] std::string hint_at_audit_logs(const std::string& folder);

}  // namespace crashwright::harness::cli
