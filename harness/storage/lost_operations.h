// What a power loss took away, in words: one line for each change that did not survive, or not wholly.
//
//   write of 512 bytes at 4096 of /audit.log, torn: 1 of its 2 units of 512 bytes lost
//   rename of /state.tmp to /state.bin
//
// Threads: pure functions. Errors: none. Limit: the first 500 lines, then one that counts the rest.
#pragma once

#include <string>
#include <vector>

#include "harness/storage/operation_list.h"
#include "harness/storage/power_loss.h"

namespace crashwright::harness {

[[nodiscard]] std::string lost_operations_text(const OperationList& operations, const std::vector<LostOperation>& lost,
                                               uint32_t tear_unit_bytes);

}  // namespace crashwright::harness
