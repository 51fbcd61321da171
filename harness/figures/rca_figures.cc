// Autopsy: how often it is right, and how fast.
#include "harness/figures/registry.h"

namespace crashwright::harness {

FigureArea rca_figures() {
  FigureArea area;
  area.measurements = {{"rca", "autopsy_bench", {}}, {"rca_zoo", "autopsy_zoo_bench", {}, Speech::kSamples, 1200}};
  area.figures = {
      at_least(97, "rca.texts_strict_percent", "public texts, strictly right")
          .in("%")
          .from("rca", "texts_strict_percent")
          .if_given(),
      at_most(1, "rca.texts_confidently_wrong_percent", "public texts, confidently wrong")
          .in("%")
          .from("rca", "texts_confidently_wrong_percent")
          .if_given(),
      at_least(98, "rca.zoo_right_percent", "own zoo, cause and function both right")
          .in("%")
          .from("rca_zoo", "right_percent"),
      at_least(97, "rca.signature_equal_percent", "signature equal over builds of the same bug")
          .in("%")
          .from("rca_zoo", "signature_equal_percent"),
      at_most(0, "rca.signature_merged_wrongly", "different bugs with one signature")
          .in("pairs")
          .from("rca_zoo", "signature_merged_wrongly"),
      at_least(99, "rca.frames_equal_gdb_percent", "frames equal to gdb's on the zoo")
          .in("%")
          .from("rca_zoo", "frames_equal_gdb_percent"),
      at_most(2, "rca.text_ms", "one text, in a process that runs").in("ms").from("rca", "text_ms"),
      at_most(0.2, "rca.core_vs_gdb",
              "core of 5 threads, all stacks, the program's frames with lines, cold process, against gdb")
          .from("rca", "core_ms")
          .over({"gdb.core_ms"}),
      at_most(0.5, "rca.core_vs_eu_stack", "the same against eu-stack with lines and inlined frames")
          .from("rca", "core_ms")
          .over({"eu_stack.core_ms"}),
  };
  return area;
}

}  // namespace crashwright::harness
