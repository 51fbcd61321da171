#include "mock_engine/lock_holder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <sstream>
#include <string>

#include "base/file.h"

namespace crashwright::mock_engine {
namespace {

constexpr uint64_t kExiting = 0x4;  // PF_EXITING, proc(5): flags of a thread that has begun to end

// What /proc/PID/stat says, as far as it matters.
struct ProcessState {
  char state = '?';
  uint64_t flags = 0;
  uint64_t began_ticks = 0;
};

// The name in parentheses may hold anything; what follows it are the fields from the third on.
std::optional<ProcessState> read_state(pid_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat");
  const size_t behind_name = text ? text->rfind(')') : std::string::npos;
  if (behind_name == std::string::npos) return std::nullopt;
  std::istringstream fields(text->substr(behind_name + 1));
  constexpr int kFlags = 9;
  constexpr int kBegan = 22;
  ProcessState process;
  fields >> process.state;
  std::string skipped;
  for (int field = 4; field < kFlags; ++field) fields >> skipped;
  fields >> process.flags;
  for (int field = kFlags + 1; field < kBegan; ++field) fields >> skipped;
  fields >> process.began_ticks;
  return fields ? std::optional(process) : std::nullopt;
}

// A process that has been killed ends when the call returns in which it waits for its device.
bool was_killed(pid_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/status");
  if (!text) return false;
  const size_t at = text->find("\nSigPnd:\t");
  if (at == std::string::npos) return false;
  const char* const digits = text->data() + at + 9;
  uint64_t pending = 0;
  std::from_chars(digits, text->data() + text->size(), pending, 16);
  return (pending >> (SIGKILL - 1) & 1U) != 0;
}

uint64_t own_pid_namespace() {
  struct stat info {};
  return ::stat("/proc/self/ns/pid", &info) == 0 ? info.st_ino : 0;
}

}  // namespace

std::optional<LockHolder> holder_of(pid_t pid) {
  const auto process = read_state(pid);
  if (!process) return std::nullopt;
  return LockHolder{pid, process->began_ticks, own_pid_namespace()};
}

std::optional<LockHolder> read_lock_holder(int fd) {
  char text[96] = {};
  if (::pread(fd, text, sizeof text - 1, 0) <= 0) return std::nullopt;
  int pid = 0;
  LockHolder holder;
  const int read = std::sscanf(text, "%d %" SCNu64 " %" SCNu64, &pid, &holder.began_ticks, &holder.pid_namespace);
  if (read != 3 || pid <= 0) return std::nullopt;
  holder.pid = pid;
  return holder;
}

void write_lock_holder(int fd, const LockHolder& holder) {
  char text[96];
  const int size = std::snprintf(text, sizeof text, "%d %" PRIu64 " %" PRIu64 "\n", holder.pid, holder.began_ticks,
                                 holder.pid_namespace);
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text, static_cast<size_t>(size), 0) != size) return;
}

HolderLife life_of(const LockHolder& holder) {
  const uint64_t here = own_pid_namespace();
  if (here == 0 || holder.pid_namespace != here) return HolderLife::kUnknown;
  const auto process = read_state(holder.pid);
  const bool gone = !process || process->began_ticks != holder.began_ticks;
  if (gone || process->state == 'Z' || process->state == 'X' || (process->flags & kExiting) != 0) {
    return HolderLife::kDying;
  }
  return was_killed(holder.pid) ? HolderLife::kDying : HolderLife::kLiving;
}

}  // namespace crashwright::mock_engine
