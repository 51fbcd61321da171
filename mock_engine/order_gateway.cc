#include "mock_engine/order_gateway.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "mock_engine/idle_backoff.h"
#include "mock_engine/order_messages.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/injection.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

constexpr size_t kEventsMax = 1024;
constexpr uint64_t kHeartbeatNs = 1'000'000'000;
constexpr int kSilenceSliceMs = 1'000;
constexpr int kSilenceSlicesMax = 15;  // without a byte from the exchange the connection counts as dead
// Doubled from one try to the next, so that engines that all restart at once do not keep the exchange from answering.
constexpr std::chrono::milliseconds kRetryPauseFirst{10};
constexpr std::chrono::milliseconds kRetryPauseMax{640};

void nap(std::chrono::milliseconds time) {
  const timespec pause{0, std::chrono::nanoseconds(time).count()};
  ::nanosleep(&pause, nullptr);
}

[[maybe_unused]] constexpr uint32_t kLostOrder = 30;        // of a planted bug
[[maybe_unused]] constexpr uint64_t kLostAnswer = 60;       // of another
[[maybe_unused]] constexpr uint32_t kFalseShares = 100;     // of a third
[[maybe_unused]] constexpr int64_t kFalsePriceTicks = 100;  // of a fourth

// What is sent is what was logged; planted bugs make it something else.
AuditRecord falsified(AuditRecord intent) {
  const bool order = intent.type == AuditRecordType::kIntentEnter || intent.type == AuditRecordType::kIntentReplace;
  if (order && CRASHWRIGHT_PLANTED("gateway_sends_another_quantity")) intent.quantity += kFalseShares;
  if (order && CRASHWRIGHT_PLANTED("gateway_sends_another_price")) intent.price_ticks += kFalsePriceTicks;
  if (CRASHWRIGHT_PLANTED("gateway_sends_the_other_side")) intent.side = intent.side == 'B' ? 'S' : 'B';
  if (order && CRASHWRIGHT_PLANTED("gateway_sends_another_symbol")) intent.symbol.assign("ZVZZT");
  const bool cancel = intent.type == AuditRecordType::kIntentCancel && intent.user_ref > 1;
  if (cancel && CRASHWRIGHT_PLANTED("gateway_cancels_another_order")) --intent.user_ref;
  return intent;
}

}  // namespace

OrderGateway::OrderGateway(const Endpoint& endpoint, OrderJournal& journal, OrderLogging order_logging,
                           TickToOrder* latency, postmortem::InputGuard* inputs)
    : endpoint_(endpoint),
      order_logging_(order_logging),
      journal_(journal),
      latency_(latency),
      events_(kEventsMax),
      inputs_(inputs) {}

Result<AcceptedLogin> OrderGateway::connect(const SessionPlace& place, const Deadline& deadline,
                                            postmortem::EngineThread& self) {
  for (auto pause = kRetryPauseFirst;; pause = std::min(2 * pause, kRetryPauseMax)) {
    auto login =
        connection_.open(endpoint_, place.session, place.next - place.first + 1, deadline, [&] { self.beat(); });
    if (login) {
      login->next_sequence += place.first - 1;
      broken_ = false;
      receiver_fd_ = connection_.descriptor();
      receiver_sequence_ = login->next_sequence;
      connections_.fetch_add(1, std::memory_order_release);
      connections_.notify_one();
      return login;
    }
    if (connection_.session_refused()) {
      if (auto other = find_new_session(place.session, deadline, self)) return *other;
    }
    if (deadline.passed()) return login;
    self.begin_wait();
    nap(CRASHWRIGHT_PLANTED("reconnects_without_pause") ? std::chrono::milliseconds(1) : pause);
    self.end_wait();
  }
}

// A login without a name is let into whichever session runs; with sequence 0 it asks for nothing of it.
std::optional<AcceptedLogin> OrderGateway::find_new_session(const std::string& known, const Deadline& deadline,
                                                            postmortem::EngineThread& self) {
  if (known.empty()) return std::nullopt;
  const auto running = connection_.open(endpoint_, "", 0, deadline, [&] { self.beat(); });
  connection_.close();
  if (!running || running->session == known) return std::nullopt;
  return *running;
}

