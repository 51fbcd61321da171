#include "rca/cause.h"

#include <algorithm>

namespace crashwright::rca {
namespace {

constexpr Cause kCauses[] = {
    {"UNKNOWN", "UNKNOWN", "the evidence does not decide"},
    {"NULL_DEREF", "MEMORY", "access through a null pointer"},
    {"WILD_ACCESS", "MEMORY", "access to an address that is not mapped, or not in this way"},
    {"USE_AFTER_FREE", "MEMORY", "use of memory after its lifetime"},
    {"DOUBLE_FREE", "MEMORY", "the same block freed twice"},
    {"INVALID_FREE", "MEMORY", "free of what no allocator gave out, or by the wrong function"},
    {"HEAP_OVERFLOW", "MEMORY", "access beyond the bounds of a heap block"},
    {"STACK_BUFFER_OVERFLOW", "MEMORY", "access beyond the bounds of a local variable"},
    {"GLOBAL_BUFFER_OVERFLOW", "MEMORY", "access beyond the bounds of a global variable"},
    {"STACK_OVERFLOW_EXHAUSTION", "MEMORY", "the stack is used up"},
    {"UNINITIALISED", "MEMORY", "use of a value that was never set"},
    {"BUS", "MEMORY", "SIGBUS: misaligned, or beyond the end of the mapped file"},
    {"LEAK", "MEMORY", "memory never freed"},
    {"UNDEFINED_BEHAVIOUR", "UNDEFINED", "undefined behaviour that the sanitizer stopped"},
    {"ASSERTION", "CHECK", "a check of the program's own failed"},
    {"ABORT", "CHECK", "the program called abort()"},
    {"EXCEPTION", "CHECK", "an exception that nobody caught"},
    {"FPE", "CHECK", "integer division by zero, or its like"},
    {"ILLEGAL_INSTRUCTION", "CHECK", "an instruction that the processor refuses"},
    {"UNEXPECTED_EXIT", "CHECK", "the program exited where it must not"},
    {"OOM", "RESOURCE", "out of memory"},
    {"RESOURCE_LIMIT", "RESOURCE", "a limit that the kernel enforces was reached"},
    {"DEADLOCK", "CONCURRENCY", "threads wait for each other in a circle"},
    {"LIVELOCK", "CONCURRENCY", "a thread runs without progress"},
    {"TIMEOUT", "CONCURRENCY", "a thread stalled"},
    {"DATA_RACE", "CONCURRENCY", "unsynchronised access from two threads"},
    {"TORN_WRITE", "STORAGE", "only a part of the last write reached the file"},
    {"DISK_FULL", "STORAGE", "no space left on the device"},
    {"IO_ERROR", "STORAGE", "the device refused a read, a write or a sync"},
    {"KILLED_BY_HARNESS", "PROCESS", "the harness ended the process"},
    {"KILLED_EXTERNAL", "PROCESS", "someone else ended the process with a signal"},
    {"NO_FAULT", "NONE", "the process finished in order"},
    {"NONE", "NONE", "no crash in what was looked at"},
};

struct Refinement {
  const char* general;
  const char* specific[16];
};

// What a general observation may turn out to be. A signal alone never contradicts a sanitizer or a message.
constexpr Refinement kRefinements[] = {
    {"ABORT",
     {"ASSERTION", "EXCEPTION", "DOUBLE_FREE", "INVALID_FREE", "HEAP_OVERFLOW", "STACK_BUFFER_OVERFLOW", "OOM",
      "DEADLOCK", "LIVELOCK", "TIMEOUT", "USE_AFTER_FREE", "UNDEFINED_BEHAVIOUR", "UNINITIALISED", "DATA_RACE"}},
    {"ABORT",
     {"NULL_DEREF", "WILD_ACCESS", "GLOBAL_BUFFER_OVERFLOW", "STACK_OVERFLOW_EXHAUSTION", "BUS", "FPE",
      "ILLEGAL_INSTRUCTION", "LEAK", "IO_ERROR", "DISK_FULL"}},
    {"WILD_ACCESS",
     {"NULL_DEREF", "USE_AFTER_FREE", "DOUBLE_FREE", "INVALID_FREE", "HEAP_OVERFLOW", "STACK_BUFFER_OVERFLOW",
      "GLOBAL_BUFFER_OVERFLOW", "STACK_OVERFLOW_EXHAUSTION", "UNINITIALISED", "UNDEFINED_BEHAVIOUR", "BUS", "DATA_RACE",
      "ASSERTION"}},
    {"ILLEGAL_INSTRUCTION", {"ASSERTION", "UNDEFINED_BEHAVIOUR", "OOM", "WILD_ACCESS"}},
    {"UNDEFINED_BEHAVIOUR", {"NULL_DEREF", "FPE", "WILD_ACCESS", "HEAP_OVERFLOW", "STACK_BUFFER_OVERFLOW"}},
    {"TIMEOUT", {"DEADLOCK", "LIVELOCK", "OOM"}},
    {"EXCEPTION", {"OOM", "DISK_FULL", "IO_ERROR", "STACK_OVERFLOW_EXHAUSTION", "ASSERTION", "WILD_ACCESS"}},
    // What a check was about: a division, a refused write.
    {"ASSERTION", {"FPE", "OOM", "DISK_FULL", "IO_ERROR", "RESOURCE_LIMIT"}},
    {"DOUBLE_FREE", {"HEAP_OVERFLOW", "USE_AFTER_FREE"}},
    {"KILLED_EXTERNAL",
     {"OOM", "RESOURCE_LIMIT", "KILLED_BY_HARNESS", "TORN_WRITE", "DEADLOCK", "LIVELOCK", "TIMEOUT"}},
    {"KILLED_BY_HARNESS", {"TORN_WRITE", "DEADLOCK", "LIVELOCK", "TIMEOUT"}},
    {"IO_ERROR", {"RESOURCE_LIMIT"}},
    {"EXCEPTION", {"RESOURCE_LIMIT"}},
    {"RESOURCE_LIMIT", {"OOM", "NULL_DEREF"}},  // of a refused allocation that nobody looked at
    // How a process ended says little beside what made it end so: handlers and sanitizers exit, too.
    {"UNEXPECTED_EXIT",
     {"DISK_FULL", "IO_ERROR", "OOM", "RESOURCE_LIMIT", "ASSERTION", "EXCEPTION", "ABORT", "UNDEFINED_BEHAVIOUR",
      "DEADLOCK", "LIVELOCK", "TIMEOUT", "DATA_RACE", "LEAK", "TORN_WRITE", "FPE", "ILLEGAL_INSTRUCTION"}},
    {"UNEXPECTED_EXIT",
     {"NULL_DEREF", "WILD_ACCESS", "USE_AFTER_FREE", "DOUBLE_FREE", "INVALID_FREE", "HEAP_OVERFLOW",
      "STACK_BUFFER_OVERFLOW", "GLOBAL_BUFFER_OVERFLOW", "STACK_OVERFLOW_EXHAUSTION", "UNINITIALISED", "BUS"}},
};

}  // namespace

std::span<const Cause> all_causes() noexcept { return kCauses; }

const Cause& find_cause(std::string_view name) noexcept {
  for (const Cause& cause : kCauses) {
    if (name == cause.name) return cause;
  }
  return kCauses[0];
}

bool refines(std::string_view specific, std::string_view general) noexcept {
  return std::ranges::any_of(kRefinements, [&](const Refinement& refinement) {
    return general == refinement.general && std::ranges::any_of(refinement.specific, [&](const char* name) {
             return name != nullptr && specific == name;
           });
  });
}

}  // namespace crashwright::rca
