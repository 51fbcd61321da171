// All kinds of fault, in the order of their families.
//
// Threads: immutable after the first call.
#pragma once

#include <string>
#include <vector>

#include "harness/faults/fault_kind.h"

namespace crashwright::harness {

[[nodiscard]] const std::vector<FaultKind>& all_fault_kinds();
[[nodiscard]] const FaultKind* find_fault_kind(const std::string& name);  // null: unknown
[[nodiscard]] std::vector<std::string> fault_kind_names();

// One file each.
[[nodiscard]] std::vector<FaultKind> memory_fault_kinds();
[[nodiscard]] std::vector<FaultKind> check_fault_kinds();
[[nodiscard]] std::vector<FaultKind> resource_fault_kinds();
[[nodiscard]] std::vector<FaultKind> concurrency_fault_kinds();
[[nodiscard]] std::vector<FaultKind> process_fault_kinds();
[[nodiscard]] std::vector<FaultKind> storage_fault_kinds();
[[nodiscard]] std::vector<FaultKind> exchange_fault_kinds();
[[nodiscard]] std::vector<FaultKind> outside_fault_kinds();

}  // namespace crashwright::harness
