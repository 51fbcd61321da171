// What the kit costs, as one picture (SVG): per call, per crash, and from tick to order with each part off and on.
//
// Drawn from the measures of a `crashwright bench` alone: a bar for each median, a whisker for its quartiles. What was
// not measured is left out, and a part of the picture without any measure says so.
// Threads: pure functions. Errors: none.
#pragma once

#include <string>

#include "harness/figures/result_json.h"

namespace crashwright::harness {

// A document of its own, readable on a white and on a dark page; no script, no font, nothing from elsewhere.
[[nodiscard]] std::string render_cost_picture(const BenchResults& results);

}  // namespace crashwright::harness
