#include "mock_engine/exchange/connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <span>

#include "base/check.h"

namespace crashwright::mock_engine::exchange {
namespace {

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

IoState Connection::receive(uint64_t now_ns, bool& received) {
  const std::span<std::byte> space = framer_.write_space();
  ssize_t got;
  do {
    got = ::recv(fd_.get(), space.data(), space.size(), MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  received = got > 0;
  if (got < 0) return would_block(errno) ? IoState::kOpen : IoState::kClosed;
  if (got == 0) return IoState::kClosed;
  framer_.committed(static_cast<size_t>(got));
  heard_ns_ = now_ns;
  return IoState::kOpen;
}

void Connection::start_stream(const soup::LoginAccepted& accepted, const SequencedStream& stream) {
  std::byte packet[soup::kLoginAcceptedBytes];
  const size_t bytes = soup::encode(accepted, packet);
  control_.append(reinterpret_cast<const char*>(packet), bytes);
  stream_offset_ = stream.offset_of(accepted.next_sequence);
  logged_in_ = true;
}

void Connection::refuse_login(soup::LoginRejectReason reason) {
  std::byte packet[soup::kLoginRejectedBytes];
  const size_t bytes = soup::encode_login_rejected(reason, packet);
  control_.append(reinterpret_cast<const char*>(packet), bytes);
}

void Connection::queue_empty_packet(soup::PacketType type) {
  std::byte packet[soup::kHeaderBytes];
  const size_t bytes = soup::encode_empty(type, packet);
  control_.append(reinterpret_cast<const char*>(packet), bytes);
}

IoState Connection::send(const SequencedStream& stream, size_t limit, uint64_t now_ns) {
  while (!control_.empty()) {
    const ssize_t put = send_some(std::as_bytes(std::span(control_)), now_ns);
    if (put < 0) return would_block(errno) ? IoState::kOpen : IoState::kClosed;
    control_.erase(0, static_cast<size_t>(put));
  }
  while (logged_in_ && stream_offset_ < limit) {
    const ssize_t put = send_some(stream.packets(stream_offset_, limit), now_ns);
    if (put < 0) return would_block(errno) ? IoState::kOpen : IoState::kClosed;
    stream_offset_ += static_cast<size_t>(put);
  }
  return IoState::kOpen;
}

ssize_t Connection::send_some(Bytes bytes, uint64_t now_ns) noexcept {
  ssize_t put;
  do {
    put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (put < 0 && errno == EINTR);
  if (put > 0) sent_ns_ = now_ns;
  return put;
}

}  // namespace crashwright::mock_engine::exchange
