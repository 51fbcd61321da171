// The kernel's core of one process: where it is, whether it is that process's, whether all of it is there.
//
// A process dumps into its own working folder (one folder per process, cores overwrite each other), unless
// core_pattern says otherwise. WCOREDUMP is true for truncated cores too, so the size is compared with the program
// headers. Threads: any. Errors: none; what is missing is said in `absent_because`.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace crashwright::harness {

struct CoreSearch {
  std::string path;            // empty: there is none that can be used
  std::string absent_because;  // set when `path` is empty
};

// `folder` is the working folder that the process had. A core in an absolute core_pattern folder is moved into it.
[[nodiscard]] CoreSearch find_core(const std::string& folder, int32_t pid);

// Success when the file is an ELF core whose segments are all inside the file; otherwise what is wrong.
[[nodiscard]] Status check_core_complete(const std::string& path);

// The process that a core is of, from its NT_PRPSINFO note.
[[nodiscard]] Result<int32_t> core_pid(const std::string& path);

// Where the kernel puts cores, from the text of /proc/sys/kernel/core_pattern.
enum class CorePattern {
  kWorkingFolder,  // a plain name
  kAbsolute,       // a path, possibly shared with other processes
  kPipe,           // handed to a program
};
[[nodiscard]] CorePattern classify_core_pattern(const std::string& pattern);

}  // namespace crashwright::harness