__attribute__((noinline)) bool OrderGateway::send(const Decision& decision) {
  CRASHWRIGHT_FAULT_POINT_ABOUT("gateway.before_append", decision.feed_sequence);
  AuditRecord intent = intent_record(decision);
  const bool log_first = order_logging_ == OrderLogging::kBeforeSend && !CRASHWRIGHT_PLANTED("audit_after_send");
  if (!log_first) send(intent);
  if (!journal_.record(intent)) return false;
  CRASHWRIGHT_LOG_INFO("intent {} of order {} (was {}): {} {} {} at {} ticks, feed {}, audit {}",
                       audit_record_type_name(intent.type), intent.user_ref, intent.original_user_ref, intent.side,
                       intent.quantity, intent.symbol.view(), intent.price_ticks, intent.feed_sequence,
                       intent.sequence);
  if (!log_first) return note_sent(intent);
  queue_.push_back(intent);
  return true;
}

bool OrderGateway::log_sent_before(const Decision& decision) {
  AuditRecord intent = intent_record(decision);
  intent.flags = postmortem::kPossibleResend;
  return journal_.record(intent);
}

__attribute__((noinline)) void OrderGateway::send(const AuditRecord& intent) {
  CRASHWRIGHT_FAULT_POINT_ABOUT("gateway.send_order", intent.feed_sequence);
  std::array<std::byte, kOrderPacketBytesMax> packet;
  const Bytes bytes{packet.data(), encode_intent(falsified(intent), packet.data())};
  if (!CRASHWRIGHT_PLANTED("gateway_loses_an_order") || intent.user_ref != kLostOrder) write_packet(bytes);
  if (latency_ != nullptr) latency_->order(intent.feed_sequence);
  CRASHWRIGHT_FAULT_POINT_ABOUT("gateway.after_send", intent.feed_sequence);
  if (broken_ || intent.type == AuditRecordType::kKillSwitch) return;
  postmortem::EngineWitness& witness = postmortem::control_block().engine;
  if (witness.orders_sent.fetch_add(1, std::memory_order_relaxed) == 0) witness.first_send_ns.store(last_write_ns_);
}

bool OrderGateway::note_sent(const AuditRecord& intent) {
  if (broken_) return true;
  if (intent.type != AuditRecordType::kKillSwitch) {
    postmortem::control_block().engine.last_sent_sequence.store(intent.sequence, std::memory_order_relaxed);
  }
  CRASHWRIGHT_LOG_INFO("sent {} of order {}, audit {}", audit_record_type_name(intent.type), intent.user_ref,
                       intent.sequence);
  AuditRecord sent{};
  sent.type = AuditRecordType::kSent;
  sent.user_ref = intent.user_ref;
  sent.original_user_ref = intent.original_user_ref;
  sent.quantity = intent.quantity;
  sent.flags = intent.flags;
  return journal_.record(sent);
}

bool OrderGateway::send_durable() {
  if (connection_.has_unsent() && !connection_.flush()) break_connection();
  while (!queue_.empty() && !broken_ && !connection_.has_unsent() && journal_.durable(queue_.front().sequence)) {
    send(queue_.front());
    if (!note_sent(queue_.front())) return false;
    if (broken_) return true;
    queue_.pop_front();
  }
  return true;
}

void OrderGateway::send_account_query() {
  std::array<std::byte, kOrderPacketBytesMax> packet;
  write_packet({packet.data(), encode_account_query(packet.data())});
}

void OrderGateway::keep_alive() {
  if (broken_ || monotonic_ns() - last_write_ns_ < kHeartbeatNs) return;
  std::array<std::byte, soup::kHeaderBytes> packet;
  write_packet({packet.data(), soup::encode_empty(soup::PacketType::kClientHeartbeat, packet.data())});
}

void OrderGateway::write_packet(Bytes packet) {
  last_write_ns_ = monotonic_ns();
  if (!broken_ && !connection_.write(packet)) break_connection();
}

// Wakes the receiver, which then reports the end of the connection behind everything it has read.
void OrderGateway::break_connection() {
  broken_ = true;
  connection_.shut_down();
}

void OrderGateway::finish() {
  if (connection_.is_open() && !broken_) {
    std::array<std::byte, soup::kHeaderBytes> packet;
    write_packet({packet.data(), soup::encode_empty(soup::PacketType::kLogout, packet.data())});
  }
  finishing_.store(true, std::memory_order_release);
  connections_.fetch_add(1, std::memory_order_release);
  connections_.notify_one();
  connection_.shut_down();
}

