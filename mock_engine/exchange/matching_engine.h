// The exchange's order handling by the rules of OUCH 5.0: messages in, sequenced messages and drop copy out.
//
// What it answers is a function of the messages alone (and of Misbehaviour); the clock only fills time stamp fields.
//   O, U  A UserRefNum not above the last one consumed is ignored: the identical message as a retransmission, another
//         one as the violation reused_user_ref. After D, O and U are rejected and are the violation
//         order_after_kill_switch.
//   U     of an order that is not open is ignored and consumes nothing. Invalid new details, or a total quantity that
//         is executed already, cancel the order and consume nothing.
//   X     of an order that is not open, or of more shares than are open, is ignored.
//   C D E are carried out whatever their UserRefNum says (the safe side); a higher one is consumed.
//   Q     answers the lowest UserRefNum not consumed, in the sequenced stream like everything else.
// Symbols must be letters, digits, '.' or '-'; anything else is rejected.
// Threads: one owner. Errors: a message that is no OUCH is counted as malformed and ignored. Signal context: no.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "mock_engine/exchange/books.h"
#include "mock_engine/exchange/drop_copy.h"
#include "mock_engine/exchange/sequenced_stream.h"
#include "mock_engine/ouch.h"

namespace crashwright::mock_engine::exchange {

// 0 switches each off. Counted over the session, so equal order streams meet equal misbehaviour.
struct Misbehaviour {
  uint64_t reject_every = 0;    // every n-th new O or U is rejected; every n-th X gets a cancel reject
  uint64_t duplicate_fill = 0;  // every n-th execution is reported twice (same match number), booked once
  uint64_t break_trade = 0;     // every n-th execution is broken right after
  uint64_t break_first_at = 0;  // the first execution of all is broken behind the n-th
  uint64_t lose_cancel = 0;     // every n-th X is lost without an answer
};

class MatchingEngine {
 public:
  // Both must outlive it. Opens the session: the first sequenced message is the start of day.
  MatchingEngine(const Misbehaviour& misbehaviour, SequencedStream& stream, DropCopy& drop_copy);

  // The first message of another session: start of day. Books and numbers consumed stay.
  void begin_session(uint64_t midnight_ns);
  // One message from the client. `midnight_ns` is the time of day for time stamp fields.
  void on_message(Bytes message, uint64_t midnight_ns);
  // Cancels everything open (cancel on disconnect).
  void cancel_all_for_system(uint64_t midnight_ns);
  void count_sequence_gap() noexcept { ++violations_.sequence_gap; }
  void count_login_storm() noexcept { ++violations_.login_storm; }
  void count_malformed();

  [[nodiscard]] const Books& books() const noexcept { return books_; }
  [[nodiscard]] const Violations& violations() const noexcept { return violations_; }
  [[nodiscard]] uint64_t orders_entered() const noexcept { return orders_entered_; }
  [[nodiscard]] uint64_t retransmissions() const noexcept { return retransmissions_; }
  [[nodiscard]] bool order_entry_disabled() const noexcept { return disabled_; }

 private:
  void on(const ouch::EnterOrder& message);
  void on(const ouch::ReplaceOrder& message);
  void on(const ouch::CancelOrder& message);
  void on(const ouch::MassCancel& message);
  void on(const ouch::DisableOrderEntry& message);
  void on(const ouch::EnableOrderEntry& message);
  void on(const ouch::AccountQuery& message);

  // True when the message with this UserRefNum is to be carried out; counts and reports what is not.
  [[nodiscard]] bool is_new(const OrderEvent& event);
  [[nodiscard]] bool misbehave_by_rejecting();
  void reject(Order order, uint16_t reason, std::string_view why);
  // Takes the order in, answers with `answer` filled from it, and lets it trade by its plan.
  void accept(const Order& order, Order* replaced);
  void trade_on_arrival(Order& order);
  struct Trade {
    Order order;
    uint32_t shares = 0;
    uint64_t price_ticks = 0;
    uint64_t match_number = 0;
  };
  void break_trade(const Trade& trade);
  void execute(Order& order, uint32_t shares, uint64_t price_ticks, char liquidity_flag);
  // Takes `shares` off; no shares left means the order is dead.
  void cancel(Order& order, uint32_t shares, char reason);
  template <typename Message>
  void emit(Message& message, const OrderEvent& event);
  template <typename Message>
  void emit_order(Message& message, const Order& order, const OrderEvent& event);

  Misbehaviour misbehaviour_;
  SequencedStream& stream_;
  DropCopy& drop_copy_;
  Books books_;
  Violations violations_;
  std::unordered_map<uint32_t, uint64_t> seen_;  // hash of the O or U message by UserRefNum
  uint64_t message_hash_ = 0;                    // of the message being handled
  uint64_t midnight_ns_ = 0;
  uint32_t last_user_ref_ = 0;  // highest consumed
  uint64_t next_order_reference_ = 1;
  uint64_t next_match_number_ = 1;
  uint64_t orders_entered_ = 0;
  uint64_t retransmissions_ = 0;
  uint64_t rejectable_ = 0;
  uint64_t cancels_ = 0;
  uint64_t cancels_received_ = 0;
  Trade first_trade_;
  bool disabled_ = false;
};

}  // namespace crashwright::mock_engine::exchange
