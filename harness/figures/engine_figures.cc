// The mock engine from tick to order, with each part of the kit off and on.
#include "harness/figures/registry.h"

namespace crashwright::harness {

FigureArea engine_figures() {
  FigureArea area;
  area.measurements = {{"engine", "engine_bench", {}}};
  area.figures = {
      at_most(1.02, "engine.tick_to_order_p50_recorder_on_vs_off", "tick to order, median, recorder on against off")
          .from("engine", "everything_on.p50_ns")
          .over({"recorder_off.p50_ns"}),
      at_most(1.05, "engine.tick_to_order_p999_recorder_on_vs_off",
              "tick to order, 99.9th percentile, recorder on against off")
          .from("engine", "everything_on.p999_ns")
          .over({"recorder_off.p999_ns"}),
  };
  return area;
}

}  // namespace crashwright::harness
