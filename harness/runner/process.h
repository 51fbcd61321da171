// One child process: its own process group, working folder, output files and limits; ended at the latest with its
// owner.
//
// Threads: one owner. The child dies with the *thread* that spawned it (PR_SET_PDEATHSIG), so spawn from a thread that
//          outlives it.
// Errors:  spawn() reports what failed in the child before exec as if it had failed here (kUsage for a program that
//          does not exist, kEnvironment for missing permission).
// Output:  goes to files, which are kept below about 2 x `output_bytes_max` by bound_output(): the beginning and the
//          latest end stay, what was between is cut and the cut is marked.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::harness {

inline constexpr uint64_t kChildOutputBytesMax = 4 << 20;

struct ChildOptions {
  std::vector<std::string> argv;  // argv[0] is the path of the program
  std::string working_folder;
  std::string stdout_path;
  std::string stderr_path;
  // "NAME=value", replacing what is inherited; "NAME" alone removes it.
  std::vector<std::string> environment;
  std::vector<int> inherited_fds;                     // stay open under the same number
  std::string cgroup_procs;                           // cgroup.procs file to join before exec; empty: none
  std::optional<uint64_t> address_space_limit_bytes;  // RLIMIT_AS
  bool kernel_core = true;     // false: the hard limit of RLIMIT_CORE forbids it; true: as high as allowed
  bool ptrace_allowed = true;  // false: a seccomp filter forbids it to the child and its children
  uint64_t output_bytes_max = kChildOutputBytesMax;  // per file
  // Called in the parent while the child stands right before exec: whatever it sets up holds for the whole life of the
  // program. When it fails the child is not started.
  std::function<Status(int32_t pid)> before_exec;
};

// Cuts a file of output that has grown beyond 2 x `bytes_max` behind its first `bytes_max` bytes, and says so there.
void bound_output_file(int fd, uint64_t bytes_max);

// How a process ended.
struct ChildEnd {
  int32_t wait_status = 0;  // as of waitpid(2)
  uint64_t ended_ns = 0;    // CLOCK_MONOTONIC, when it was reaped
  uint64_t cpu_time_ns = 0;
  uint64_t max_rss_bytes = 0;
  uint64_t address_space_limit_bytes = 0;  // RLIMIT_AS it died with, 0: none

  [[nodiscard]] bool by_signal() const;
  [[nodiscard]] bool exited_with(int code) const;
};

// "exit status 3", "SIGSEGV", "SIGABRT (core dumped)".
[[nodiscard]] std::string describe_wait_status(int32_t wait_status);

class Child {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Child>> spawn(const ChildOptions& options);
  // Kills and reaps what still lives.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int32_t pid() const { return pid_; }
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }  // poll(2): readable once it has ended
  [[nodiscard]] uint64_t started_ns() const { return started_ns_; }
  [[nodiscard]] uint64_t start_time() const { return start_time_; }  // proc_info.h
  // False when it has ended already.
  bool send_signal(int number) const;
  // Waits for the end and reaps; empty when `timeout` is over first. Afterwards the same answer again.
  [[nodiscard]] std::optional<ChildEnd> wait(std::chrono::nanoseconds timeout);
  // Cuts output files that have grown too long.
  void bound_output() const;

 private:
  Child() = default;
  void reap();
  [[nodiscard]] Status await_exec(const UniqueFd& report, const std::string& program);

  int32_t pid_ = 0;
  UniqueFd pidfd_;
  UniqueFd stdout_;
  UniqueFd stderr_;
  uint64_t output_bytes_max_ = 0;
  uint64_t started_ns_ = 0;
  uint64_t start_time_ = 0;
  std::optional<ChildEnd> end_;
};

}  // namespace crashwright::harness
