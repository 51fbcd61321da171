// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/core_self_text.h"

#include <fcntl.h>

#include "postmortem/signal_safe.h"

namespace crashwright::postmortem::core_self {

size_t read_at(int folder_fd, const char* path, char* text, size_t capacity) noexcept {
  const long fd = ::syscall(SYS_openat, folder_fd, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const long got = ::syscall(SYS_read, fd, text, capacity);
  ::syscall(SYS_close, fd);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

void put_task_path(char* path, size_t capacity, uint32_t tid, const char* rest) noexcept {
  char digits[12];
  size_t first = sizeof digits - 1;
  digits[first] = '\0';
  do {
    digits[--first] = static_cast<char>('0' + tid % 10);
    tid /= 10;
  } while (tid != 0);
  const size_t size = signal_safe::copy_text(path, capacity, digits + first);
  signal_safe::copy_text(path + size, capacity - size, rest);
}

const char* find_text(const char* at, const char* end, const char* word, size_t size) noexcept {
  for (; at + size <= end; ++at) {
    size_t same = 0;
    while (same < size && at[same] == word[same]) ++same;
    if (same == size) return at;
  }
  return nullptr;
}

uint64_t take_hex(const char*& at, const char* end) noexcept {
  uint64_t value = 0;
  for (; at < end; ++at) {
    const char c = *at;
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) break;
    value = value * 16 + static_cast<uint64_t>(digit);
  }
  return value;
}

}  // namespace crashwright::postmortem::core_self
