// The list of threads of this process, from a descriptor that was opened at install: a process that has run out of
// descriptors can be listed too. Compiled without sanitizers (CMakeLists.txt).
// Signal context: all but open_thread_list().
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "postmortem/control_block.h"
#include "postmortem/core_self_text.h"
#include "postmortem/crash_state.h"
#include "postmortem/crash_threads.h"

namespace crashwright::postmortem::crash {
namespace {

// As the kernel writes it.
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[1];
};

int g_task_fd = -1;
alignas(8) char g_entries[8192];

// 0 for a name that is no number.
uint32_t number_of(const char* name) noexcept {
  uint32_t number = 0;
  for (; *name >= '0' && *name <= '9'; ++name) number = number * 10 + static_cast<uint32_t>(*name - '0');
  return *name == '\0' ? number : 0;
}

// "<number>/comm"
void comm_path(uint32_t number, char* path) noexcept {
  char digits[10];
  size_t count = 0;
  for (; number > 0; number /= 10) digits[count++] = static_cast<char>('0' + number % 10);
  while (count > 0) *path++ = digits[--count];
  signal_safe::copy_bytes(path, "/comm", 6);
}

// What the thread was registered as: good when there is no descriptor left.
void take_registered_name(uint32_t tid, BoundedString<16>& name) noexcept {
  for (const ThreadWitness& thread : control_block().threads) {
    if (thread.tid.load(std::memory_order_relaxed) != tid) continue;
    signal_safe::copy_bytes(name.bytes, thread.name.bytes, sizeof name.bytes - 1);
  }
}

void add(std::span<CapturedThread> table, uint32_t found, uint32_t tid) noexcept {
  if (found >= table.size()) return;
  table[found].tid = tid;
  table[found].state.store(crash_format::ThreadState::kSilent, std::memory_order_relaxed);
}

}  // namespace

Status open_thread_list() {
  UniqueFd fd(::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open /proc/self/task");
  const int high = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, kDescriptorMin);
  if (high >= 0) fd.reset(high);
  if (g_task_fd >= 0) ::close(g_task_fd);
  g_task_fd = fd.release();
  return {};
}

uint32_t list_threads(std::span<CapturedThread> table, uint32_t owner_tid) noexcept {
  uint32_t found = 0;
  if (::syscall(SYS_lseek, g_task_fd, 0, SEEK_SET) != 0) return 0;
  for (;;) {
    const long size = ::syscall(SYS_getdents64, g_task_fd, g_entries, sizeof g_entries);
    if (size <= 0) return found;
    for (long at = 0; at < size;) {
      const auto* const entry = reinterpret_cast<const DirectoryEntry*>(g_entries + at);
      at += entry->length;
      const uint32_t tid = number_of(entry->name);
      if (tid == 0 || tid == owner_tid) continue;
      add(table, found, tid);
      ++found;
    }
  }
}

bool thread_is_over(uint32_t tid) noexcept {
  char path[32];
  char text[64];  // "TID (NAME) STATE ...", the name of 15 bytes at most
  core_self::put_task_path(path, sizeof path, tid, "/stat");
  size_t at = core_self::read_at(g_task_fd, path, text, sizeof text);
  if (at == 0) return true;
  while (at > 0 && text[at - 1] != ')') --at;
  return at > 0 && at + 1 < sizeof text && (text[at + 1] == 'Z' || text[at + 1] == 'X');
}

void read_thread_name(uint32_t tid, BoundedString<16>& name) noexcept {
  char path[24];
  comm_path(tid, path);
  signal_safe::zero_bytes(name.bytes, sizeof name.bytes);
  const long fd = ::syscall(SYS_openat, g_task_fd, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return take_registered_name(tid, name);
  const long size = ::syscall(SYS_read, fd, name.bytes, sizeof name.bytes - 1);
  ::syscall(SYS_close, fd);
  if (size > 0 && name.bytes[size - 1] == '\n') name.bytes[size - 1] = '\0';
}

}  // namespace crashwright::postmortem::crash
