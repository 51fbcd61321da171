// One program called again and again: its words and its environment are made once, its output is caught in memory.
//
// A call has its own process group, dies with the calling thread, gets no input, and leaves neither a core nor anything
// of its group running. Standard output and standard error come back together, their beginning at least.
// Threads: one owner. Errors: run() when no process can be had; how the program ended is an answer.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::harness {

inline constexpr int kProgramNotStarted = 127;  // exit status when there is no such program

struct ProgramEnd {
  pid_t pid = 0;
  bool in_time = true;  // false: it was killed for taking too long
  int wait_status = 0;  // as of waitpid(2)
  std::string output;

  [[nodiscard]] bool exited_with(int status) const;
};

class ProgramCall {
 public:
  // `environment` as in environment.h.
  ProgramCall(std::vector<std::string> argv, const std::vector<std::string>& environment,
              std::chrono::milliseconds patience);
  ProgramCall(const ProgramCall&) = delete;
  ProgramCall& operator=(const ProgramCall&) = delete;

  // From now on the program sees its working folder at `stage`, an existing folder: it gets mounts of its own. Empty:
  // where it is. Needs the right to mount; without it the program is not started.
  void appear_at(std::string stage) { stage_ = std::move(stage); }
  // Once, with `folder` as its working folder.
  [[nodiscard]] Result<ProgramEnd> run(const std::string& folder);
  // "took longer than 30000 ms", "died of Segmentation fault", "ended with exit status 3"
  [[nodiscard]] std::string describe(const ProgramEnd& end) const;
  [[nodiscard]] const std::string& program() const { return argv_.front(); }

 private:
  [[noreturn]] void become(const char* folder) const;
  [[nodiscard]] bool await(pid_t pid) const;
  [[nodiscard]] std::string take_output() const;

  std::vector<std::string> argv_;
  std::vector<std::string> environment_;
  std::vector<char*> argv_pointers_;
  std::vector<char*> environment_pointers_;
  std::chrono::milliseconds patience_;
  std::string stage_;
  UniqueFd output_;
};

}  // namespace crashwright::harness
