// Who asks the file system: the kernel names the thread, the record names the process too.
//
// Threads: one owner at a time (the core's lock). Errors: none; a thread that is gone already has process 0.
#pragma once

#include <sys/types.h>

#include <unordered_map>

namespace crashwright::harness {

struct Caller {
  pid_t tid = 0;  // 0: the kernel itself, writing back
  uid_t uid = 0;
  gid_t gid = 0;
};

class CallerTable {
 public:
  // The process of thread `tid`, remembered.
  [[nodiscard]] pid_t process_of(pid_t tid);

 private:
  std::unordered_map<pid_t, pid_t> processes_;
};

}  // namespace crashwright::harness
