// The power-loss file system and the exploration of crash states.
#include "harness/figures/registry.h"

namespace crashwright::harness {

FigureArea storage_figures() {
  FigureArea area;
  area.measurements = {{"storage", "storage_bench", {}},
                       {"explore", "explore_bench", {}},
                       {"memory", "exploration_memory_bench", {}, Speech::kSamples, 600},
                       {"small_writes", "small_writes_bench", {}, Speech::kSamples, 600},
                       {"alarms", "false_alarms_bench", {}, Speech::kSamples, 900}};
  area.figures = {
      at_least(0.4, "storage.sqlite_commits_vs_bare",
               "SQLite WAL FULL commits a second inside it, against the bare folder")
          .from("storage", "inside.sqlite_commits_per_s")
          .over({"bare.sqlite_commits_per_s"}),
      at_most(256, "storage.memory_1gib_mib", "memory of the mount for a run of 1 GiB written")
          .in("MiB")
          .from("storage", "memory_1gib_mib"),
      at_most(256, "storage.exploration_memory_1gib_mib",
              "memory of exploring a run of 1 GiB in pages of 4 KiB, all its processes")
          .in("MiB")
          .from("memory", "exploration_memory_1gib_mib"),
      at_most(256, "storage.unsynced_memory_1gib_mib",
              "the same without a single sync: every page may be lost to the end")
          .in("MiB")
          .from("memory", "unsynced_memory_1gib_mib"),
      at_most(256, "storage.small_writes_memory_1gib_mib",
              "memory of replaying and exploring a record of 1 GiB in writes of 512 bytes")
          .in("MiB")
          .from("small_writes", "memory_small_writes_1gib_mib"),
      at_least(200, "storage.crash_states_per_s", "crash states judged a second, mock engine, 2 jobs, real recovery")
          .in("states/s")
          .from("explore", "crash_states_per_s")
          .or_else("storage.crash_states_vs_restarts"),
      at_least(20, "storage.crash_states_vs_restarts",
               "crash states judged a second, against running the whole session again for each, 2 jobs too")
          .from("explore", "crash_states_per_s")
          .over({"session_restarts_per_s"})
          .or_else("storage.crash_states_per_s"),
      at_most(1.5, "storage.image_cost_large_vs_small_folder",
              "an image of the same change, of a large folder against a small one")
          .from("explore", "image_large_folder_us")
          .over({"image_small_folder_us"}),
      at_most(0, "storage.false_alarms", "false alarms on the safe settings of foreign programs")
          .in("alarms")
          .from("alarms", "false_alarms"),
  };
  return area;
}

}  // namespace crashwright::harness
