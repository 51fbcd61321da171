// The audit trail of the common tutorial: write() and fdatasync() for each record, replayed from a fixed path.
//
// What is wrong with it is its purpose here (docs/why.md): records have no checksum, a torn one is appended to as if
// nothing had happened, replay stops at the first record that makes no sense without a word, and it reads
// /tmp/trading/audit.log, wherever the engine writes.
// Threads: under the caller's lock. Errors: none told; a write that fails is lost. Signal context: no.
// Format:  TrailRecord, one behind the other.
#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "postmortem/audit_record.h"

namespace crashwright::mock_engine::naive {

inline constexpr uint32_t kTrailMagic = 0x4556414e;  // "NAVE"

struct TrailRecord {
  uint32_t magic;
  postmortem::AuditRecordType type;
  char side;
  uint8_t reason;
  uint32_t user_ref;
  uint32_t original_user_ref;
  uint32_t quantity;
  uint32_t leaves;
  uint64_t exchange_order_id;
  int64_t price_ticks;
  uint64_t session_sequence;
  uint64_t match_id;
  uint64_t wall_ns;
  uint64_t monotonic_ns;
  char symbol[12];
};

class AuditTrail {
 public:
  explicit AuditTrail(const std::string& path);
  void append(const postmortem::AuditRecord& record);

 private:
  UniqueFd fd_;
  uint64_t appended_ = 0;
};

// Up to the first record that makes no sense.
[[nodiscard]] std::vector<TrailRecord> read_trail(const std::string& path);

inline constexpr const char* kReplayPath = "/tmp/trading/audit.log";

}  // namespace crashwright::mock_engine::naive
