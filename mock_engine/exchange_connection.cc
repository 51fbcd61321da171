#include "mock_engine/exchange_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "mock_engine/soupbintcp.h"

namespace crashwright::mock_engine {
namespace {

constexpr int kPollSliceMs = 50;

// True once `fd` is ready for `events`; false when the deadline passed first.
bool await(int fd, short events, const Deadline& deadline, const std::function<void()>& waiting) {
  for (;;) {
    waiting();
    const auto left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.remaining()).count();
    pollfd poll_fd{fd, events, 0};
    if (::poll(&poll_fd, 1, static_cast<int>(std::min<int64_t>(left_ms, kPollSliceMs))) > 0) return true;
    if (deadline.passed()) return false;
  }
}

}  // namespace

Result<Endpoint> parse_endpoint(const std::string& text) {
  const size_t colon = text.rfind(':');
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const char* const digits = colon == std::string::npos ? end : text.data() + colon + 1;
  const auto parsed = std::from_chars(digits, end, port);
  if (digits == end || parsed.ec != std::errc() || parsed.ptr != end || port == 0) {
    return fail(ErrorKind::kUsage, "exchange \"" + text + "\" is not HOST:PORT", "for example 127.0.0.1:40000");
  }
  Endpoint endpoint{text.substr(0, colon), port};
  if (endpoint.host == "localhost") endpoint.host = "127.0.0.1";
  in_addr address{};
  if (::inet_pton(AF_INET, endpoint.host.c_str(), &address) != 1) {
    return fail(ErrorKind::kUsage, "exchange host \"" + endpoint.host + "\" is no IPv4 address");
  }
  return endpoint;
}

Result<AcceptedLogin> ExchangeConnection::open(const Endpoint& endpoint, const std::string& session,
                                               uint64_t next_sequence, const Deadline& deadline,
                                               const std::function<void()>& waiting) {
  close();
  session_refused_ = false;
  if (auto connected = dial(endpoint, deadline, waiting); !connected) {
    close();
    return tl::unexpected(connected.error());
  }
  soup::LoginRequest request;
  request.user_name = soup::UserName::of("ENGINE");
  request.session = soup::SessionName::of(session);
  request.next_sequence = next_sequence;
  std::array<std::byte, soup::kLoginRequestBytes> bytes;
  soup::encode(request, bytes.data());
  if (!write(bytes)) {
    close();
    return fail(ErrorKind::kIo, "the exchange closed the connection before the login");
  }
  auto login = await_login(deadline, waiting);
  if (!login) close();
  return login;
}

Status ExchangeConnection::dial(const Endpoint& endpoint, const Deadline& deadline,
                                const std::function<void()>& waiting) {
  fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return fail_errno(errno, "socket");
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  ::inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr);
  const std::string what = "connect to " + endpoint.host + ":" + std::to_string(endpoint.port);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
  if (errno != EINPROGRESS) return fail_errno(errno, what);
  if (!await(fd_.get(), POLLOUT, deadline, waiting)) return fail(ErrorKind::kIo, what + ": no answer in time");
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail_errno(error, what);
  return {};
}

Status ExchangeConnection::read_exactly(std::span<std::byte> bytes, const Deadline& deadline,
                                        const std::function<void()>& waiting) {
  while (!bytes.empty()) {
    const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) {
      bytes = bytes.subspan(static_cast<size_t>(got));
      continue;
    }
    if (got == 0) return fail(ErrorKind::kIo, "login: the exchange closed the connection");
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail_errno(errno, "login");
    if (!await(fd_.get(), POLLIN, deadline, waiting)) return fail(ErrorKind::kIo, "login: no answer in time");
  }
  return {};
}

// Reads packet by packet and not a byte more: what follows the answer belongs to the receiver.
Result<AcceptedLogin> ExchangeConnection::await_login(const Deadline& deadline, const std::function<void()>& waiting) {
  for (;;) {
    std::array<std::byte, soup::kHeaderBytes> header;
    if (auto got = read_exactly(header, deadline, waiting); !got) return tl::unexpected(got.error());
    const size_t length = load_big_endian<uint16_t>(header.data());
    if (length == 0) return fail(ErrorKind::kIo, "login: a packet of length zero");
    std::vector<std::byte> payload(length - 1);
    if (auto got = read_exactly(payload, deadline, waiting); !got) return tl::unexpected(got.error());
    switch (static_cast<soup::PacketType>(header[2])) {
      case soup::PacketType::kLoginAccepted: {
        soup::LoginAccepted accepted;
        if (!soup::decode(payload, accepted)) return fail(ErrorKind::kIo, "login: an answer that cannot be read");
        return AcceptedLogin{std::string(soup::session_text(accepted.session)), accepted.next_sequence};
      }
      case soup::PacketType::kLoginRejected:
        session_refused_ = !payload.empty() && payload[0] != std::byte{soup::kNotAuthorized};
        return fail(ErrorKind::kIo,
                    session_refused_ ? "login rejected: session not available" : "login rejected: not authorized");
      case soup::PacketType::kServerHeartbeat:
      case soup::PacketType::kDebug:
        continue;
      default:
        return fail(ErrorKind::kIo, "login: an unexpected packet instead of an answer");
    }
  }
}

bool ExchangeConnection::write(Bytes bytes) {
  if (!fd_) return false;
  if (!unsent_.empty()) {
    unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
    return flush();
  }
  while (!bytes.empty()) {
    const ssize_t put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) {
      unsent_.assign(bytes.begin(), bytes.end());
      return true;
    }
    if (put < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return true;
}

bool ExchangeConnection::flush() {
  if (unsent_.empty()) return fd_.valid();
  const std::vector<std::byte> bytes = std::move(unsent_);
  unsent_.clear();
  return write(bytes);
}

void ExchangeConnection::shut_down() {
  if (fd_) ::shutdown(fd_.get(), SHUT_RDWR);
}

void ExchangeConnection::close() {
  fd_.reset();
  unsent_.clear();
}

}  // namespace crashwright::mock_engine
