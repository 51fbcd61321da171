// The sweep's devices that lie and go on: a write that is lost, lands elsewhere, changes on its way or comes late, and
// a sync that takes its time. The engine trades on and dies at its end. Inside harness/scenario only.
//
// What of the log is lost, misplaced or changed stands before intact blocks then, and the next start refuses with an
// exact account; state is the fold of the log, whatever became of its snapshots.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/sweep_case.h"

namespace crashwright::harness {

// The death of an engine that has traded to its end, the last record durable; of one that does not say when that is, at
// the last order that it sends for certain. A line of `faults:`.
using EngineEnd = std::string;
[[nodiscard]] EngineEnd end_of_engine(const std::vector<PassageCount>& counts, bool in_recovery);

// At each of the points that are counted.
void add_devices(const SweepPlace& place, const std::vector<PassageCount>& counts, const EngineEnd& end,
                 std::vector<Scenario>& scenarios);

// Dead once so many snapshots are written. A line of `faults:`.
[[nodiscard]] std::string death_behind_snapshots(uint64_t snapshots);

// A snapshot that lands elsewhere, of a slot that is known: whether that hits the head of the store depends on it.
void add_misdirected_snapshots(const SweepPlace& place, const std::vector<PassageCount>& counts,
                               std::vector<Scenario>& scenarios);

// One snapshot, or two in a row, of which the engine dies before the slot is written again.
void add_lost_snapshots(const std::vector<PassageCount>& trading, std::vector<Scenario>& scenarios);

}  // namespace crashwright::harness
