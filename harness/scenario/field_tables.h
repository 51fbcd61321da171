// The parts of the table of fields.h, one function for each part of a scenario. Inside harness/scenario only.
//
// Threads: free functions without shared state.
#pragma once

#include <vector>

#include "harness/scenario/fields.h"

namespace crashwright::harness {

[[nodiscard]] std::vector<Field> scenario_fields();  // top level
[[nodiscard]] std::vector<Field> engine_fields();    // engine
[[nodiscard]] std::vector<Field> session_fields();   // session, exchange
[[nodiscard]] std::vector<Field> storage_fields();   // storage and its sections, expect.storage
[[nodiscard]] std::vector<Field> fault_fields();
[[nodiscard]] std::vector<Field> expect_fields();
[[nodiscard]] std::vector<Field> matrix_fields();  // matrix, sweep

}  // namespace crashwright::harness
