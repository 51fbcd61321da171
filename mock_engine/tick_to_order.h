// Tick to order: how long a feed message took to become the order that it caused, measured inside the engine.
//
// From the moment at which the feed thread takes the message, through book, strategy, risk gate and the audit log's
// durability, to the moment at which the order's bytes are with the socket. Orders that a restart repeats are not
// counted: their message was taken in an earlier life.
//
// Threads: tick() on the feed thread, order() on trading, results once both have ended; the hand-over of the message
//          itself orders the two. Errors: none; messages beyond the number announced are not measured.
// Cost:    one clock reading and one store for a message, the same for an order. Signal context: no.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace crashwright::mock_engine {

class TickToOrder {
 public:
  explicit TickToOrder(uint64_t messages_max) : taken_ns_(messages_max + 1) { durations_ns_.reserve(messages_max + 1); }

  void tick(uint64_t feed_sequence) {
    if (feed_sequence < taken_ns_.size()) taken_ns_[feed_sequence] = monotonic_ns();
  }
  void order(uint64_t feed_sequence) {
    if (feed_sequence >= taken_ns_.size() || taken_ns_[feed_sequence] == 0) return;
    if (durations_ns_.size() < durations_ns_.capacity()) {
      durations_ns_.push_back(monotonic_ns() - taken_ns_[feed_sequence]);
    }
  }
  // In the order of the orders.
  [[nodiscard]] const std::vector<uint64_t>& durations_ns() const { return durations_ns_; }

 private:
  std::vector<uint64_t> taken_ns_;  // by feed sequence; zero: not taken here
  std::vector<uint64_t> durations_ns_;
};

}  // namespace crashwright::mock_engine
