// The notes of a core that is written from outside: registers of every thread, signal, process, auxiliary vector and
// files.
//
// Threads: the tracer, which holds all threads in a ptrace stop.
// Errors:  a thread whose registers cannot be read is left out.
// Format:  postmortem/core_format.md
#pragma once

#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/runner/memory_map.h"

namespace crashwright::harness {

// The bytes of the PT_NOTE segment. The first of `tids` is the one to blame; `info` is its signal, or null.
[[nodiscard]] std::string core_notes(int32_t pid, const std::vector<int32_t>& tids, const siginfo_t* info,
                                     const std::vector<Mapping>& mappings);

}  // namespace crashwright::harness
