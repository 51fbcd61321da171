// One TCP connection of a client: what came in and is not a whole packet yet, and how far its stream has been sent.
//
// Sending takes the control bytes (login answer, heartbeat, end of session) first, then the sequenced stream from the
// cursor on; control bytes are only queued at a packet boundary.
// Threads: one owner. Errors: as return values; a failed connection is closed by its owner. Signal context: no.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "mock_engine/exchange/sequenced_stream.h"
#include "mock_engine/soupbintcp.h"

namespace crashwright::mock_engine::exchange {

enum class IoState : uint8_t {
  kOpen,
  kClosed,  // by the peer, in order or by reset
};

class Connection {
 public:
  Connection(UniqueFd fd, uint64_t id, uint64_t now_ns) : fd_(std::move(fd)), id_(id), heard_ns_(now_ns) {}

  // Reads once from the socket; kClosed at the end of the peer's data. `received` false: nothing there.
  [[nodiscard]] IoState receive(uint64_t now_ns, bool& received);
  [[nodiscard]] soup::FrameStatus next(soup::Packet& packet) noexcept { return framer_.next(packet); }

  void start_stream(const soup::LoginAccepted& accepted, const SequencedStream& stream);
  void refuse_login(soup::LoginRejectReason reason);
  // Only when idle(stream).
  void queue_empty_packet(soup::PacketType type);
  // Sends what the socket takes, the stream up to byte `limit`.
  [[nodiscard]] IoState send(const SequencedStream& stream, size_t limit, uint64_t now_ns);
  // Nothing of the stream up to `limit` and no control bytes left to send.
  [[nodiscard]] bool idle(size_t limit) const noexcept {
    return control_.empty() && (!logged_in_ || stream_offset_ >= limit);
  }
  // Remembers whether the socket refused bytes; true when that changed.
  [[nodiscard]] bool set_blocked(bool blocked) noexcept { return std::exchange(blocked_, blocked) != blocked; }

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] uint64_t id() const noexcept { return id_; }
  [[nodiscard]] bool logged_in() const noexcept { return logged_in_; }
  [[nodiscard]] uint64_t heard_ns() const noexcept { return heard_ns_; }
  [[nodiscard]] uint64_t sent_ns() const noexcept { return sent_ns_; }
  [[nodiscard]] size_t partial_bytes() const noexcept { return framer_.pending_bytes(); }

 private:
  [[nodiscard]] ssize_t send_some(Bytes bytes, uint64_t now_ns) noexcept;

  UniqueFd fd_;
  uint64_t id_;
  uint64_t heard_ns_;
  uint64_t sent_ns_ = 0;
  bool logged_in_ = false;
  bool blocked_ = false;
  size_t stream_offset_ = 0;
  std::string control_;
  soup::Framer framer_;
};

}  // namespace crashwright::mock_engine::exchange
