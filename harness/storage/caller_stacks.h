// Where in its program a thread stands that asks the file system, taken at the moment of the request.
//
// The thread waits in its system call meanwhile: /proc/TID/syscall says where, process_vm_readv reads its stack. Each
// distinct place is written down once; which function and line it is, is worked out after the run
// (harness/storage/explore/call_places.h).
// Threads: one owner at a time (the core's lock). Errors: none after create(): what cannot be seen (another user's
//          process, write-back by the kernel, a thread that submitted to io_uring and went on) has no place.
// Cost: four system calls per operation, so only where it is asked for.
// Format: storage_record_format.md
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::harness {

class CallerStacks {
 public:
  // Places go into a file of the existing `record_folder`.
  [[nodiscard]] static Result<CallerStacks> create(const std::string& record_folder);

  // The number of the place where `tid` of `pid` stands now, from 1 on; 0: not to be seen, or too many places.
  [[nodiscard]] uint16_t place(pid_t pid, pid_t tid);

 private:
  struct Range {
    uint64_t begin;
    uint64_t end;
  };
  struct Process {
    std::vector<Range> code;
    std::string mappings;  // the lines of files
  };
  static constexpr size_t kStackBytes = 8 * 1024;

  explicit CallerStacks(UniqueFd file) : file_(std::move(file)) {}
  const Process& process_of(pid_t pid, uint64_t pc);
  [[nodiscard]] size_t read_stack(pid_t pid, uint64_t from);
  [[nodiscard]] uint64_t key_of(const Process& process, uint64_t pc, size_t stack_bytes) const;
  [[nodiscard]] bool write_down(uint16_t number, const Process& process, uint64_t pc, uint64_t stack_pointer,
                                size_t stack_bytes);

  UniqueFd file_;
  std::unordered_map<pid_t, Process> processes_;
  std::unordered_map<uint64_t, uint16_t> places_;
  std::array<uint64_t, kStackBytes / sizeof(uint64_t)> stack_{};
};

}  // namespace crashwright::harness
