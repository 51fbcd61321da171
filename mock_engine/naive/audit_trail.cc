#include "mock_engine/naive/audit_trail.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "base/clock.h"
#include "base/file.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"

namespace crashwright::mock_engine::naive {

AuditTrail::AuditTrail(const std::string& path)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {}

__attribute__((noinline)) void AuditTrail::append(const postmortem::AuditRecord& record) {
  CRASHWRIGHT_FAULT_POINT("audit.append");
  TrailRecord entry{};
  entry.magic = kTrailMagic;
  entry.type = record.type;
  entry.side = record.side;
  entry.user_ref = record.user_ref;
  entry.original_user_ref = record.original_user_ref;
  entry.quantity = record.quantity;
  entry.leaves = record.leaves;
  entry.exchange_order_id = record.exchange_order_id;
  entry.reason = record.reason;
  entry.price_ticks = record.price_ticks;
  entry.session_sequence = record.session_sequence;
  entry.match_id = record.match_id;
  entry.wall_ns = wall_ns();
  entry.monotonic_ns = monotonic_ns();
  std::strncpy(entry.symbol, std::string(record.symbol.view()).c_str(), sizeof entry.symbol - 1);
  CRASHWRIGHT_FAULT_POINT("audit.before_write");
  [[maybe_unused]] const ssize_t put = ::write(fd_.get(), &entry, sizeof entry);
  ::fdatasync(fd_.get());
  CRASHWRIGHT_FAULT_POINT("audit.after_write");
  ++appended_;
  postmortem::EngineWitness& witness = postmortem::control_block().engine;
  witness.audit_appended.store(appended_);
  witness.audit_durable.store(appended_);
}

std::vector<TrailRecord> read_trail(const std::string& path) {
  std::vector<TrailRecord> records;
  const auto bytes = read_file(path);
  if (!bytes) return records;
  for (size_t at = 0; at + sizeof(TrailRecord) <= bytes->size(); at += sizeof(TrailRecord)) {
    TrailRecord record;
    std::memcpy(&record, bytes->data() + at, sizeof record);
    if (record.magic != kTrailMagic) break;
    records.push_back(record);
  }
  return records;
}

}  // namespace crashwright::mock_engine::naive
