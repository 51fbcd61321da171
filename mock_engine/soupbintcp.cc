#include "mock_engine/soupbintcp.h"

#include <algorithm>

#include "base/check.h"

namespace crashwright::mock_engine::soup {
namespace {

constexpr size_t kPacketBytesMax = 2 + 0xffff;
constexpr size_t kNumberBytes = 20;

// Right-justified, padded with spaces.
void put_number(std::byte* out, uint64_t value) noexcept {
  std::memset(out, ' ', kNumberBytes);
  size_t at = kNumberBytes;
  do {
    out[--at] = static_cast<std::byte>('0' + value % 10);
    value /= 10;
  } while (value != 0);
}

// Spaces on either side are padding; all blank counts as 0.
bool get_number(const std::byte* in, uint64_t& value) noexcept {
  value = 0;
  size_t at = 0;
  size_t end = kNumberBytes;
  while (at < end && in[at] == std::byte{' '}) ++at;
  while (end > at && in[end - 1] == std::byte{' '}) --end;
  for (; at < end; ++at) {
    const auto digit = static_cast<uint8_t>(static_cast<uint8_t>(in[at]) - '0');
    if (digit > 9) return false;
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value)) return false;
  }
  return true;
}

}  // namespace

std::string_view session_text(const SessionName& session) noexcept {
  const std::string_view text = session.view();
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

size_t encode(const LoginRequest& request, std::byte* out) noexcept {
  WireWriter wire(out + encode_header(PacketType::kLoginRequest, LoginRequest::kPayloadBytes, out));
  wire.alpha(request.user_name);
  wire.alpha(request.password);
  wire.alpha(request.session);
  put_number(wire.position(), request.next_sequence);
  return kLoginRequestBytes;
}

size_t encode(const LoginAccepted& accepted, std::byte* out) noexcept {
  encode_header(PacketType::kLoginAccepted, LoginAccepted::kPayloadBytes, out);
  std::byte* at = out + kHeaderBytes;
  const std::string_view text = session_text(accepted.session);
  std::memset(at, ' ', sizeof accepted.session);
  std::memcpy(at + sizeof accepted.session - text.size(), text.data(), text.size());
  put_number(at + sizeof accepted.session, accepted.next_sequence);
  return kLoginAcceptedBytes;
}

size_t encode_login_rejected(LoginRejectReason reason, std::byte* out) noexcept {
  const size_t header = encode_header(PacketType::kLoginRejected, 1, out);
  out[header] = static_cast<std::byte>(reason);
  return header + 1;
}

bool decode(Bytes payload, LoginRequest& request) noexcept {
  if (payload.size() != LoginRequest::kPayloadBytes) return false;
  WireReader wire(payload.data());
  wire.alpha(request.user_name);
  wire.alpha(request.password);
  wire.alpha(request.session);
  return get_number(wire.position(), request.next_sequence);
}

bool decode(Bytes payload, LoginAccepted& accepted) noexcept {
  if (payload.size() != LoginAccepted::kPayloadBytes) return false;
  WireReader wire(payload.data());
  wire.alpha(accepted.session);
  return get_number(wire.position(), accepted.next_sequence);
}

Framer::Framer(size_t capacity)
    : capacity_(std::max(capacity, kPacketBytesMax)), buffer_(std::make_unique<std::byte[]>(capacity_)) {}

std::span<std::byte> Framer::write_space() noexcept {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (capacity_ - begin_ < kPacketBytesMax || capacity_ == end_) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  CRASHWRIGHT_CHECK(end_ < capacity_, "next() was not called until it needed more");
  return {buffer_.get() + end_, capacity_ - end_};
}

FrameStatus Framer::short_frame(size_t available) const noexcept {
  if (available >= 2 && load_big_endian<uint16_t>(buffer_.get() + begin_) == 0) return FrameStatus::kBadLength;
  return FrameStatus::kNeedMore;
}

}  // namespace crashwright::mock_engine::soup
