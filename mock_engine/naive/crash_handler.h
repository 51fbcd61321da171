// The crash handler of the common tutorial: backtrace_symbols(), stdio, and the signal raised once more.
//
// What is wrong with it is its purpose here (docs/why.md): it allocates and takes stdio's locks in signal context, runs
// on the stack that may be gone, tells of one thread, and raise() replaces the kernel's siginfo by its own.
// Threads: install before any other starts. Signal context: meant to be, and is not.
#pragma once

#include <string>

namespace crashwright::mock_engine::naive {

// The report goes to standard error and to `report_path`.
void install_crash_handler(const std::string& report_path);

}  // namespace crashwright::mock_engine::naive
