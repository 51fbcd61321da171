// The feed thread's work: reads messages, decodes them, and hands them to the trading thread through a ring.
//
// Every message of the feed becomes one BookEvent, also one that cannot be decoded (counted, and kOther for the book),
// so that feed sequences are the same whoever reads the feed.
// Pacing: with a rate, messages behind `paced_after` leave at that rate; those up to it (already traded in an earlier
// life of the engine) are handed over as fast as they can be taken.
// Threads: run() on the feed thread; events() is popped by the trading thread; finished(), and failure() once it is
//          true, from any.
// Gaps:    a message that did not arrive, or not as one, is asked for again (here: taken from the source once more), in
//          its place. One that kills the engine again and again is left out (postmortem/input_guard.h).
// Errors:  a feed file torn in the middle ends the feed, failure() says so. Signal context: no.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "mock_engine/book_event.h"
#include "mock_engine/feed_source.h"
#include "mock_engine/spsc_ring.h"
#include "mock_engine/tick_to_order.h"
#include "postmortem/engine_thread.h"
#include "postmortem/input_guard.h"

namespace crashwright::mock_engine {

class FeedHandler {
 public:
  // `rate`: messages per second, 0 for as fast as possible. `latency`: null when it is not measured. `inputs` may be
  // null: then nothing is ever left out.
  FeedHandler(std::unique_ptr<FeedSource> source, uint64_t rate, uint64_t paced_after, TickToOrder* latency = nullptr,
              postmortem::InputGuard* inputs = nullptr);

  void run(postmortem::EngineThread& self);
  // False when it did not arrive as a message: it has to be asked for again.
  bool on_message(const itch::FeedMessage& message, BookEvent& event);
  // Makes run() return soon.
  void request_stop() { stopping_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] SpscRing<BookEvent>& events() { return events_; }
  // True once the last message is in the ring.
  [[nodiscard]] bool finished() const { return finished_.load(std::memory_order_acquire); }
  // Empty when the feed ended in order.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void hand_over(const BookEvent& event, postmortem::EngineThread& self);
  void retake(const itch::FeedMessage& message, BookEvent& event);
  [[nodiscard]] bool left_out(uint64_t sequence);
  void pace(uint64_t sequence, postmortem::EngineThread& self);
  [[nodiscard]] bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  const std::unique_ptr<FeedSource> source_;
  const uint64_t rate_;
  const uint64_t paced_after_;
  TickToOrder* const latency_;
  uint64_t paced_since_ns_ = 0;
  postmortem::InputGuard* const inputs_;
  postmortem::InputGuard::Hand hand_;
  uint64_t undecodable_ = 0;
  SpscRing<BookEvent> events_;
  std::string failure_;  // published by finished_
  std::atomic<bool> finished_{false};
  std::atomic<bool> stopping_{false};
};

}  // namespace crashwright::mock_engine
