// The order gateway: the only place from which the engine speaks to the exchange, and the only one that hears it.
//
// Write-ahead rule: send(decision) appends the intent to the audit log and queues it; send_durable() hands queued
// intents to the socket once the log says that they survive what the session's durability names. Nothing overtakes.
// Send then log (OrderLogging::kAfterSend) turns that around: send(decision) hands the order to the socket and appends
// the intent behind it; what a death leaves out of the log, the exchange tells at the next login.
// Messages of the exchange arrive on the receiver's thread, become audit records there, and reach the trading thread
// through a ring, in order, the end of a connection included.
//
// Threads: receive() and on_exchange_message() on gateway_rx; everything else on trading. No lock.
// Errors:  false from send(), send_durable(): the audit log is sealed. A broken connection is no error here: it arrives
//          as an event, and what was queued stays in the order state as pending.
// Signal context: no.
#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <string>

#include "mock_engine/decision.h"
#include "mock_engine/engine_options.h"
#include "mock_engine/exchange_connection.h"
#include "mock_engine/order_journal.h"
#include "mock_engine/soupbintcp.h"
#include "mock_engine/spsc_ring.h"
#include "mock_engine/tick_to_order.h"
#include "postmortem/audit_record.h"
#include "postmortem/engine_thread.h"
#include "postmortem/input_guard.h"

namespace crashwright::mock_engine {

struct GatewayEvent {
  bool disconnected = false;  // the connection ended; nothing of it follows
  postmortem::AuditRecord record{};
};

// Where in the exchange's messages the engine stands. They are numbered over all sessions; on the wire each session
// counts from 1.
struct SessionPlace {
  std::string session;  // empty: whichever the exchange runs
  uint64_t first = 1;   // message of that session
  uint64_t next = 1;    // message wanted
};

class OrderGateway {
 public:
  // `latency`: null when it is not measured. `inputs` may be null: then no message is ever in quarantine.
  OrderGateway(const Endpoint& endpoint, OrderJournal& journal, OrderLogging order_logging,
               TickToOrder* latency = nullptr, postmortem::InputGuard* inputs = nullptr);

  // Tries until the deadline. The receiver starts with the packets behind the login. An answer with another session
  // than `place` names: the exchange runs that one now, and nothing is connected.
  [[nodiscard]] Result<AcceptedLogin> connect(const SessionPlace& place, const Deadline& deadline,
                                              postmortem::EngineThread& self);

  // First half of an order's way out: the intent into the log and the queue. All of it for send-then-log.
  [[nodiscard]] bool send(const Decision& decision);
  // The intent of an order that the exchange holds already: into the log, and nothing goes out.
  [[nodiscard]] bool log_sent_before(const Decision& decision);
  // Queues an intent that is in the log already.
  void queue(const postmortem::AuditRecord& intent) { queue_.push_back(intent); }
  // Second half, for all queued intents that are durable.
  [[nodiscard]] bool send_durable();
  void send_account_query();
  // A heartbeat, when nothing was sent for a second.
  void keep_alive();

  // Forgets the queue: after a disconnect the order state's pending intents are the truth.
  void drop_queue() { queue_.clear(); }
  // Nothing queued, and the socket has taken all there was.
  [[nodiscard]] bool everything_sent() const { return queue_.empty() && !connection_.has_unsent(); }
  [[nodiscard]] size_t queued() const { return queue_.size(); }

  [[nodiscard]] bool next_event(GatewayEvent& event) { return events_.pop(event); }

  // Session sequence of the first message that made no sense, 0 for none: asking for it again would bring it again.
  [[nodiscard]] uint64_t undecodable() const { return undecodable_.load(std::memory_order_acquire); }

  // Logs out and lets the receiver end.
  void finish();

  // The receiver's thread function.
  void receive(postmortem::EngineThread& self);
  void on_exchange_message(Bytes message, uint64_t session_sequence, postmortem::EngineThread& self);

 private:
  // Which session the exchange runs, when it is not `known`. Disconnected afterwards.
  [[nodiscard]] std::optional<AcceptedLogin> find_new_session(const std::string& known, const Deadline& deadline,
                                                              postmortem::EngineThread& self);
  // Hands the message to the socket.
  void send(const postmortem::AuditRecord& intent);
  // Logs that the socket took it.
  [[nodiscard]] bool note_sent(const postmortem::AuditRecord& intent);
  void write_packet(Bytes packet);
  void break_connection();
  void read_connection(postmortem::EngineThread& self);
  [[nodiscard]] bool read_packets(soup::Framer& framer, uint64_t& sequence, postmortem::EngineThread& self);
  [[nodiscard]] bool left_out(uint64_t session_sequence);
  // From here on nothing can be applied.
  void give_up_at(uint64_t session_sequence);
  void push(const GatewayEvent& event, postmortem::EngineThread& self);

  const Endpoint endpoint_;
  const OrderLogging order_logging_;
  OrderJournal& journal_;
  TickToOrder* const latency_;
  ExchangeConnection connection_;
  bool broken_ = false;
  uint64_t last_write_ns_ = 0;
  std::deque<postmortem::AuditRecord> queue_;

  // Between the two threads.
  SpscRing<GatewayEvent> events_;
  std::atomic<uint32_t> connections_{0};  // counts up when there is a new one (or the end) for the receiver
  std::atomic<bool> finishing_{false};
  std::atomic<uint64_t> undecodable_{0};
  int receiver_fd_ = -1;            // published by connections_
  uint64_t receiver_sequence_ = 1;  // published by connections_
  soup::Framer framer_;             // the receiver's, as the two below
  postmortem::InputGuard* const inputs_;
  postmortem::InputGuard::Hand hand_;
};

}  // namespace crashwright::mock_engine
