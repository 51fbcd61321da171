#include "postmortem/batch_pipeline.h"

#include <liburing.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kSectorBytes = 512;
constexpr int kFruitlessAttemptsMax = 64;  // a device that takes nothing 64 times in a row takes nothing

timespec to_timespec(std::chrono::nanoseconds time) {
  return {static_cast<time_t>(time.count() / 1'000'000'000), static_cast<long>(time.count() % 1'000'000'000)};
}

class PlainPipeline final : public BatchPipeline {
 public:
  PlainPipeline(int fd, Durability durability, bool direct, UniqueFd wake_fd)
      : BatchPipeline(fd, durability, direct, std::move(wake_fd)) {}

  void sleep(std::chrono::nanoseconds timeout) override {
    pollfd woken{wake_fd(), POLLIN, 0};
    const timespec limit = to_timespec(timeout);
    if (::ppoll(&woken, 1, timeout.count() < 0 ? nullptr : &limit, nullptr) <= 0) return;
    uint64_t count = 0;
    static_cast<void>(::read(wake_fd(), &count, sizeof count));
  }
  [[nodiscard]] bool completed() const noexcept override { return false; }

 protected:
  void submit(size_t number, bool sync) override { write_here(place(number), sync); }
  void collect() override {}
};

class RingPipeline final : public BatchPipeline {
 public:
  RingPipeline(int fd, Durability durability, bool direct, UniqueFd wake_fd)
      : BatchPipeline(fd, durability, direct, std::move(wake_fd)) {}
  // What is under way still reads the owner's buffers: waits for it.
  ~RingPipeline() override {
    if (!usable_) return;
    for (size_t number = 0; number <= kUnderWayMax; ++number) {
      while (place(number).pending > 0) {
        sleep(std::chrono::nanoseconds(-1));
        collect();
      }
    }
    ::io_uring_queue_exit(&ring_);
  }
  // The file is not registered with the ring: a registered one would keep its locks beyond the death of the process.
  [[nodiscard]] bool begin() {
    usable_ = ::io_uring_queue_init(kEntries, &ring_, 0) == 0;
    return usable_;
  }

  void sleep(std::chrono::nanoseconds timeout) override {
    if (!listening_) {
      io_uring_sqe* const listen = ::io_uring_get_sqe(&ring_);
      ::io_uring_prep_read(listen, wake_fd(), &woken_, sizeof woken_, 0);
      listen->user_data = kWoken;
      listening_ = true;
    }
    io_uring_cqe* completion = nullptr;
    const timespec limit = to_timespec(timeout);
    __kernel_timespec kernel_limit{limit.tv_sec, limit.tv_nsec};
    ::io_uring_submit_and_wait_timeout(&ring_, &completion, 1, timeout.count() < 0 ? nullptr : &kernel_limit, nullptr);
  }
  [[nodiscard]] bool completed() const noexcept override { return ::io_uring_cq_ready(&ring_) > 0; }

 protected:
  void submit(size_t number, bool sync) override {
    Place& place = this->place(number);
    io_uring_sqe* const write = ::io_uring_get_sqe(&ring_);
    ::io_uring_prep_write(write, place.fd, place.rest.data(), static_cast<unsigned>(place.rest.size()), place.offset);
    write->user_data = number << 1;
    place.pending = 1;
    if (sync && direct()) write->rw_flags = RWF_DSYNC;
    if (sync && !direct()) {
      write->flags |= IOSQE_IO_LINK;
      io_uring_sqe* const flush = ::io_uring_get_sqe(&ring_);
      ::io_uring_prep_fsync(flush, place.fd, IORING_FSYNC_DATASYNC);
      flush->user_data = (number << 1) | 1;
      place.pending = 2;
    }
    hand_over(number);
  }

  void collect() override {
    io_uring_cqe* completion = nullptr;
    while (::io_uring_peek_cqe(&ring_, &completion) == 0) {
      const uint64_t key = completion->user_data;
      const int result = completion->res;
      ::io_uring_cqe_seen(&ring_, completion);
      if (key == kWoken) {
        listening_ = false;
        continue;
      }
      Place& place = this->place(key >> 1);
      if ((key & 1) == 0) place.written = result;
      if ((key & 1) != 0) place.synced = result;
      --place.pending;
    }
  }

 private:
  static constexpr unsigned kEntries = 16;  // two of each place, one to be woken by, rounded up
  static constexpr uint64_t kWoken = ~uint64_t{0};

  // A submission that the kernel refuses is an error of the write; one it cannot take yet is handed over again.
  void hand_over(size_t number) {
    for (;;) {
      const int count = ::io_uring_submit(&ring_);
      if (count >= 0 && ::io_uring_sq_ready(&ring_) == 0) return;
      if (count >= 0 || count == -EINTR || count == -EAGAIN || count == -EBUSY) continue;
      place(number).written = count;
      place(number).pending = 0;
      return;
    }
  }

  io_uring ring_{};
  bool usable_ = false;
  bool listening_ = false;
  uint64_t woken_ = 0;
};

}  // namespace

BatchPipeline::~BatchPipeline() = default;

