// The SoupBinTCP 3.00 server of the mock exchange: one account, one session, one logged-in client at a time.
//
// Any user name and password is let in. A login replays the sequenced stream from the number it asks for (0: only what
// is new); one beyond the end is refused and counted as sequence_gap, another session's name is refused. A new login
// takes over and the old connection is closed, so a half-dead one never blocks a restart. What a dead client left half
// sent is dropped with its connection. Misuse of the framing closes the connection.
// A new session has another name, counts from 1 and no longer knows what was said in the one before; the books go on.
// Order of things in each turn of the loop: read, match, write the drop copy, then answer.
// Signals: SIGUSR1 closes the logged-in connection at once. SIGTERM and SIGINT: what has arrived is still handled, the
//          client gets End of Session, and run() returns.
// Heartbeats: the server sends one after a second of silence; a client silent for 20 seconds is closed.
// Threads: one, blocked signals included (construct it before starting any other). Errors: kIo. Signal context: no.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "base/unique_fd.h"
#include "mock_engine/exchange/connection.h"
#include "mock_engine/exchange/drop_copy.h"
#include "mock_engine/exchange/matching_engine.h"

namespace crashwright::mock_engine::exchange {

struct ServerOptions {
  uint16_t port = 0;                 // on 127.0.0.1; 0: any free one
  std::string session = "CWMOCK01";  // at most 10 letters and digits
  bool cancel_on_disconnect = false;
  uint64_t drop_after = 0;         // close the connection after this many order messages, once; 0: never
  uint64_t delay_us = 0;           // hold every answer back this long
  uint64_t drop_every = 0;         // close the connection after every so many order messages; 0: never
  uint64_t refuse_logins = 0;      // turn away so many logins after the first that was let in
  uint64_t new_session_after = 0;  // close the connection and begin a new session after this many order messages, once
};

class SessionServer {
 public:
  SessionServer(const ServerOptions& options, MatchingEngine& engine, SequencedStream& stream, DropCopy& drop_copy);

  // Binds, listens and takes over the signals; port() is valid afterwards.
  [[nodiscard]] Status start();
  [[nodiscard]] uint16_t port() const noexcept { return port_; }
  // Until SIGTERM or SIGINT.
  [[nodiscard]] Status run();
  [[nodiscard]] const std::unordered_map<std::string, uint64_t>& disconnects() const noexcept { return disconnects_; }

 private:
  using Connections = std::unordered_map<int, std::unique_ptr<Connection>>;

  [[nodiscard]] Status watch(int fd);
  [[nodiscard]] Status turn(bool& stop);
  [[nodiscard]] int wait_ms() const noexcept;
  void accept_connections();
  void take_signals(bool& stop);
  void read_from(int fd);
  [[nodiscard]] bool handle_packet(Connection& connection, const soup::Packet& packet);
  void handle_login(Connection& connection, Bytes payload);
  [[nodiscard]] bool too_busy(Connection& connection, uint64_t requested);
  void count_login();
  void refuse(Connection& connection, uint64_t requested, const char* why, soup::LoginRejectReason reason);
  void begin_session();
  void handle_order_message(Connection& connection, Bytes message);
  [[nodiscard]] Status answer();
  [[nodiscard]] size_t released_bytes();
  void keep_alive();
  void drain_before_stop();
  // Closes and forgets; `connection` is gone afterwards.
  void close(int fd, const char* why);

  ServerOptions options_;
  MatchingEngine& engine_;
  SequencedStream& stream_;
  DropCopy& drop_copy_;
  UniqueFd listener_;
  UniqueFd epoll_;
  UniqueFd signals_;
  uint16_t port_ = 0;
  uint64_t now_ns_ = 0;
  uint64_t midnight_ns_ = 0;
  uint64_t next_connection_ = 1;
  uint64_t order_messages_ = 0;
  uint64_t logins_ = 0;
  uint64_t logins_to_refuse_ = 0;
  std::deque<uint64_t> login_times_ns_;    // of the last second
  std::deque<uint64_t> refusal_times_ns_;  // of the last moments
  Connections connections_;
  std::unordered_map<std::string, uint64_t> disconnects_;

  struct Release {
    uint64_t at_ns;
    size_t bytes;  // of the stream may be sent from then on
  };
  std::deque<Release> releases_;  // used with a delay only
  size_t queued_bytes_ = 0;
  size_t released_bytes_ = 0;
};

}  // namespace crashwright::mock_engine::exchange
