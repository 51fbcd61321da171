// What the table of fields cannot say about `expect:` and `sweep:`: contradictions. Inside harness/scenario only.
//
// Threads: free functions without shared state.
#pragma once

#include "harness/scenario/section_reader.h"

namespace crashwright::harness {

// `root` is the tree that `scenario` was read from.
void check_expectations(const YamlNode& root, const Scenario& scenario, SectionReader& reader);

}  // namespace crashwright::harness
