#include "mock_engine/exchange/session_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <vector>

#include "base/clock.h"

namespace crashwright::mock_engine::exchange {
namespace {

constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kHeartbeatNs = kSecondNs;
constexpr uint64_t kClientSilenceMaxNs = 20 * kSecondNs;
constexpr uint64_t kDayNs = 86'400 * kSecondNs;
constexpr int kTurnMsMax = 500;
constexpr size_t kConnectionsMax = 64;
constexpr size_t kLoginsPerSecondMax = 20;
// Pauses that grow from ten milliseconds leave room for four, as each try asks for its session and for any.
constexpr size_t kRefusalsMax = 5;
constexpr uint64_t kRefusalsWithinNs = 25'000'000;
constexpr int kEventsPerTurn = 64;
constexpr int kReadsPerTurn = 4;  // of one connection, so that answers are not held back for long

constexpr size_t kSessionNameMax = 10;

// Counts the last digit up: CWMOCK01, CWMOCK02 and so on, in a circle of ten; a name without one gets it.
std::string name_of_next_session(std::string name) {
  if (name.back() < '0' || name.back() > '9') return name.substr(0, kSessionNameMax - 1) + "1";
  name.back() = name.back() == '9' ? '0' : static_cast<char>(name.back() + 1);
  return name;
}

}  // namespace

SessionServer::SessionServer(const ServerOptions& options, MatchingEngine& engine, SequencedStream& stream,
                             DropCopy& drop_copy)
    : options_(options), engine_(engine), stream_(stream), drop_copy_(drop_copy) {}

Status SessionServer::start() {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener_) return fail_errno(errno, "socket");
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno(errno, "bind 127.0.0.1:" + std::to_string(options_.port));
  }
  if (::listen(listener_.get(), SOMAXCONN) != 0) return fail_errno(errno, "listen");
  socklen_t size = sizeof address;
  if (::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return fail_errno(errno, "getsockname");
  }
  port_ = ntohs(address.sin_port);

  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&mask, signal);
  if (::sigprocmask(SIG_BLOCK, &mask, nullptr) != 0) return fail_errno(errno, "sigprocmask");
  signals_.reset(::signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_) return fail_errno(errno, "signalfd");
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return fail_errno(errno, "epoll_create1");
  if (auto watched = watch(listener_.get()); !watched) return watched;
  return watch(signals_.get());
}

Status SessionServer::watch(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return fail_errno(errno, "epoll_ctl");
  return {};
}

Status SessionServer::run() {
  for (bool stop = false; !stop;) {
    if (auto turned = turn(stop); !turned) return turned;
  }
  drain_before_stop();
  return drop_copy_.flush();
}

Status SessionServer::turn(bool& stop) {
  epoll_event events[kEventsPerTurn];
  const int count = ::epoll_wait(epoll_.get(), events, kEventsPerTurn, wait_ms());
  if (count < 0 && errno != EINTR) return fail_errno(errno, "epoll_wait");
  now_ns_ = monotonic_ns();
  midnight_ns_ = wall_ns() % kDayNs;
  drop_copy_.set_time(now_ns_);
  for (int i = 0; i < count; ++i) {
    if (events[i].data.fd == listener_.get()) accept_connections();
  }
  for (int i = 0; i < count; ++i) {
    if (connections_.contains(events[i].data.fd)) read_from(events[i].data.fd);
  }
  for (int i = 0; i < count; ++i) {
    if (events[i].data.fd == signals_.get()) take_signals(stop);
  }
  keep_alive();
  return answer();
}

int SessionServer::wait_ms() const noexcept {
  if (releases_.empty()) return kTurnMsMax;
  const uint64_t now = monotonic_ns();
  const uint64_t due = releases_.front().at_ns;
  return due <= now ? 0 : static_cast<int>(std::min<uint64_t>((due - now) / 1'000'000, kTurnMsMax));
}

void SessionServer::accept_connections() {
  for (;;) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;  // nothing left, or the peer is gone again
    if (connections_.size() >= kConnectionsMax || !watch(fd.get())) continue;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int number = fd.get();
    const uint64_t id = next_connection_++;
    connections_[number] = std::make_unique<Connection>(std::move(fd), id, now_ns_);
    drop_copy_.connected(id);
  }
}

