#include "postmortem/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace crashwright::postmortem {
namespace {

long futex(std::atomic<uint32_t>& word, int operation, uint32_t value, const timespec* timeout) noexcept {
  return ::syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), operation, value, timeout, nullptr, 0);
}

}  // namespace

void futex_wait(std::atomic<uint32_t>& word, uint32_t expected, std::chrono::nanoseconds timeout) noexcept {
  constexpr int64_t kSecond = 1'000'000'000;
  timespec limit{};
  limit.tv_sec = timeout.count() / kSecond;
  limit.tv_nsec = timeout.count() % kSecond;
  futex(word, FUTEX_WAIT_PRIVATE, expected, timeout.count() < 0 ? nullptr : &limit);
}

void futex_wake_all(std::atomic<uint32_t>& word) noexcept { futex(word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr); }

}  // namespace crashwright::postmortem
