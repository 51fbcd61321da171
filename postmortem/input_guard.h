// Keeps an input that kills the engine from killing it for ever, and a restart that leads nowhere from being repeated
// for ever.
//
// Every thread that takes inputs says which one it has in hand. The page lies in a mapped file, so that it outlives the
// process; the crash handler marks the thread that died (set_death_mark()). The next start finds out which input was in
// that thread's hand, and counts deaths in a row at the same one. At `deaths_max` the input is quarantined: a feed
// message is left out; a message of the exchange cannot be, the engine then refuses to trade.
// A death from outside (SIGKILL, power) marks nobody and blames no input.
// Restarts: a start counts as futile until resumed(); more than `restarts_max` in a row are a restart storm. One that
//          ended in order for want of something outside (out_of_our_hands()) is not counted, and clears nothing either.
//
// Threads: open() and resumed() on one; hand() once on each thread, its Hand used there. Signal context: the mark only.
// Errors:  none that matter more than trading: without its file it remembers nothing, and works() says so.
// Durable: process death. What power takes away is counted anew.
// Format:  input_guard_format.md
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace crashwright::postmortem {

// Stored; append only.
enum class InputKind : uint32_t { kNone = 0, kFeedMessage = 1, kExchangeMessage = 2 };

struct InputGuardPage;

class InputGuard {
 public:
  struct Limits {
    uint32_t deaths_max = 3;
    uint32_t restarts_max = 8;
  };
  // What the calling thread has in hand.
  class Hand {
   public:
    explicit Hand(std::atomic<uint64_t>* input = nullptr) : input_(input) {}
    void take(uint64_t number) noexcept {
      if (input_ != nullptr) input_->store(number, std::memory_order_relaxed);
    }
    void put_down() noexcept { take(0); }

   private:
    std::atomic<uint64_t>* input_;
  };

  InputGuard(const std::string& path, const Limits& limits);
  ~InputGuard();
  InputGuard(const InputGuard&) = delete;
  InputGuard& operator=(const InputGuard&) = delete;

  [[nodiscard]] bool works() const noexcept { return page_ != nullptr; }
  [[nodiscard]] Hand hand(InputKind kind);
  [[nodiscard]] bool quarantined(InputKind kind, uint64_t number) const noexcept;

  // Starts in a row, this one included, that have not come as far as resumed(), and whether they are too many.
  [[nodiscard]] uint32_t futile_starts() const noexcept;
  [[nodiscard]] bool storm() const noexcept { return futile_starts() > limits_.restarts_max; }
  void resumed() noexcept;
  // This start ends in order because what it needs is away: tried again for as long as it is.
  void out_of_our_hands() noexcept;
  // What open() found out about the death before, one line; empty when there was none to blame an input for.
  [[nodiscard]] const std::string& finding() const noexcept { return finding_; }

 private:
  void judge_last_death();

  const Limits limits_;
  InputGuardPage* page_ = nullptr;
  std::string finding_;
};

}  // namespace crashwright::postmortem