void SessionServer::take_signals(bool& stop) {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != SIGUSR1) {
      stop = true;
      continue;
    }
    for (const auto& [fd, connection] : connections_) {
      if (!connection->logged_in()) continue;
      close(fd, "signal");
      break;
    }
  }
}

void SessionServer::read_from(int fd) {
  Connection& connection = *connections_.at(fd);
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    bool received = false;
    const IoState state = connection.receive(now_ns_, received);
    drop_copy_.set_time(monotonic_ns());  // behind the receipt: what was sent had been sent by then
    soup::Packet packet;
    soup::FrameStatus status;
    while ((status = connection.next(packet)) == soup::FrameStatus::kPacket) {
      if (!handle_packet(connection, packet)) return;
    }
    if (status == soup::FrameStatus::kBadLength) {
      engine_.count_malformed();
      return close(fd, "malformed");
    }
    if (state == IoState::kClosed) return close(fd, "peer");
    if (!received) return;
  }
}

// False when the connection is gone.
bool SessionServer::handle_packet(Connection& connection, const soup::Packet& packet) {
  const int fd = connection.fd();
  switch (packet.type) {
    case soup::PacketType::kUnsequenced:
      if (!connection.logged_in()) break;
      handle_order_message(connection, packet.payload);
      return connections_.contains(fd);
    case soup::PacketType::kLoginRequest:
      if (connection.logged_in()) break;
      handle_login(connection, packet.payload);
      return true;
    case soup::PacketType::kClientHeartbeat:
    case soup::PacketType::kDebug:
      return true;
    case soup::PacketType::kLogout:
      close(fd, "logout");
      return false;
    default:
      break;
  }
  engine_.count_malformed();
  close(fd, "malformed");
  return false;
}

void SessionServer::handle_login(Connection& connection, Bytes payload) {
  soup::LoginRequest request;
  if (!soup::decode(payload, request)) {
    engine_.count_malformed();
    return refuse(connection, 0, "malformed", soup::kNotAuthorized);
  }
  count_login();
  if (too_busy(connection, request.next_sequence)) return;
  const std::string_view session = soup::session_text(request.session);
  if (!session.empty() && session != options_.session) {
    return refuse(connection, request.next_sequence, "another session", soup::kSessionNotAvailable);
  }
  if (request.next_sequence > stream_.next_sequence()) {
    engine_.count_sequence_gap();
    drop_copy_.violation("sequence_gap", 0);
    return refuse(connection, request.next_sequence, "sequence gap", soup::kSessionNotAvailable);
  }
  for (const auto& [fd, other] : connections_) {
    if (!other->logged_in()) continue;
    close(fd, "takeover");
    break;
  }
  soup::LoginAccepted accepted;
  accepted.session = soup::SessionName::of(options_.session);
  accepted.next_sequence = request.next_sequence == 0 ? stream_.next_sequence() : request.next_sequence;
  connection.start_stream(accepted, stream_);
  drop_copy_.logged_in(connection.id(), request.user_name.view(), request.next_sequence, accepted.next_sequence);
}

// A peer that tries again without a pause keeps everybody else out.
void SessionServer::count_login() {
  login_times_ns_.push_back(now_ns_);
  while (now_ns_ - login_times_ns_.front() > kSecondNs) login_times_ns_.pop_front();
  while (!refusal_times_ns_.empty() && now_ns_ - refusal_times_ns_.front() > kRefusalsWithinNs) {
    refusal_times_ns_.pop_front();
  }
  if (login_times_ns_.size() == kLoginsPerSecondMax + 1 || refusal_times_ns_.size() == kRefusalsMax + 1) {
    engine_.count_login_storm();
    drop_copy_.violation("login_storm", 0);
  }
}

bool SessionServer::too_busy(Connection& connection, uint64_t requested) {
  if (logins_++ == 0) logins_to_refuse_ = options_.refuse_logins;
  if (logins_ == 1 || logins_to_refuse_ == 0) return false;
  --logins_to_refuse_;
  refusal_times_ns_.push_back(now_ns_);
  refuse(connection, requested, "busy", soup::kSessionNotAvailable);
  return true;
}

void SessionServer::refuse(Connection& connection, uint64_t requested, const char* why,
                           soup::LoginRejectReason reason) {
  drop_copy_.login_refused(connection.id(), requested, why);
  connection.refuse_login(reason);
}

