// The sweep's bits that flip at rest, between a death and the restart: in the middle of the log, in either snapshot, in
// both of them, in the head of the store. Inside harness/scenario only.
//
// Damage of the log before its tail is refused with an exact account. A snapshot that is not intact is not used: the
// other one is, or the whole log. Without its head a file is no store of snapshots, and the engine refuses it.
// Threads: pure functions.
#pragma once

#include <vector>

#include "harness/scenario/sweep_case.h"

namespace crashwright::harness {

// At each of the points that are counted.
void add_flips(const SweepPlace& place, const std::vector<PassageCount>& counts, std::vector<Scenario>& scenarios);

}  // namespace crashwright::harness
