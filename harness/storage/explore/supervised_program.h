// A program together with everything that it starts: whatever of it still lives at the end is found and killed, a
// process that was orphaned, left its group or cleared its environment too.
//
// A process of its own stands between this one and the program and adopts its orphans, so that several may run at once
// in one harness and nobody else's children are touched. It dies with the thread that started it, and the program with
// it.
// Threads: one owner, the thread that started it. Errors: kUsage when there is no such program.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::harness {

struct SupervisedCommand {
  std::vector<std::string> argv;
  std::string folder;                    // where it runs
  std::vector<std::string> environment;  // entries beside those of this process
  int output = -1;                       // its standard output; standard input is empty, standard error is inherited
  int handed_on = -1;                    // one more descriptor that it inherits under the same number; -1: none
  int call_watch = -1;                   // CallWatch::program_end(); -1: nobody watches its calls
};

class SupervisedProgram {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SupervisedProgram>> start(const SupervisedCommand& command);
  ~SupervisedProgram();  // kills what still lives
  SupervisedProgram(const SupervisedProgram&) = delete;
  SupervisedProgram& operator=(const SupervisedProgram&) = delete;

  // Until the program itself has ended, or something comes out of `cut_off` (-1: nothing does); false when `patience`
  // was over, or the run was interrupted, before that.
  [[nodiscard]] bool wait(std::chrono::milliseconds patience, int cut_off = -1);
  // Nothing of it runs any more when this returns, though what sits in a system call ends only with it.
  void kill();
  // Kills what still lives and gives the wait status of the program itself.
  [[nodiscard]] Result<int> end();

 private:
  SupervisedProgram(pid_t supervisor, UniqueFd control, UniqueFd report)
      : supervisor_(supervisor), control_(std::move(control)), report_(std::move(report)) {}

  pid_t supervisor_;
  UniqueFd control_;  // closed: the supervisor ends everything
  UniqueFd report_;   // readable: the program has ended
};

}  // namespace crashwright::harness
