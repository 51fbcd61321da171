#include "harness/storage/explore/failed_sync.h"

#include <algorithm>

namespace crashwright::harness {
namespace {

bool is_about(const Operation& sync, const Operation& change) {
  if (change.node == sync.node) return true;
  return changes_names(change.kind) && (change.parent == sync.node || change.new_parent == sync.node);
}

// Something of the state was lost to the sync at `index`.
bool rests_on(const Recording& recording, const StorageFinding& finding, uint32_t index) {
  const Operation& sync = recording.operations[index];
  for (const Loss& loss : finding.state.losses) {
    if (loss.operation < index && is_about(sync, recording.operations[loss.operation])) return true;
  }
  // Where the failure took the pages from the cache, the record has that as changes of the file right behind it: the
  // file is wrong then whatever else was lost, unless a later sync of it came to be.
  const auto is_of_the_file = [&](const Loss& loss) { return recording.operations[loss.operation].node == sync.node; };
  if (!std::all_of(finding.state.losses.begin(), finding.state.losses.end(), is_of_the_file)) return false;
  for (uint32_t later = index + 1; later < finding.state.point; ++later) {
    const Operation& operation = recording.operations[later];
    const bool synced = operation.kind == OperationKind::kSyncFile || operation.kind == OperationKind::kSyncData;
    if (synced && operation.node == sync.node) return false;
  }
  const uint32_t next = index + 1;
  if (next >= finding.state.point) return false;
  const Operation& reverted = recording.operations[next];
  return (reverted.flags & kByFault) != 0 && changes_content(reverted.kind) && reverted.node == sync.node;
}

}  // namespace

std::optional<uint32_t> failed_sync_acknowledged(const Recording& recording, const StorageFinding& finding) {
  const uint32_t acked = recording.acked(finding.state.point);
  for (uint32_t i = finding.state.point; i-- > recording.initial;) {
    if (recording.operations[i].kind != OperationKind::kSyncFailed || recording.acked(i) == acked) continue;
    if (rests_on(recording, finding, i)) return i;
  }
  return std::nullopt;
}

}  // namespace crashwright::harness
