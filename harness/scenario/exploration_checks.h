// What the table of fields cannot say about `engine` and `storage.explore`: which keys need each other, and which mean
// nothing for a program of the scenario's own. Inside harness/scenario only.
//
// Threads: free functions without shared state.
#pragma once

#include "harness/scenario/section_reader.h"

namespace crashwright::harness {

// Complains about contradictions and fills in what depends on them: profile E and a deadline for an exploration.
void check_exploration(const YamlNode& root, Scenario& scenario, SectionReader& reader);

}  // namespace crashwright::harness