Result<std::unique_ptr<BatchPipeline>> BatchPipeline::make(int fd, Durability durability, bool direct) {
  UniqueFd wake_fd(::eventfd(0, EFD_CLOEXEC));
  UniqueFd spare(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_fd || !spare) return fail_errno(errno, "eventfd");
  auto ring = std::make_unique<RingPipeline>(fd, durability, direct, std::move(wake_fd));
  if (ring->begin()) return ring;
  return std::make_unique<PlainPipeline>(fd, durability, direct, std::move(spare));
}

void BatchPipeline::wake() noexcept {
  const uint64_t one = 1;
  static_cast<void>(::write(wake_fd_.get(), &one, sizeof one));
}

bool BatchPipeline::syncs() const noexcept {
  return durability_ == Durability::kPowerLoss && !CRASHWRIGHT_PLANTED("no_fsync");
}

size_t BatchPipeline::take_place(std::span<const std::byte> bytes, uint64_t offset) noexcept {
  CRASHWRIGHT_CHECK(!full(), "a place is free");
  const size_t number = next_place();
  places_[number] = {.rest = bytes, .offset = offset, .fd = fd_};
  ++started_;
  return number;
}

void BatchPipeline::start(std::span<const std::byte> bytes, uint64_t offset) { attempt(take_place(bytes, offset)); }

Status BatchPipeline::start_here(std::span<const std::byte> bytes, uint64_t offset) {
  const size_t number = take_place(bytes, offset);
  places_[number].here = true;
  attempt(number);
  Status status;
  while (status && !places_[number].done) status = settle(number);
  return status;
}

void BatchPipeline::attempt(size_t number) {
  if (places_[number].here) {
    write_here(places_[number], syncs());
  } else {
    submit(number, syncs());
  }
}

void BatchPipeline::write_here(Place& place, bool sync) noexcept {
  const iovec bytes{const_cast<std::byte*>(place.rest.data()), place.rest.size()};
  const int flags = sync && direct_ ? RWF_DSYNC : 0;
  place.written = ::pwritev2(place.fd, &bytes, 1, static_cast<off_t>(place.offset), flags);
  if (place.written < 0) place.written = -errno;
  const bool whole = place.written == static_cast<int64_t>(place.rest.size());
  place.synced = sync && !direct_ && whole && ::fdatasync(place.fd) != 0 ? -errno : 0;
}

void BatchPipeline::start_aside(int fd, std::span<const std::byte> bytes, uint64_t offset) {
  CRASHWRIGHT_CHECK(!aside_busy(), "one write aside at a time");
  aside_started_ = true;
  places_[kUnderWayMax] = {.rest = bytes, .offset = offset, .fd = fd};
  attempt(kUnderWayMax);
}

// Again after each one that was settled: what collect() takes in meanwhile is announced by nothing else any more.
Status BatchPipeline::reap() {
  collect();
  for (bool settled = true; settled;) {
    settled = false;
    for (uint64_t i = retired_; i < started_; ++i) {
      if (auto reaped = reap_place(i % kUnderWayMax, settled); !reaped) return reaped;
    }
    if (!aside_started_) continue;
    if (auto reaped = reap_place(kUnderWayMax, settled); !reaped) return reaped;
  }
  return {};
}

Status BatchPipeline::reap_place(size_t number, bool& any_settled) {
  while (!places_[number].done && places_[number].pending == 0) {
    any_settled = true;
    if (auto settled = settle(number); !settled) return settled;
    collect();
  }
  return {};
}

// An attempt is over: done, or on with the rest, or failed for good.
Status BatchPipeline::settle(size_t number) {
  Place& place = places_[number];
  if (CRASHWRIGHT_PLANTED("audit_write_error_ignored") && (place.written < 0 || place.synced < 0)) {
    place.done = true;
    return {};
  }
  if (CRASHWRIGHT_PLANTED("audit_short_write_taken_as_whole") && place.written > 0) {
    place.done = true;
    return {};
  }
  if (place.written == static_cast<int64_t>(place.rest.size())) {
    if (place.synced < 0) return fail_errno(-place.synced, "fdatasync");
    place.done = true;
    return {};
  }
  const bool again = place.written == -EINTR || place.written == -EAGAIN || place.written >= 0;
  if (!again) return fail_errno(static_cast<int>(-place.written), "write");
  auto taken = static_cast<uint64_t>(place.written > 0 ? place.written : 0);
  if (direct_) taken -= taken % kSectorBytes;  // the rest must stay aligned; the part of a sector is written again
  place.fruitless = taken == 0 ? place.fruitless + 1 : 0;
  if (place.fruitless == kFruitlessAttemptsMax) return fail(ErrorKind::kIo, "write: the device takes no data");
  place.rest = place.rest.subspan(taken);
  place.offset += taken;
  place.written = 0;
  place.synced = 0;
  attempt(number);
  return {};
}

size_t BatchPipeline::retire() noexcept {
  size_t count = 0;
  while (retired_ < started_ && places_[retired_ % kUnderWayMax].done) {
    ++retired_;
    ++count;
  }
  return count;
}

}  // namespace crashwright::postmortem
