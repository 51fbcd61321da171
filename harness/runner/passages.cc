#include "harness/runner/passages.h"

namespace crashwright::harness {

std::map<std::string, uint64_t> passages_of(const postmortem::ControlBlock& block) {
  std::map<std::string, uint64_t> passages;
  for (const postmortem::FaultPointCounter& counter : block.fault_points) {
    if (!counter.name.empty()) passages[std::string(counter.name.view())] += counter.hits.load();
  }
  return passages;
}

}  // namespace crashwright::harness
