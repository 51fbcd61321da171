// `matrix:`, unfolded: one tree for each combination of profile, seed, fault and point, without the matrix.
//
//   matrix: {profiles: [E, S], points: [gateway.send_order, gateway.after_send]}     four cases
//   matrix: {points: gateway.*}             a case for each of the engine's points of that family
//
// Builds stay together in one tree, since a scenario has cases of several builds anyway. A fault of the matrix stands
// behind those of `faults`; a point becomes the `at` of every fault that names neither a place nor a time. The name of
// a cell ends in what is particular to it: "x [sigkill, gateway.send_order, profile E, seed 3]".
// Threads: pure functions. Errors: complaints of the reader: a dimension that would change nothing, or that the
// scenario has fixed already, too many cells, or a pattern that no fault point of the engine matches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/section_reader.h"

namespace crashwright::harness {

inline constexpr size_t kMatrixCellsMax = 512;

// `prototype` is what `root` reads as, matrix included. `known`: the engine's fault points; where they are not known
// (empty, or an engine of one's own), a pattern stands for itself. Empty after a complaint.
[[nodiscard]] std::vector<YamlNode> matrix_cells(const YamlNode& root, const Scenario& prototype,
                                                 const std::vector<std::string>& known, SectionReader& reader);

// Complains about each entry of `sweep: {points}` that no fault point of the engine matches; says nothing where
// they are not known.
void check_sweep_points(const YamlNode& root, const Scenario& prototype, const std::vector<std::string>& known,
                        SectionReader& reader);

// Whether a fault has no place yet and would take one from a matrix or a sweep.
[[nodiscard]] bool is_place_open(const ScenarioFault& fault);

// A trigger as a scenario has it: "hit" "100", "passage" "last".
struct YamlTrigger {
  std::string key;
  std::string value;
};

// Puts `at`, and a trigger unless there is none, into every fault of the list `faults` whose place is open.
size_t place_faults(YamlNode& faults, const YamlNode& point, const std::optional<YamlTrigger>& trigger);

}  // namespace crashwright::harness
