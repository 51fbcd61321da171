// The drop copy: every order, answer, connection and violation as the exchange knows them, one JSON object a line.
//
// Events collect in memory; flush() writes them with write(2). The server flushes before it lets the answers out, so
// the file always knows at least what the client knows. Written for a reader outside, never read back here.
// Format:  drop_copy_format.md. Threads: one owner. Errors: flush() as kIo. Durability: none is needed.
// Signal context: no.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "mock_engine/wire.h"

namespace crashwright::mock_engine::exchange {

// One order event; fields that are zero are left out, except quantity, price and leaves of an event with a symbol.
struct OrderEvent {
  std::string_view type = {};
  uint32_t user_ref = 0;
  uint32_t original_user_ref = 0;
  std::string_view symbol = {};
  char side = 0;
  uint32_t quantity = 0;
  uint64_t price_ticks = 0;
  uint64_t match_id = 0;
  uint64_t order_id = 0;
  uint32_t leaves = 0;
  std::string_view reason = {};
};

class DropCopy {
 public:
  // Collects in memory only: for tests.
  DropCopy() = default;
  [[nodiscard]] static Result<DropCopy> create(const std::string& path);

  // The time of the events that follow.
  void set_time(uint64_t monotonic_ns) noexcept { now_ns_ = monotonic_ns; }
  void received(const OrderEvent& event) { order_event("in", 0, event); }
  void retransmission(const OrderEvent& event) { order_event("retransmission", 0, event); }
  void sent(uint64_t session_sequence, const OrderEvent& event) { order_event("out", session_sequence, event); }
  void violation(std::string_view type, uint32_t user_ref);
  // The lines that follow belong to the session of that name.
  void session_began(std::string_view name);
  void connected(uint64_t connection);
  void logged_in(uint64_t connection, std::string_view user, uint64_t requested, uint64_t next);
  void login_refused(uint64_t connection, uint64_t requested, std::string_view why);
  void disconnected(uint64_t connection, std::string_view why, uint64_t partial_bytes);

  [[nodiscard]] Status flush();
  [[nodiscard]] const std::string& pending() const noexcept { return pending_; }

 private:
  void order_event(std::string_view kind, uint64_t session_sequence, const OrderEvent& event);

  UniqueFd fd_;
  std::string path_;
  std::string pending_;
  uint64_t now_ns_ = 0;
  uint64_t events_ = 0;
};

}  // namespace crashwright::mock_engine::exchange
