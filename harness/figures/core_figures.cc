// Core capture: what a core from outside the dying process costs.
#include "harness/figures/registry.h"

namespace crashwright::harness {

FigureArea core_figures() {
  FigureArea area;
  area.measurements = {{"core", "core_capture_bench", {}}};
  area.figures = {
      at_most(1.3, "core.outside_256mb_vs_kernel", "core of a 256 MB engine from outside, against the kernel's own")
          .from("core", "outside_256mb_ms")
          .over({"kernel_256mb_ms"}),
      at_most(1.3, "core.self_256mb_vs_kernel", "the same written by the dying process itself")
          .from("core", "self_256mb_ms")
          .over({"kernel_256mb_ms"}),
      at_most(1.0, "core.outside_256mb_vs_gcore", "core of a 256 MB engine that hangs, against gcore's")
          .from("core", "hung_256mb_ms")
          .over({"gcore_256mb_ms"}),
  };
  return area;
}

}  // namespace crashwright::harness
