// Assertions that stay on in release builds, for programmer errors only.
//
// CRASHWRIGHT_CHECK(condition, "why it must hold") writes one line with file, line and expression to standard error
// and aborts. Expected failures are a Result (base/result.h), never a check.
// Signal context: yes (raw write and abort only).
#pragma once

namespace crashwright {

struct FailedCheck {
  const char* expression;
  const char* why;
  const char* file;
  int line;
};

[[noreturn]] void check_failed(const char* expression, const char* why, const char* file, int line) noexcept;

// The first check that failed in this process, null when none did: what a crash handler puts into its record.
[[nodiscard]] const FailedCheck* failed_check() noexcept;

}  // namespace crashwright

#define CRASHWRIGHT_CHECK(condition, why)                                 \
  do {                                                                    \
    if (__builtin_expect(!(condition), 0)) {                              \
      ::crashwright::check_failed(#condition, (why), __FILE__, __LINE__); \
    }                                                                     \
  } while (false)
