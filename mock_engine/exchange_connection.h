// The engine's side of one SoupBinTCP session with the exchange: connect, log in, write packets without blocking.
//
// Threads: open(), write(), flush() and close() from the trading thread; the gateway's receiver reads descriptor() and
//          tells the trading thread when it has stopped doing so, before which the descriptor is not closed.
// Errors:  open() says which step failed, and session_refused() that it was the exchange's no; write() and flush() say
//          false once the connection is broken.
// Waiting: open() waits for at most its deadline and calls `waiting` at least every 50 ms meanwhile.
// Signal context: no.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "mock_engine/wire.h"

namespace crashwright::mock_engine {

// An IPv4 address (or "localhost") and a port.
struct Endpoint {
  std::string host;
  uint16_t port = 0;
};

[[nodiscard]] Result<Endpoint> parse_endpoint(const std::string& text);

struct AcceptedLogin {
  std::string session;
  uint64_t next_sequence = 0;  // of the first sequenced packet that follows
};

class ExchangeConnection {
 public:
  // One attempt. Blank `session`: whichever the exchange runs.
  [[nodiscard]] Result<AcceptedLogin> open(const Endpoint& endpoint, const std::string& session, uint64_t next_sequence,
                                           const Deadline& deadline, const std::function<void()>& waiting);

  // The last open() failed because the exchange does not have that session, or not that far, or is busy.
  [[nodiscard]] bool session_refused() const { return session_refused_; }

  // Hands the bytes to the socket; what it does not take at once is kept for flush(). False: broken.
  [[nodiscard]] bool write(Bytes bytes);
  [[nodiscard]] bool flush();
  [[nodiscard]] bool has_unsent() const { return !unsent_.empty(); }

  // Ends both directions, which wakes the receiver; the descriptor stays.
  void shut_down();
  void close();
  [[nodiscard]] bool is_open() const { return fd_.valid(); }
  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  [[nodiscard]] Status dial(const Endpoint& endpoint, const Deadline& deadline, const std::function<void()>& waiting);
  [[nodiscard]] Status read_exactly(std::span<std::byte> bytes, const Deadline& deadline,
                                    const std::function<void()>& waiting);
  [[nodiscard]] Result<AcceptedLogin> await_login(const Deadline& deadline, const std::function<void()>& waiting);

  UniqueFd fd_;
  std::vector<std::byte> unsent_;
  bool session_refused_ = false;
};

}  // namespace crashwright::mock_engine
