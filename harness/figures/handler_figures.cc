// Crash handler: how fast, how complete, and at what cost.
#include "harness/figures/registry.h"

namespace crashwright::harness {

FigureArea handler_figures() {
  FigureArea area;
  area.measurements = {{"handler", "crash_handler_bench", {}}};
  area.figures = {
      at_most(0, "handler.deaths_incomplete", "kinds of death without a complete record and an intact core")
          .in("deaths")
          .from("handler", "deaths_incomplete"),
      at_most(0.4, "handler.record_ms", "fault to the dying thread's record complete, 5 threads, 20 frames, median")
          .in("ms")
          .from("handler", "record_ms"),
      at_most(8, "handler.record_stack_exhausted_ms", "the same when the stack is exhausted")
          .in("ms")
          .from("handler", "record_stack_exhausted_ms"),
      at_most(1.0, "handler.record_vs_best_peer", "fault to record, against the best peer that records as much")
          .from("handler", "record_ms")
          .over({"crashpad.record_ms", "breakpad.record_ms", "sentry.record_ms", "abseil.record_ms", "glog.record_ms",
                 "backward.record_ms", "cpptrace.record_ms"})
          .if_given(),
      at_most(2, "handler.all_threads_ms", "fault to all other threads' registers and frames recorded too, median")
          .in("ms")
          .from("handler", "all_threads_ms"),
      at_most(0, "handler.forbidden_calls", "allocations, locks and stdio calls in the handler")
          .in("calls")
          .from("handler", "forbidden_calls"),
      at_most(0, "handler.hot_path_instructions", "instructions on the hot path while nothing crashes")
          .in("instructions")
          .from("handler", "hot_path_instructions"),
  };
  return area;
}

}  // namespace crashwright::harness
