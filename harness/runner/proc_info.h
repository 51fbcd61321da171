// What /proc says about processes of others: state, start time, environment, mounts.
//
// Threads: any. Errors: a process that is gone is an empty optional, never an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crashwright::harness {

struct ProcessStat {
  int32_t pid = 0;
  std::string name;         // comm
  char state = '?';         // proc(5): R S D Z T t X
  uint64_t start_time = 0;  // clock ticks since boot; pid and start time together name a process for good
};

[[nodiscard]] std::optional<ProcessStat> read_process_stat(int32_t pid);
// The text of /proc/PID/stat, parsed; the name may hold spaces and parentheses.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

// Living processes (no zombies) whose environment holds the entry `mark` ("NAME=value", as it was at exec).
[[nodiscard]] std::vector<ProcessStat> find_marked_processes(std::string_view mark);

// Mount points at or below `folder`, innermost last in /proc/self/mountinfo first in the answer: the order to unmount.
[[nodiscard]] std::vector<std::string> mounts_below(const std::string& folder);

// Random identity of this boot.
[[nodiscard]] std::string boot_id();

}  // namespace crashwright::harness
