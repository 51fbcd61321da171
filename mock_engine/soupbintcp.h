// SoupBinTCP 3.00: the session layer under OUCH. Packets are two bytes of big-endian length, a type, and the payload;
// the length counts type and payload.
//
// The server's sequenced packets (S) are numbered from 1 by counting, are guaranteed, and are sent again from the
// sequence number that a login asks for. The client's unsequenced packets (U) may be lost with the connection.
// Encoders write into the caller's buffer and return the bytes written; Framer cuts a byte stream into packets.
// No allocation except the Framer's buffer. Threads: one owner. Signal context: encoders yes, Framer no.
// Errors: kBadLength from Framer is final, the stream cannot be trusted any more.
// Source: Nasdaq SoupBinTCP 3.00 specification, section 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "mock_engine/wire.h"

namespace crashwright::mock_engine::soup {

enum class PacketType : char {
  kDebug = '+',
  kLoginAccepted = 'A',
  kLoginRejected = 'J',
  kSequenced = 'S',
  kServerHeartbeat = 'H',
  kEndOfSession = 'Z',
  kLoginRequest = 'L',
  kUnsequenced = 'U',
  kClientHeartbeat = 'R',
  kLogout = 'O',
};

inline constexpr size_t kHeaderBytes = 3;  // length and type
inline constexpr size_t kPayloadBytesMax = 0xffff - 1;

using UserName = Alpha<6>;
using Password = Alpha<10>;
using SessionName = Alpha<10>;  // left-padded in a LoginAccepted, see session_text()

struct LoginRequest {
  static constexpr size_t kPayloadBytes = 46;
  UserName user_name = UserName::of("");
  Password password = Password::of("");
  SessionName session = SessionName::of("");  // blank: the current one
  uint64_t next_sequence = 1;                 // first wanted; 0: only what is new
};

struct LoginAccepted {
  static constexpr size_t kPayloadBytes = 30;
  SessionName session = SessionName::of("");
  uint64_t next_sequence = 1;  // of the first sequenced packet that follows
};

enum LoginRejectReason : char { kNotAuthorized = 'A', kSessionNotAvailable = 'S' };

inline constexpr size_t kLoginRequestBytes = kHeaderBytes + LoginRequest::kPayloadBytes;
inline constexpr size_t kLoginAcceptedBytes = kHeaderBytes + LoginAccepted::kPayloadBytes;
inline constexpr size_t kLoginRejectedBytes = kHeaderBytes + 1;

// Without padding on either side.
[[nodiscard]] std::string_view session_text(const SessionName& session) noexcept;

// Writes the header of a packet with `payload_bytes` to follow; for S and U packets built in place.
inline size_t encode_header(PacketType type, size_t payload_bytes, std::byte* out) noexcept {
  store_big_endian(out, static_cast<uint16_t>(payload_bytes + 1));
  out[2] = static_cast<std::byte>(type);
  return kHeaderBytes;
}

// A packet without payload: heartbeats, logout, end of session.
inline size_t encode_empty(PacketType type, std::byte* out) noexcept { return encode_header(type, 0, out); }
size_t encode(const LoginRequest& request, std::byte* out) noexcept;
size_t encode(const LoginAccepted& accepted, std::byte* out) noexcept;
size_t encode_login_rejected(LoginRejectReason reason, std::byte* out) noexcept;

// From the payload of an L or A packet. False: wrong length, or a sequence number that is no number.
[[nodiscard]] bool decode(Bytes payload, LoginRequest& request) noexcept;
[[nodiscard]] bool decode(Bytes payload, LoginAccepted& accepted) noexcept;

struct Packet {
  PacketType type = PacketType::kDebug;
  Bytes payload;  // into the Framer's buffer: valid until the next write_space()
};

enum class FrameStatus : uint8_t {
  kPacket,
  kNeedMore,
  kBadLength,  // a length of zero: a packet has at least its type
};

// Incremental: read(2) into write_space(), committed(n), then next() until it is not kPacket.
class Framer {
 public:
  // The space offered is never smaller than what one whole packet may still need.
  explicit Framer(size_t capacity = 1 << 18);

  [[nodiscard]] std::span<std::byte> write_space() noexcept;
  void committed(size_t bytes) noexcept { end_ += bytes; }
  [[nodiscard]] FrameStatus next(Packet& packet) noexcept {
    const size_t available = end_ - begin_;
    if (available < kHeaderBytes) return short_frame(available);
    const std::byte* at = buffer_.get() + begin_;
    const size_t length = load_big_endian<uint16_t>(at);
    if (length == 0) return FrameStatus::kBadLength;
    if (available < length + 2) return FrameStatus::kNeedMore;
    packet.type = static_cast<PacketType>(at[2]);
    packet.payload = {at + kHeaderBytes, length - 1};
    begin_ += length + 2;
    return FrameStatus::kPacket;
  }
  // Bytes of a packet that has not ended yet: what a peer that died in the middle leaves.
  [[nodiscard]] size_t pending_bytes() const noexcept { return end_ - begin_; }
  void reset() noexcept { begin_ = end_ = 0; }

 private:
  [[nodiscard]] FrameStatus short_frame(size_t available) const noexcept;

  size_t capacity_;
  std::unique_ptr<std::byte[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace crashwright::mock_engine::soup
