#include "mock_engine/old_execution.h"

#include <span>

#include "postmortem/audit_log.h"

namespace crashwright::mock_engine {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

std::optional<Execution> find_old_execution(const std::string& path, uint64_t match_id) {
  std::optional<Execution> found;
  const auto readout = postmortem::scan_audit_log(path, [&](std::span<const AuditRecord> records) {
    for (const AuditRecord& record : records) {
      if (record.match_id != match_id) continue;
      if (record.type == AuditRecordType::kBrokenTrade) found.reset();
      if (record.type != AuditRecordType::kExecuted) continue;
      found = Execution{record.match_id, record.price_ticks, record.quantity, record.side, record.symbol};
    }
  });
  return readout ? found : std::nullopt;
}

}  // namespace crashwright::mock_engine
