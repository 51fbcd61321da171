#include "mock_engine/order_journal.h"

#include "base/check.h"

namespace crashwright::mock_engine {

bool OrderJournal::record(postmortem::AuditRecord& record) {
  orders_.annotate(record);
  if (log_.append(record) == 0) return false;
  const bool same = orders_.apply(record);
  CRASHWRIGHT_CHECK(same, "the state after a record is what was promised when it was written");
  return true;
}

}  // namespace crashwright::mock_engine