// Cancels on disconnect were the last messages of the session that ends.
void SessionServer::begin_session() {
  options_.session = name_of_next_session(options_.session);
  stream_.begin_session();
  releases_.clear();
  queued_bytes_ = released_bytes_ = 0;
  drop_copy_.session_began(options_.session);
  engine_.begin_session(midnight_ns_);
}

void SessionServer::handle_order_message(Connection& connection, Bytes message) {
  engine_.on_message(message, midnight_ns_);
  ++order_messages_;
  if (options_.new_session_after != 0 && order_messages_ == options_.new_session_after) {
    close(connection.fd(), "new_session");
    return begin_session();
  }
  if (options_.drop_after != 0 && order_messages_ == options_.drop_after) return close(connection.fd(), "drop_after");
  if (options_.drop_every != 0 && order_messages_ % options_.drop_every == 0) close(connection.fd(), "drop_every");
}

Status SessionServer::answer() {
  if (auto flushed = drop_copy_.flush(); !flushed) return flushed;
  const size_t limit = released_bytes();
  std::vector<int> gone;
  for (const auto& [fd, connection] : connections_) {
    if (connection->send(stream_, limit, now_ns_) == IoState::kClosed) {
      gone.push_back(fd);
    } else if (connection->set_blocked(!connection->idle(limit))) {
      epoll_event event{};
      event.events = connection->idle(limit) ? EPOLLIN : EPOLLIN | EPOLLOUT;
      event.data.fd = fd;
      if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) return fail_errno(errno, "epoll_ctl");
    }
  }
  // What such a peer sent before it went is still in the socket: it counts.
  for (const int fd : gone) {
    if (!connections_.contains(fd)) continue;  // taken over by a login that another of them had sent
    read_from(fd);
    if (connections_.contains(fd)) close(fd, "peer");
  }
  return drop_copy_.flush();
}

size_t SessionServer::released_bytes() {
  if (options_.delay_us == 0) return released_bytes_ = stream_.size_bytes();
  if (stream_.size_bytes() > queued_bytes_) {
    queued_bytes_ = stream_.size_bytes();
    releases_.push_back({now_ns_ + options_.delay_us * 1000, queued_bytes_});
  }
  for (; !releases_.empty() && releases_.front().at_ns <= now_ns_; releases_.pop_front()) {
    released_bytes_ = releases_.front().bytes;
  }
  return released_bytes_;
}

void SessionServer::keep_alive() {
  std::vector<int> silent;
  for (const auto& [fd, connection] : connections_) {
    if (now_ns_ - connection->heard_ns() > kClientSilenceMaxNs) {
      silent.push_back(fd);
    } else if (connection->logged_in() && connection->idle(released_bytes_) &&
               now_ns_ - connection->sent_ns() > kHeartbeatNs) {
      connection->queue_empty_packet(soup::PacketType::kServerHeartbeat);
    }
  }
  for (const int fd : silent) close(fd, "silence");
}

void SessionServer::drain_before_stop() {
  accept_connections();
  std::vector<int> open;
  for (const auto& [fd, connection] : connections_) open.push_back(fd);
  for (const int fd : open) {
    for (uint64_t before = ~uint64_t{0}; connections_.contains(fd) && before != order_messages_;) {
      before = order_messages_;
      read_from(fd);
    }
  }
  options_.delay_us = 0;
  (void)answer();  // a drop copy that cannot be written is reported by the flush that follows
  for (const auto& [fd, connection] : connections_) {
    if (!connection->logged_in() || !connection->idle(released_bytes_)) continue;
    connection->queue_empty_packet(soup::PacketType::kEndOfSession);
    (void)connection->send(stream_, released_bytes_, now_ns_);
  }
}

void SessionServer::close(int fd, const char* why) {
  const auto at = connections_.find(fd);
  const bool was_logged_in = at->second->logged_in();
  drop_copy_.disconnected(at->second->id(), why, at->second->partial_bytes());
  ++disconnects_[why];
  connections_.erase(at);
  if (was_logged_in && options_.cancel_on_disconnect) engine_.cancel_all_for_system(midnight_ns_);
}

}  // namespace crashwright::mock_engine::exchange
