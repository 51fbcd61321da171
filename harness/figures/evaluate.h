// From samples to a figure's value: the median of the ratios of interleaved repetitions, and whether the bar holds.
//
// A figure that could not be measured says why and never holds.
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/figures/figure.h"
#include "harness/figures/sample_set.h"

namespace crashwright::harness {

struct FigureResult {
  std::string id;
  std::string what;
  std::string unit;
  Direction direction = Direction::kAtMost;
  double bar = 0;
  bool optional = false;
  std::optional<Spread> value;        // empty: not measured
  std::string reason;                 // why not
  std::string against;                // the best of those it was compared with, empty: none
  std::vector<std::string> compared;  // all that were measured
  std::vector<std::string> missing;   // those that were not
  std::string alternative;            // id of the figure that may hold in its stead, empty: none
  bool held_by_alternative = false;   // it does not hold itself, the other does

  [[nodiscard]] bool holds() const;
};

// `samples`: what the figure's measurement reported, or why there is nothing.
[[nodiscard]] FigureResult evaluate(const Figure& figure, const Result<SampleSet>& samples);

// Once all are evaluated: which promises that can be kept in two ways are kept in the other one.
void settle_alternatives(std::vector<FigureResult>& results);

[[nodiscard]] const char* direction_sign(Direction direction) noexcept;  // "<=" ">=" ">"

}  // namespace crashwright::harness
