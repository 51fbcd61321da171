// How a thread of the engine waits for another one without a lock: first it spins, then it yields, then it naps.
//
// Threads: one owner. Signal context: no.
#pragma once

#include <sched.h>

#include <ctime>

namespace crashwright::mock_engine {

class IdleBackoff {
 public:
  void reset() noexcept { rounds_ = 0; }

  void wait() noexcept {
    ++rounds_;
    if (rounds_ <= kSpins) {
      __builtin_ia32_pause();
    } else if (rounds_ <= kSpins + kYields) {
      ::sched_yield();
    } else {
      const timespec nap{0, kNapNs};
      ::nanosleep(&nap, nullptr);
    }
  }

 private:
  static constexpr unsigned kSpins = 64;
  static constexpr unsigned kYields = 8;
  static constexpr long kNapNs = 50'000;
  unsigned rounds_ = 0;
};

}  // namespace crashwright::mock_engine
