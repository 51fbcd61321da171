// Several writes of one file under way at once, first in, first out, one more aside, and a place to sleep.
//
// Through io_uring: with O_DIRECT each write carries RWF_DSYNC, otherwise it is linked to a fdatasync. Devices finish
// in any order; retire() counts the contiguous prefix only. Where io_uring is forbidden a write is done when start()
// returns. A short write goes on at the rest.
// Threads: one owner; wake() from any thread. While the owner sleeps and empty() holds, one other thread may call
//          start_here() and retire().
// Errors:  "write: <text>" or "fdatasync: <text>" from reap(); the owner then stops for good: a second sync of the same
//          pages would report success for data that is gone (Rebello et al., "Can Applications Recover from fsync
//          Failures?", USENIX ATC 2020).
// Signal context: no.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"
#include "postmortem/audit_log.h"

namespace crashwright::postmortem {

class BatchPipeline {
 public:
  static constexpr size_t kUnderWayMax = 4;

  // Borrows `fd`, for every start() until write_to() names another one. `direct`: it was opened with O_DIRECT; bytes
  // and offsets are then multiples of 4,096.
  [[nodiscard]] static Result<std::unique_ptr<BatchPipeline>> make(int fd, Durability durability, bool direct);
  BatchPipeline(const BatchPipeline&) = delete;
  BatchPipeline& operator=(const BatchPipeline&) = delete;
  virtual ~BatchPipeline();

  [[nodiscard]] bool full() const noexcept { return started_ - retired_ == kUnderWayMax; }
  [[nodiscard]] bool empty() const noexcept { return started_ == retired_; }
  // The place that the next start() takes: the owner keeps one buffer for each.
  [[nodiscard]] size_t next_place() const noexcept { return started_ % kUnderWayMax; }

  // Another file of the same kind from the next start() on; what is under way goes on where it began.
  void write_to(int fd) noexcept { fd_ = fd; }

  // `bytes` stay as they are until retired. Not when full().
  void start(std::span<const std::byte> bytes, uint64_t offset);
  // The same, but the calling thread writes and waits for the device until all is durable or an error. Fewer hands on
  // the way than through the ring, for a write that nothing could overtake in the meantime; does not touch the ring.
  [[nodiscard]] Status start_here(std::span<const std::byte> bytes, uint64_t offset);
  // Takes what has been completed; the first error.
  [[nodiscard]] Status reap();
  // How many of the oldest writes are durable; their places are free again.
  [[nodiscard]] size_t retire() noexcept;

  // One write outside the order: zeros ahead of the data. Not while aside_busy().
  void start_aside(int fd, std::span<const std::byte> bytes, uint64_t offset);
  [[nodiscard]] bool aside_busy() const noexcept { return aside_started_ && !places_[kUnderWayMax].done; }

  // Sleeps until a write completes, wake() is called or the time is over (negative: never). May return early.
  virtual void sleep(std::chrono::nanoseconds timeout) = 0;
  // There is something that reap() would take: until it does sleep() returns at once.
  [[nodiscard]] virtual bool completed() const noexcept = 0;
  void wake() noexcept;

 protected:
  struct Place {
    std::span<const std::byte> rest;  // not yet written
    uint64_t offset = 0;
    int fd = -1;
    int pending = 0;      // completions of the attempt under way
    int64_t written = 0;  // what it wrote, or a negative errno
    int synced = 0;       // 0, or a negative errno
    int fruitless = 0;
    bool here = false;  // the calling thread writes
    bool done = false;
  };

  BatchPipeline(int fd, Durability durability, bool direct, UniqueFd wake_fd)
      : fd_(fd), wake_fd_(std::move(wake_fd)), durability_(durability), direct_(direct) {}

  // Hands the rest of a place to the kernel; its completions end in completed().
  virtual void submit(size_t place, bool sync) = 0;
  virtual void collect() = 0;
  // The attempt at once, in the calling thread.
  void write_here(Place& place, bool sync) noexcept;

  [[nodiscard]] Place& place(size_t number) noexcept { return places_[number]; }
  [[nodiscard]] bool direct() const noexcept { return direct_; }
  [[nodiscard]] int wake_fd() const noexcept { return wake_fd_.get(); }

 private:
  [[nodiscard]] bool syncs() const noexcept;
  [[nodiscard]] size_t take_place(std::span<const std::byte> bytes, uint64_t offset) noexcept;
  void attempt(size_t number);
  [[nodiscard]] Status settle(size_t number);
  [[nodiscard]] Status reap_place(size_t number, bool& any_settled);

  int fd_;
  UniqueFd wake_fd_;
  const Durability durability_;
  const bool direct_;
  std::array<Place, kUnderWayMax + 1> places_;  // the last one is aside
  uint64_t started_ = 0;
  uint64_t retired_ = 0;
  bool aside_started_ = false;
};

}  // namespace crashwright::postmortem
