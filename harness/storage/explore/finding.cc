#include "harness/storage/explore/finding.h"

namespace crashwright::harness {
std::string describe_operation(const Recording& recording, uint32_t index) {
  const Operation& operation = recording.operations[index];
  const bool msync = operation.kind == OperationKind::kSyncRange && (operation.flags & kFromMapping) != 0;
  const std::string name = msync ? "msync" : operation_name(operation.kind);
  const std::string& path = recording.paths[index];
  switch (operation.kind) {
    case OperationKind::kWrite:
      return name + " of " + std::to_string(operation.size) + " bytes at " + std::to_string(operation.offset) + " of " +
             path + ((operation.flags & kFromMapping) != 0 ? " through a mapping" : "");
    case OperationKind::kZero:
    case OperationKind::kSyncRange:
    case OperationKind::kAskedFor:
    case OperationKind::kDropCache:
      return name + " of " + std::to_string(operation.size) + " bytes at " + std::to_string(operation.offset) + " of " +
             path;
    case OperationKind::kTruncate:
    case OperationKind::kAllocate:
      return name + " of " + path + " to " + std::to_string(operation.size) + " bytes";
    case OperationKind::kSyncAll:
      return name + " of everything";
    case OperationKind::kSyncFolder:  // its name speaks of a folder already
      return path.empty() || path == "." ? name : name + " " + path;
    default:
      return name + " of " + path;
  }
}

std::string describe_loss(const DurabilityModel& model, const Loss& loss) {
  const std::string what = describe_operation(model.recording, loss.operation);
  const uint64_t left = size_left(loss, model.recording.operations[loss.operation]);
  const std::string size = left == 0 ? "" : ", its bytes alone: the file is " + std::to_string(left) + " bytes long";
  if (loss.units.empty()) return what + size;
  const UnitRange all = units_of(model.recording.operations[loss.operation], model.profile.tear_unit_bytes);
  return what + ", torn: " + std::to_string(loss.units.size()) + " of its " + std::to_string(all.last - all.first + 1) +
         " units of " + std::to_string(model.profile.tear_unit_bytes) + " bytes lost" + size;
}

}  // namespace crashwright::harness
