// Arguments and locals of the frames of a stack, where the debug information has them: "quantity = 5".
//
// What the compiler did not keep is said to be "<optimized out>". A value that only its caller knows is taken from the
// caller's description of the call (entry values), where that names this function. Values of variables whose names
// speak of secrets are masked.
// Threads: one owner. Signal context: no. Errors: a frame without debug information gets none.
#pragma once

#include <cstddef>
#include <vector>

#include "rca/core_file.h"
#include "rca/stack_unwinder.h"
#include "rca/symbolizer.h"

namespace crashwright::rca {

// Fills `variables` of the frames that symbolize() made of `stack`; of the innermost `limit` with debug information.
void read_variables(const CoreFile& core, const Symbolizer& symbolizer, const CallStack& stack, size_t limit,
                    std::vector<Frame>& frames);

}  // namespace crashwright::rca
