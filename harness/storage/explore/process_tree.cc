#include "harness/storage/explore/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"

namespace crashwright::harness {
namespace {

constexpr size_t kPathBytesMax = 64;
constexpr size_t kReadBytes = 1024;
constexpr size_t kChildrenAtOnce = 32;

// "before" NUMBER "behind", with its final zero.
using Path = std::array<char, kPathBytesMax>;
Path path_with(std::string_view before, pid_t number, std::string_view behind) noexcept {
  Path path{};
  std::memcpy(path.data(), before.data(), before.size());
  char* const end = std::to_chars(path.data() + before.size(), path.data() + path.size(), number).ptr;
  std::memcpy(end, behind.data(), behind.size());
  return path;
}

ssize_t read_some(int fd, std::span<char> into) noexcept {
  ssize_t got = -1;
  do {
    got = ::read(fd, into.data(), into.size());
  } while (got < 0 && errno == EINTR);
  return got;
}

// Calls `see(pid)` for each number of the file, until it says false; false then.
template <typename See>
bool each_number(int fd, See see) noexcept {
  std::array<char, kReadBytes> text;
  pid_t number = 0;
  for (ssize_t got = read_some(fd, text); got > 0; got = read_some(fd, text)) {
    for (const char c : std::span(text).first(static_cast<size_t>(got))) {
      if (c >= '0' && c <= '9') {
        number = number * 10 + (c - '0');
      } else if (number != 0 && !see(std::exchange(number, 0))) {
        return false;
      }
    }
  }
  return number == 0 || see(number);
}

// Calls `see(pid)` for each child, until it says false: each thread has its own.
template <typename See>
void each_child(pid_t parent, See see) noexcept {
  const UniqueFd tasks(::open(path_with("/proc/", parent, "/task").data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  alignas(dirent64) std::array<char, kReadBytes> entries;
  for (ssize_t got = 0; tasks && (got = ::getdents64(tasks.get(), entries.data(), entries.size())) > 0;) {
    for (ssize_t at = 0; at < got;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      at += entry->d_reclen;
      pid_t thread = 0;
      const std::string_view name(entry->d_name);
      if (std::from_chars(name.begin(), name.end(), thread).ec != std::errc()) continue;
      const UniqueFd children(::openat(tasks.get(), path_with("", thread, "/children").data(), O_RDONLY | O_CLOEXEC));
      if (children && !each_number(children.get(), see)) return;
    }
  }
}

}  // namespace

size_t children_of(pid_t parent, pid_t after, std::span<pid_t> room) noexcept {
  size_t count = 0;
  bool behind = after == 0;
  each_child(parent, [&](pid_t child) {
    if (behind && count < room.size()) room[count++] = child;
    behind = behind || child == after;
    return count < room.size();
  });
  return behind ? count : children_of(parent, 0, room);
}

void kill_below(pid_t root) noexcept {
  std::array<pid_t, kChildrenAtOnce> some;
  size_t count = children_of(root, 0, some);
  while (count > 0) {
    for (const pid_t child : std::span(some).first(count)) kill_tree(child);
    count = count < some.size() ? 0 : children_of(root, some[count - 1], some);
  }
}

void kill_tree(pid_t root) noexcept {
  ::kill(root, SIGSTOP);
  kill_below(root);
  ::kill(root, SIGKILL);
}

}  // namespace crashwright::harness
