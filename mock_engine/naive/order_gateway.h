// The naive engine's way to the exchange: logs the intent, sends it, and applies what comes back as it comes.
//
// Threads: send() and ask() on the trading thread, receive() on gateway_rx; the books are shared under one mutex.
// Errors:  a broken connection ends receive(), and the engine with it: it knows nothing of reconnecting.
// Signal context: no.
#pragma once

#include <atomic>
#include <mutex>

#include "mock_engine/decision.h"
#include "mock_engine/engine_options.h"
#include "mock_engine/exchange_connection.h"
#include "mock_engine/naive/order_books.h"
#include "mock_engine/naive/text_log.h"

namespace crashwright::mock_engine::naive {

class OrderGateway {
 public:
  OrderGateway(OrderStateMachine& books, AuditTrail& trail, TextLog& log) : books_(books), trail_(trail), log_(log) {}

  [[nodiscard]] Status connect(const Endpoint& endpoint, uint64_t next_sequence);
  void send(const Decision& decision);
  void ask();  // account query: its answer comes behind all others
  [[nodiscard]] bool answered() const { return answered_.load(); }
  [[nodiscard]] bool lost() const { return lost_.load(); }
  void receive();  // thread function
  void finish();

 private:
  void write_order(const postmortem::AuditRecord& intent);
  void on_exchange_message(Bytes message, uint64_t session_sequence);

  OrderStateMachine& books_;
  AuditTrail& trail_;
  TextLog& log_;
  std::mutex mutex_;
  ExchangeConnection connection_;
  uint64_t session_sequence_ = 1;
  std::atomic<bool> answered_{false};
  std::atomic<bool> lost_{false};
  std::atomic<bool> finishing_{false};
};

}  // namespace crashwright::mock_engine::naive
