// The figures as a table: for a terminal, and as Markdown for docs/performance.md.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "harness/figures/result_json.h"

namespace crashwright::harness {

[[nodiscard]] std::string render_figure_table(const BenchResults& results);
[[nodiscard]] std::string render_figure_markdown(const BenchResults& results);

// Four significant digits: "1.08", "0.3012", "412,345".
[[nodiscard]] std::string short_number(double value);

}  // namespace crashwright::harness