void OrderGateway::receive(postmortem::EngineThread& self) {
  if (inputs_ != nullptr) hand_ = inputs_->hand(postmortem::InputKind::kExchangeMessage);
  uint32_t seen = 0;
  for (;;) {
    self.begin_wait();
    connections_.wait(seen, std::memory_order_acquire);
    self.end_wait();
    seen = connections_.load(std::memory_order_acquire);
    if (finishing_.load(std::memory_order_acquire)) return;
    read_connection(self);
    push({true, {}}, self);
  }
}

void OrderGateway::read_connection(postmortem::EngineThread& self) {
  const int fd = receiver_fd_;
  uint64_t sequence = receiver_sequence_;
  framer_.reset();
  for (int silent = 0; silent < kSilenceSlicesMax;) {
    pollfd ready{fd, POLLIN, 0};
    self.begin_wait();
    const int count = ::poll(&ready, 1, kSilenceSliceMs);
    self.end_wait();
    if (count == 0) ++silent;
    if (count <= 0) continue;
    silent = 0;
    const auto space = framer_.write_space();
    const ssize_t got = ::recv(fd, space.data(), space.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) {
      CRASHWRIGHT_LOG_WARN("the exchange closed the connection, errno {}", got < 0 ? errno : 0);
      return;
    }
    framer_.committed(static_cast<size_t>(got));
    if (!read_packets(framer_, sequence, self)) return;
  }
  CRASHWRIGHT_LOG_WARN("the exchange is silent, the connection counts as dead");
}

// False when the session is over or the stream makes no sense.
bool OrderGateway::read_packets(soup::Framer& framer, uint64_t& sequence, postmortem::EngineThread& self) {
  for (;;) {
    soup::Packet packet;
    const soup::FrameStatus status = framer.next(packet);
    if (status == soup::FrameStatus::kNeedMore) return true;
    if (status == soup::FrameStatus::kBadLength || packet.type == soup::PacketType::kEndOfSession) return false;
    self.beat();
    if (packet.type == soup::PacketType::kSequenced) on_exchange_message(packet.payload, sequence++, self);
  }
}

__attribute__((noinline)) void OrderGateway::on_exchange_message(Bytes message, uint64_t session_sequence,
                                                                 postmortem::EngineThread& self) {
  CRASHWRIGHT_FAULT_POINT_ABOUT("gateway.on_message", session_sequence);
  if (left_out(session_sequence)) return;
  if (CRASHWRIGHT_PLANTED("gateway_loses_an_answer") && session_sequence == kLostAnswer) return;
  hand_.take(session_sequence);
  postmortem::injection::swallow(postmortem::injection::PoisonSource::kExchange, session_sequence);
  const auto record = event_record(message, session_sequence);
  hand_.put_down();
  if (!record) {
    CRASHWRIGHT_LOG_ERROR("message {} of the exchange cannot be decoded ({} bytes)", session_sequence, message.size());
    return give_up_at(session_sequence);
  }
  if (undecodable_.load(std::memory_order_relaxed) != 0) return;  // behind a hole nothing can be applied
  CRASHWRIGHT_LOG_DEBUG("received {} for order {}, session {}", audit_record_type_name(record->type), record->user_ref,
                        session_sequence);
  push({false, *record}, self);
}

// A message of the exchange cannot be left out like one of the feed: what follows would stand on a hole.
bool OrderGateway::left_out(uint64_t session_sequence) {
  if (inputs_ == nullptr || !inputs_->quarantined(postmortem::InputKind::kExchangeMessage, session_sequence)) {
    return false;
  }
  CRASHWRIGHT_LOG_ERROR("message {} of the exchange is in quarantine", session_sequence);
  postmortem::injection::spare(postmortem::injection::PoisonSource::kExchange, session_sequence);
  give_up_at(session_sequence);
  return true;
}

void OrderGateway::give_up_at(uint64_t session_sequence) {
  uint64_t none = 0;
  undecodable_.compare_exchange_strong(none, session_sequence);
  connection_.shut_down();
}

void OrderGateway::push(const GatewayEvent& event, postmortem::EngineThread& self) {
  IdleBackoff backoff;
  while (!events_.push(event)) {
    if (finishing_.load(std::memory_order_acquire)) return;
    self.beat();
    backoff.wait();
  }
}

}  // namespace crashwright::mock_engine
