// Where in its source a live thread stood when a piece of its stack was copied, worked out later.
//
// A sample has the stack pointer, the program counter and the lowest bytes of the stack, as the kernel shows them of a
// thread in a system call; the other registers are unknown. Unwinds by call frame information as far as that goes, then
// takes words of the stack that lie behind a call instruction.
// Threads: one owner. Signal context: no. Errors: what cannot be found is left out; an empty answer is no error.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rca/autopsy.h"
#include "rca/symbolizer.h"

namespace crashwright::rca {

struct StackSample {
  std::string mappings;  // of its process, as /proc/PID/maps has them; files' lines are enough
  uint64_t pc = 0;
  uint64_t stack_pointer = 0;
  std::string stack;  // from the stack pointer up
};

// Keeps what it read of programs and libraries from one sample to the next.
class SampleReader {
 public:
  SampleReader();
  ~SampleReader();
  SampleReader(const SampleReader&) = delete;
  SampleReader& operator=(const SampleReader&) = delete;

  // The frames of the program itself that have a name, innermost first; system libraries are left out.
  [[nodiscard]] std::vector<Frame> frames_of(const StackSample& sample);

 private:
  struct Process;
  std::map<std::string, std::unique_ptr<Process>> processes_;  // by mappings
};

}  // namespace crashwright::rca
