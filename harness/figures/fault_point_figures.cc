// Fault points: what a place in the code costs while nothing happens there.
#include "harness/figures/registry.h"

namespace crashwright::harness {

FigureArea fault_point_figures() {
  FigureArea area;
  area.measurements = {{"fault_point", "fault_point_bench", {}},
                       {"instructions", "hot_path_instructions", {}},
                       {"fault_point_object", "fault_point_object", {}}};
  area.figures = {
      at_most(1, "fault_point.dormant_ns", "dormant fault point").in("ns").from("fault_point", "dormant_ns"),
      at_most(3, "fault_point.dormant_instructions", "the same in instructions, by callgrind")
          .in("instructions")
          .from("instructions", "instructions.dormant_fault_point"),
      at_most(0, "fault_point.compiled_out_bytes", "object code of a fault point that is compiled out")
          .in("bytes")
          .from("fault_point_object", "compiled_out_bytes"),
      at_most(20, "fault_point.armed_not_matching_ns", "fault point with faults armed, none of which matches")
          .in("ns")
          .from("fault_point", "armed_not_matching_ns"),
      at_most(1.0, "fault_point.dormant_vs_libfiu", "dormant fault point, against libfiu's with nothing enabled")
          .from("fault_point", "dormant_ns")
          .over({"libfiu.dormant_ns"}),
  };
  return area;
}

}  // namespace crashwright::harness
