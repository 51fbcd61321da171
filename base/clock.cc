#include "base/clock.h"

#include <ctime>

namespace crashwright {
namespace {

uint64_t read_clock(clockid_t id) noexcept {
  timespec now{};
  ::clock_gettime(id, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

uint64_t monotonic_ns() noexcept { return read_clock(CLOCK_MONOTONIC); }
uint64_t wall_ns() noexcept { return read_clock(CLOCK_REALTIME); }

std::chrono::nanoseconds Deadline::remaining() const noexcept {
  const uint64_t now_ns = monotonic_ns();
  return std::chrono::nanoseconds(now_ns >= at_ns_ ? 0 : at_ns_ - now_ns);
}

}  // namespace crashwright
