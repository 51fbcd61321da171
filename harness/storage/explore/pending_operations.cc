#include "harness/storage/explore/pending_operations.h"

#include <algorithm>
#include <unordered_map>

#include "harness/storage/explore/image_content.h"

namespace crashwright::harness {
namespace {

constexpr uint32_t kStride = 256;

// Unlike syncs that succeeded and requests; a failed sync loses what it should have saved.
bool changes_something(OperationKind kind) {
  return !is_sync(kind) && kind != OperationKind::kAskedFor && kind != OperationKind::kDropCache;
}

}  // namespace

PendingOperations::PendingOperations(const DurabilityModel& model) : model_(model) {
  uint32_t first = 0;  // only goes forward: what is durable at a point is so at every later one
  for (uint32_t point = 0; point <= model.recording.size(); point += kStride) {
    while (first < point && !model.may_lose(first, point)) ++first;
    marks_.push_back(first);
  }
}

std::vector<uint32_t> PendingOperations::at(uint32_t point) const {
  std::vector<uint32_t> pending;
  for (uint32_t index = marks_[point / kStride]; index < point; ++index) {
    if (model_.may_lose(index, point)) pending.push_back(index);
  }
  return pending;
}

uint64_t operation_class(const Recording& recording, uint32_t index) {
  if (index >= recording.size()) return 0;
  const Operation& operation = recording.operations[index];
  const uint64_t stored = (operation.flags & kFromMapping) != 0 ? 0x100 : 0;
  return mix(static_cast<uint64_t>(operation.kind) + stored, recording.paths.general(index));
}

std::vector<CrashPlace> crash_places(const Recording& recording, const HandOvers* left_out) {
  std::unordered_map<uint64_t, uint32_t> seen;
  std::vector<CrashPlace> places;
  places.reserve(recording.size() - recording.initial + 1);
  for (uint32_t point = recording.initial; point <= recording.size(); ++point) {
    if (left_out != nullptr && left_out->inside(point)) continue;
    const bool first = point == recording.initial;
    const bool change = !first && (begins_write_back(recording.operations[point - 1]) ||
                                   changes_something(recording.operations[point - 1].kind));
    const bool acked = std::binary_search(recording.acked_before.begin(), recording.acked_before.end(), point);
    if (!first && !change && !acked) continue;
    const uint64_t before = first ? 1 : operation_class(recording, point - 1);
    places.push_back({point, seen[mix(mix(before, operation_class(recording, point)), acked ? 1 : 0)]++});
  }
  return places;
}

}  // namespace crashwright::harness
