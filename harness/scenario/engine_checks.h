// What the table of fields cannot say about the faults of an engine of the scenario's own, and of the reference engine
// when it is given what only the other takes.
//
// Threads: free functions without shared state.
#pragma once

#include <string>
#include <vector>

#include "harness/faults/fault_kind.h"
#include "harness/scenario/section_reader.h"

namespace crashwright::harness {

// Whether the scenario's faults happen to a program of its own rather than to the reference engine.
[[nodiscard]] bool has_own_engine(const Scenario& scenario);

// Whether a fault can be done to an engine of one's own.
enum class OwnEngineUse { kNone, kWithTheKit, kAny };
[[nodiscard]] OwnEngineUse use_by_own_engine(const FaultKind& kind);

// What of it an engine of one's own dies, or does not, is its own affair: a limit, or an error of the device that it is
// told.
[[nodiscard]] bool is_answered_by_own_engine(const FaultKind& kind);
// Causes that are right answers of the autopsy then.
[[nodiscard]] std::vector<std::string> causes_in_own_engine(const FaultKind& kind);

// When and where a fault of an engine of one's own happens.
void check_own_engine_fault(const ScenarioFault& fault, const FaultKind& kind, SectionReader& reader);

// Triggers and kinds that the reference engine does not take.
void refuse_outside_fault(const ScenarioFault& fault, const FaultKind& kind, SectionReader& reader);

}  // namespace crashwright::harness
