#include "mock_engine/feed_handler.h"

#include <algorithm>
#include <cstring>
#include <ctime>

#include "base/clock.h"
#include "mock_engine/idle_backoff.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/injection.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::InputKind;
using postmortem::injection::InputFault;
using postmortem::injection::PoisonSource;

constexpr size_t kEventsMax = 4096;
constexpr size_t kMessageBytesMax = 64;
constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kNapNsMax = 20'000'000;

// One overload per message that means something for a book.
struct BookEventMaker {
  BookEvent& event;

  void common(const itch::Header& header) const {
    event.locate = header.stock_locate;
    event.time_ns = header.timestamp_ns;
  }
  void name(const Symbol& symbol) const { std::memcpy(event.symbol, symbol.bytes, sizeof event.symbol); }
  void reduce(uint64_t order_id, uint32_t shares) const {
    event.type = BookEventType::kReduce;
    event.order_id = order_id;
    event.shares = shares;
  }

  void operator()(const itch::AddOrder& message) const {
    common(message.header);
    name(message.stock);
    event.type = BookEventType::kAdd;
    event.order_id = message.order_reference;
    event.side = message.side;
    event.shares = message.shares;
    event.price_ticks = message.price_ticks;
  }
  void operator()(const itch::OrderExecuted& message) const {
    common(message.header);
    reduce(message.order_reference, message.executed_shares);
  }
  void operator()(const itch::OrderExecutedWithPrice& message) const {
    common(message.header);
    reduce(message.order_reference, message.executed_shares);
  }
  void operator()(const itch::OrderCancel& message) const {
    common(message.header);
    reduce(message.order_reference, message.cancelled_shares);
  }
  void operator()(const itch::OrderDelete& message) const {
    common(message.header);
    event.type = BookEventType::kDelete;
    event.order_id = message.order_reference;
  }
  void operator()(const itch::OrderReplace& message) const {
    common(message.header);
    event.type = BookEventType::kReplace;
    event.order_id = message.original_order_reference;
    event.new_order_id = message.new_order_reference;
    event.shares = message.shares;
    event.price_ticks = message.price_ticks;
  }
  void operator()(const itch::StockDirectory& message) const {
    common(message.header);
    name(message.stock);
    event.type = BookEventType::kDirectory;
  }
  void operator()(const itch::SystemEvent& message) const { common(message.header); }
  void operator()(const itch::TradingAction& message) const { common(message.header); }
  void operator()(const itch::Trade& message) const { common(message.header); }
  void operator()(const itch::CrossTrade& message) const { common(message.header); }
};

}  // namespace

FeedHandler::FeedHandler(std::unique_ptr<FeedSource> source, uint64_t rate, uint64_t paced_after, TickToOrder* latency,
                         postmortem::InputGuard* inputs)
    : source_(std::move(source)),
      rate_(rate),
      paced_after_(paced_after),
      latency_(latency),
      inputs_(inputs),
      events_(kEventsMax) {}

void FeedHandler::run(postmortem::EngineThread& self) {
  if (inputs_ != nullptr) hand_ = inputs_->hand(InputKind::kFeedMessage);
  itch::FeedMessage message;
  BookEvent event;
  itch::ReadState state;
  while ((state = source_->next(message)) == itch::ReadState::kMessage && !stopping()) {
    self.beat();
    if (rate_ != 0 && message.sequence > paced_after_) pace(message.sequence, self);
    if (latency_ != nullptr) latency_->tick(message.sequence);
    if (!on_message(message, event)) retake(message, event);
    hand_over(event, self);
  }
  if (state == itch::ReadState::kDamaged) failure_ = source_->error().message;
  finished_.store(true, std::memory_order_release);
}

void FeedHandler::hand_over(const BookEvent& event, postmortem::EngineThread& self) {
  IdleBackoff backoff;
  while (!events_.push(event) && !stopping()) {
    self.beat();
    backoff.wait();
  }
}

__attribute__((noinline)) bool FeedHandler::on_message(const itch::FeedMessage& message, BookEvent& event) {
  CRASHWRIGHT_FAULT_POINT("feed.message");
  event = {};
  event.sequence = message.sequence;
  const InputFault fault = postmortem::injection::take_input_fault();
  if (fault == InputFault::kGap) return CRASHWRIGHT_PLANTED("feed_gap_ignored");
  if (left_out(message.sequence)) return true;
  std::byte damaged[kMessageBytesMax];
  Bytes bytes = message.bytes;
  if (fault == InputFault::kMalformed && bytes.size() <= sizeof damaged) {
    std::memcpy(damaged, bytes.data(), bytes.size());
    damaged[0] = std::byte{0xff};
    bytes = {damaged, bytes.size()};
  }
  hand_.take(message.sequence);
  postmortem::injection::swallow(PoisonSource::kFeed, message.sequence);
  const itch::DecodeStatus status = itch::decode(bytes, BookEventMaker{event});
  hand_.put_down();
  if (status == itch::DecodeStatus::kDecoded || status == itch::DecodeStatus::kNotDecoded) return true;
  if (fault == InputFault::kMalformed && !CRASHWRIGHT_PLANTED("malformed_message_skipped")) return false;
  ++undecodable_;
  CRASHWRIGHT_LOG_WARN("feed message {} cannot be decoded ({}), {} so far", message.sequence,
                       itch::decode_status_name(status), undecodable_);
  return true;
}

// What comes the second time is what the feed has: a message that still makes no sense counts as undecodable.
void FeedHandler::retake(const itch::FeedMessage& message, BookEvent& event) {
  CRASHWRIGHT_LOG_WARN("feed message {} did not arrive as one, asked for again", message.sequence);
  const itch::DecodeStatus status = itch::decode(message.bytes, BookEventMaker{event});
  if (status != itch::DecodeStatus::kDecoded && status != itch::DecodeStatus::kNotDecoded) ++undecodable_;
}

bool FeedHandler::left_out(uint64_t sequence) {
  if (inputs_ == nullptr || !inputs_->quarantined(InputKind::kFeedMessage, sequence)) return false;
  CRASHWRIGHT_LOG_ERROR("feed message {} is in quarantine and left out", sequence);
  postmortem::injection::spare(PoisonSource::kFeed, sequence);
  return true;
}

// Sleeps until the message is due, in slices short enough for the watchdog.
void FeedHandler::pace(uint64_t sequence, postmortem::EngineThread& self) {
  if (paced_since_ns_ == 0) paced_since_ns_ = monotonic_ns();
  const uint64_t due_ns = paced_since_ns_ + (sequence - paced_after_ - 1) * kSecondNs / rate_;
  for (uint64_t now_ns = monotonic_ns(); now_ns < due_ns && !stopping(); now_ns = monotonic_ns()) {
    const timespec nap{0, static_cast<long>(std::min(due_ns - now_ns, kNapNsMax))};
    ::nanosleep(&nap, nullptr);
    self.beat();
  }
}

}  // namespace crashwright::mock_engine
