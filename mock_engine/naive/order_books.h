// What the naive engine knows of its orders: positions in the mapped file, open orders in memory.
//
// Threads: under the caller's lock. Errors: none. Signal context: no.
#pragma once

#include <string>
#include <vector>

#include "mock_engine/naive/audit_trail.h"
#include "mock_engine/naive/position_file.h"
#include "mock_engine/order_state.h"

namespace crashwright::mock_engine::naive {

// Carries the reference engine's name, so that a scenario blames the same function in both.
class OrderStateMachine {
 public:
  explicit OrderStateMachine(PositionFile& positions) : positions_(positions) {}

  void replay(const std::vector<TrailRecord>& records);
  // An intent before it is sent, or what the exchange said. Every execution counts, however often it comes.
  void apply(const postmortem::AuditRecord& record);

  // Shares of the order that stay open behind what the exchange says of it; an execution's message does not tell.
  [[nodiscard]] uint32_t leaves_after(const postmortem::AuditRecord& record) const;

  // In the form in which the reference engine shows it.
  [[nodiscard]] OrderState state() const;
  [[nodiscard]] uint64_t records() const { return records_; }

 private:
  void apply_event(const postmortem::AuditRecord& record);
  void trade(const postmortem::AuditRecord& record, int64_t direction);

  PositionFile& positions_;
  OrderState orders_;  // its positions and cash are those of the file
  uint64_t records_ = 0;
};

}  // namespace crashwright::mock_engine::naive
