#include "base/check.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace crashwright {
namespace {

FailedCheck g_failed{};
std::atomic<int> g_state{0};  // 0 none, 1 being written, 2 there

void remember(const FailedCheck& check) noexcept {
  int expected = 0;
  if (!g_state.compare_exchange_strong(expected, 1)) return;
  g_failed = check;
  g_state.store(2, std::memory_order_release);
}

void put(const char* text) {
  const size_t size = std::strlen(text);
  if (::write(STDERR_FILENO, text, size) < 0) return;
}

void put_number(int value) {
  char digits[12];
  char* cursor = digits + sizeof digits;
  *--cursor = '\0';
  do {
    *--cursor = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  put(cursor);
}

}  // namespace

void check_failed(const char* expression, const char* why, const char* file, int line) noexcept {
  remember({expression, why, file, line});
  put(file);
  put(":");
  put_number(line);
  put(": check failed: ");
  put(expression);
  put(" (");
  put(why);
  put(")\n");
  std::abort();
}

const FailedCheck* failed_check() noexcept {
  return g_state.load(std::memory_order_acquire) == 2 ? &g_failed : nullptr;
}

}  // namespace crashwright
