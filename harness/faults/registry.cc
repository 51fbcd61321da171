#include "harness/faults/registry.h"

#include <iterator>

namespace crashwright::harness {

const std::vector<FaultKind>& all_fault_kinds() {
  static const std::vector<FaultKind> kinds = [] {
    std::vector<FaultKind> all;
    for (auto* const family : {memory_fault_kinds, check_fault_kinds, resource_fault_kinds, concurrency_fault_kinds,
                               process_fault_kinds, storage_fault_kinds, exchange_fault_kinds, outside_fault_kinds}) {
      std::vector<FaultKind> some = family();
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return all;
  }();
  return kinds;
}

const FaultKind* find_fault_kind(const std::string& name) {
  for (const FaultKind& kind : all_fault_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

std::vector<std::string> fault_kind_names() {
  std::vector<std::string> names;
  for (const FaultKind& kind : all_fault_kinds()) names.push_back(kind.name);
  return names;
}

}  // namespace crashwright::harness
