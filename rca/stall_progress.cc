#include "rca/stall_progress.h"

#include <algorithm>

#include "rca/timeline.h"

namespace crashwright::rca {

std::optional<StallProgress> stall_progress(const std::string& folder, int32_t tid, uint64_t window_ns) {
  const auto timeline = read_timeline({folder});
  if (!timeline) return std::nullopt;
  uint64_t death = 0;
  for (const TimelineEvent& event : timeline->events) {
    const TimelineKind kind = timeline->sources[event.source].kind;
    if (kind == TimelineKind::kEngineLog || kind == TimelineKind::kCrash) death = std::max(death, event.at_ns);
  }
  StallProgress progress;
  uint64_t last = 0;
  for (const TimelineEvent& event : timeline->events) {
    const bool own =
        timeline->sources[event.source].kind == TimelineKind::kEngineLog && event.tid == static_cast<uint32_t>(tid);
    if (!own) continue;
    last = std::max(last, event.at_ns);
    if (event.at_ns + window_ns >= death) ++progress.records;
  }
  if (last == 0) return std::nullopt;
  progress.silent_ns = death - last;
  return progress;
}

}  // namespace crashwright::rca
