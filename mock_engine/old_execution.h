// An execution that the order state does not keep any more: a trade may be broken long after it.
//
// Threads: pure function over the file system. Signal context: no.
// Errors:  kCorrupt when the log does not hold the trade and is not whole: it may stand in what is missing. The message
//          names that, the remedy what to put back. Those of scan_audit_log().
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "mock_engine/order_state.h"

namespace crashwright::mock_engine {

// As the audit log at `path` tells, with what was archived of it; none for a trade that it does not hold, or that was
// broken already. Reads the whole log.
[[nodiscard]] Result<std::optional<Execution>> find_old_execution(const std::string& path, uint64_t match_id);

}  // namespace crashwright::mock_engine
