// The harness itself: how long a person or CI waits for it.
#include "harness/figures/registry.h"

namespace crashwright::harness {

FigureArea harness_figures() {
  FigureArea area;
  area.measurements = {{"smoke", "harness_bench", {"--smoke"}},
                       {"stock_set", "harness_bench", {"--stock-set"}},
                       {"case_overhead", "harness_bench", {"--case-overhead"}}};
  area.figures = {
      at_most(20, "harness.smoke_s", "the scenarios tagged smoke").in("s").from("smoke", "smoke_s"),
      at_most(120, "harness.stock_set_s", "all stock scenarios, 2 jobs").in("s").from("stock_set", "stock_set_s"),
      at_most(60, "harness.case_overhead_ms", "a case whose engine dies at once, without the engine's own time")
          .in("ms")
          .from("case_overhead", "case_overhead_ms"),
  };
  return area;
}

}  // namespace crashwright::harness
