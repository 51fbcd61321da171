#include "mock_engine/order_journal.h"

#include "base/clock.h"

namespace crashwright::mock_engine {

namespace {

constexpr uint32_t kAccount = 1;    // the engine trades for one
constexpr uint32_t kAlgorithm = 1;  // and by one, strategy.h

}  // namespace

bool OrderJournal::record(postmortem::AuditRecord& record) {
  if (record.user_ref != 0) {
    record.account = kAccount;
    record.algorithm = kAlgorithm;
  }
  orders_.advance(record);
  if (log_.append(record) == 0) return false;
  last_ns_ = record.monotonic_ns;
  orders_.apply(record);
  return true;
}

bool OrderJournal::keep_alive() {
  constexpr uint64_t kHeartbeatNs = 1'000'000'000;
  if (monotonic_ns() < last_ns_ + kHeartbeatNs) return true;
  postmortem::AuditRecord heartbeat{};
  heartbeat.type = postmortem::AuditRecordType::kHeartbeat;
  return record(heartbeat);
}

}  // namespace crashwright::mock_engine
