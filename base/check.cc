#include "base/check.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace crashwright {
namespace {

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

}  // namespace crashwright
