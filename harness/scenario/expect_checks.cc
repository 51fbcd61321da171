#include "harness/scenario/expect_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/scenario/matrix.h"

namespace crashwright::harness {
namespace {

void refuse_skipped_and_broken(const YamlNode& root, const ScenarioExpect& expect, SectionReader& reader) {
  for (const std::string& promise : expect.broken) {
    if (std::find(expect.excluded.begin(), expect.excluded.end(), promise) == expect.excluded.end()) continue;
    const YamlNode& broken = *find_value(*find_value(root, "expect"), "broken");
    reader.complain(broken.position, shown_width(broken), code::kExpectation,
                    fmt::format("{} cannot be both skipped and broken", promise),
                    "a skipped promise is not judged: keep one of them");
  }
}

// A sweep says where and at which passage; a fault that says so too would not be swept, or not as it says.
void check_sweep(const YamlNode& root, const Scenario& scenario, SectionReader& reader) {
  if (!scenario.sweep) return;
  const YamlNode& sweep = *find_value(root, "sweep");
  std::vector<const ScenarioFault*> open;
  for (const ScenarioFault& fault : scenario.faults) {
    if (is_place_open(fault)) open.push_back(&fault);
  }
  if (open.size() != 1) {
    reader.complain(
        sweep.position, 1, code::kMatrix,
        fmt::format("a sweep is of one fault without `at`; here {}", open.empty() ? "there is none" : "there are more"),
        open.empty() ? "leave out `at` in the fault to sweep" : "write `at` in the others");
    return;
  }
  if (!open.front()->hit && !open.front()->probability_ppb) return;
  reader.complain(open.front()->position, open.front()->kind.size(), code::kMatrix,
                  fmt::format("the sweep decides at which passage {} happens", open.front()->kind),
                  "leave out its trigger");
}

}  // namespace

void check_expectations(const YamlNode& root, const Scenario& scenario, SectionReader& reader) {
  refuse_skipped_and_broken(root, scenario.expect, reader);
  check_sweep(root, scenario, reader);
}

}  // namespace crashwright::harness
