// What the kernel answers to a system call that a limit of the process forbids, as its tracer sees it.
//
// Threads: the tracer's. Errors: none; what cannot be read is no refusal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/scenario/scenario.h"

namespace crashwright::harness {

struct Refusal {
  int error_number = 0;
  bool of_new_threads = false;  // the errno is common: only calls that make a process or a thread count
  uint64_t file_bytes_max = 0;  // a write that crosses it is cut short first; 0: no such limit
};

// Empty: the limit is told by a signal, and no call is refused for it.
[[nodiscard]] std::optional<Refusal> refusal_of(const ResourceLimit& limit);

// `tid` has stopped at a system call: "a call was refused with EFBIG" when it returns from one that the limit forbids.
[[nodiscard]] std::string refused_call(int32_t tid, const Refusal& refusal);

}  // namespace crashwright::harness
