// The fault zoo: many small bugs with a known cause and a known function to blame.
//
// Each enclosure (memory.cc, checks.cc, threads.cc, sanitized.cc, surroundings.cc) lists its bugs. zoo.py builds the
// program in many ways, lets every bug kill it, and asks the autopsy. The functions to blame are members of small
// classes and never inlined, small accessors in them always are, as in an engine.
// Threads: as the bug wants it. Errors: a bug that does not end the process makes the program end with 0.
#pragma once

#include <span>

namespace zoo {

struct Bug {
  const char* name;
  const char* cause;     // names of rca/cause.h
  const char* function;  // to blame
  const char* flavours;  // in which builds it shows: "plain asan ubsan tsan msan"
  void (*commit)();
};

[[nodiscard]] std::span<const Bug> memory_bugs();
[[nodiscard]] std::span<const Bug> check_bugs();
[[nodiscard]] std::span<const Bug> thread_bugs();
[[nodiscard]] std::span<const Bug> sanitized_bugs();
[[nodiscard]] std::span<const Bug> surroundings_bugs();

// Hides a value from the optimiser.
template <typename T>
[[gnu::noinline]] T opaque(T value) {
  asm volatile("" : "+r"(value) : : "memory");
  return value;
}

}  // namespace zoo
