// A child that really crashes, or really ends in order: before any verdict the harness shows that it can tell the two
// apart on this machine.
//
// The canary is forked from this process and executes nothing else, so it works whatever is installed. It waits for
// go() and then meets its fate in its folder. Start one with the kit while no other thread of this process is busy.
// Threads: one owner, the thread that forked it. Errors: kEnvironment when no child can be started.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::harness {

class Canary {
 public:
  enum class Fate {
    kCrash,
    kEnd,
    kCrashWithKit,  // with the crash handler installed: its record is crash.rec, its own core core.PID
  };

  // `core_limited`: with RLIMIT_CORE zero, as where no kernel core is to be had.
  [[nodiscard]] static Result<Canary> start(const std::string& folder, Fate fate, bool core_limited);
  Canary(Canary&&) = default;
  Canary& operator=(Canary&&) = delete;
  ~Canary();

  [[nodiscard]] int32_t pid() const { return pid_; }
  void go() { go_.reset(); }
  // The wait status; `each_round` is called about every 0.2 ms until then. Kills a canary that takes seconds.
  [[nodiscard]] Result<int> wait(const std::function<void()>& each_round);

 private:
  Canary(int32_t pid, UniqueFd go) : pid_(pid), go_(std::move(go)) {}

  int32_t pid_;
  UniqueFd go_;
};

}  // namespace crashwright::harness
