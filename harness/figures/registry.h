// All figures and measurements, in the order of their areas.
//
// Threads: immutable after the first call.
#pragma once

#include <string>
#include <vector>

#include "harness/figures/figure.h"

namespace crashwright::harness {

[[nodiscard]] const FigureArea& all_figures();
[[nodiscard]] const Measurement* find_measurement(const std::string& name);  // null: unknown

// Those whose id begins with one of `prefixes`, in the order of the registry; all without a prefix.
[[nodiscard]] std::vector<const Figure*> select_figures(const std::vector<std::string>& prefixes);

// One file each.
[[nodiscard]] FigureArea log_figures();
[[nodiscard]] FigureArea engine_figures();
[[nodiscard]] FigureArea handler_figures();
[[nodiscard]] FigureArea core_figures();
[[nodiscard]] FigureArea fault_point_figures();
[[nodiscard]] FigureArea audit_figures();
[[nodiscard]] FigureArea storage_figures();
[[nodiscard]] FigureArea rca_figures();
[[nodiscard]] FigureArea harness_figures();

}  // namespace crashwright::harness
