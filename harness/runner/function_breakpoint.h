// A breakpoint at a function of a program that nobody prepared: stops a thread at its n-th call.
//
// The first byte of the function is replaced by int3 as soon as the program is executed, and put back for one step
// while every other thread stands still, so that no call slips past. Once it is done the program is what it was.
// Used by a tracer (crash_tracer.h), which owns the stops; works for position-independent programs too. What the
// program forks gets the original byte back and runs on.
// Threads: the tracer's. Errors: arm() tells once what is wrong with the name; after that none.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace crashwright::harness {

class FunctionBreakpoint {
 public:
  // `function` as rca/elf_function.h takes it; `thread` is the name of the only one whose calls count, empty: any.
  FunctionBreakpoint(std::string function, uint64_t call, std::string thread)
      : function_(std::move(function)), thread_(std::move(thread)), call_(call) {}

  // Looks the function up in the program that `pid`, stopped, has just executed and puts the breakpoint in.
  [[nodiscard]] Status arm(int32_t pid);
  // Puts the original byte back, for good. `tid` is a stopped thread of the program.
  void disarm(int32_t tid);
  // The same in the memory of `pid`, stopped, that the program has forked.
  void clean(int32_t pid) const;

  // `tid` has stopped for SIGTRAP: whether it was this breakpoint, disarmed meanwhile perhaps. It then stands at the
  // function's first instruction.
  [[nodiscard]] bool is_hit(int32_t tid) const;
  // Counts the call of a thread that stands at the function; true at the one that was waited for.
  [[nodiscard]] bool count(int32_t tid);
  // Lets `tid` execute the first instruction. Every other thread is stopped. False: something else came first, and is
  // left to be waited for; the same call is not counted again then.
  [[nodiscard]] bool step(int32_t tid);
  // Makes `tid`, which stands at the function, go on at address 0: to the kernel a call through a null pointer.
  [[nodiscard]] static bool jump_to_null(int32_t tid);

  [[nodiscard]] bool armed() const { return armed_; }
  [[nodiscard]] uint64_t calls() const { return calls_; }
  [[nodiscard]] const std::string& function() const { return function_; }
  [[nodiscard]] const std::string& thread() const { return thread_; }

 private:
  [[nodiscard]] bool put(int32_t tid, uint8_t byte, uint8_t* previous) const;

  std::string function_;
  std::string thread_;
  uint64_t call_;
  uint64_t calls_ = 0;
  uint64_t address_ = 0;
  uint8_t original_ = 0;
  bool armed_ = false;
  int32_t unfinished_ = 0;  // thread whose step did not come to its end
};

}  // namespace crashwright::harness
