// What the table of fields cannot say about the faults of a scenario: triggers, builds, order. Inside harness/scenario.
//
// Threads: free functions without shared state.
#pragma once

#include "harness/scenario/section_reader.h"

namespace crashwright::harness {

// The process ends by it; a stop that is taken back is no death.
[[nodiscard]] bool is_death(const ScenarioFault& fault, const FaultKind& kind);

// Fills in the default of `at` and complains about contradictions.
void check_faults(Scenario& scenario, SectionReader& reader);

}  // namespace crashwright::harness
