#include "harness/storage/explore/finding.h"

#include <algorithm>

namespace crashwright::harness {
namespace {

// Does the state, made allowed, still fail for the same reason?
Result<bool> still_fails(StateJudge& judge, const DurabilityModel& model, CrashState& state,
                         const std::string& reason) {
  make_allowed(model, state);
  judge.prepare(state);
  const auto verdict = judge.judge();
  if (!verdict) return tl::unexpected(verdict.error());
  return verdict->kind == ImageVerdict::Kind::kViolated && general_reason(verdict->first_line()) == reason;
}

}  // namespace

Result<CrashState> minimise(StateJudge& judge, const DurabilityModel& model, CrashState state,
                            const std::string& reason, size_t trials_max) {
  size_t trials = 0;
  for (size_t chunk = std::max<size_t>(1, state.losses.size() / 2); chunk > 0; chunk /= 2) {
    for (size_t begin = 0; begin < state.losses.size() && trials < trials_max;) {
      CrashState fewer = state;
      const size_t end = std::min(begin + chunk, fewer.losses.size());
      fewer.losses.erase(fewer.losses.begin() + static_cast<ptrdiff_t>(begin),
                         fewer.losses.begin() + static_cast<ptrdiff_t>(end));
      ++trials;
      const auto fails = still_fails(judge, model, fewer, general_reason(reason));
      if (!fails) return tl::unexpected(fails.error());
      if (*fails && fewer.losses.size() < state.losses.size()) {
        state = std::move(fewer);
      } else {
        begin += chunk;
      }
    }
  }
  return state;
}

std::string describe_operation(const Recording& recording, uint32_t index) {
  const Operation& operation = recording.operations[index];
  const std::string name = operation_name(operation.kind);
  const std::string& path = recording.paths[index];
  switch (operation.kind) {
    case OperationKind::kWrite:
      return name + " of " + std::to_string(operation.size) + " bytes at " + std::to_string(operation.offset) + " of " +
             path + ((operation.flags & kFromMapping) != 0 ? " through a mapping" : "");
    case OperationKind::kZero:
    case OperationKind::kSyncRange:
      return name + " of " + std::to_string(operation.size) + " bytes at " + std::to_string(operation.offset) + " of " +
             path;
    case OperationKind::kTruncate:
    case OperationKind::kAllocate:
      return name + " of " + path + " to " + std::to_string(operation.size) + " bytes";
    case OperationKind::kSyncAll:
      return name + " of everything";
    default:
      return name + " of " + path;
  }
}

std::string describe_loss(const DurabilityModel& model, const Loss& loss) {
  const std::string what = describe_operation(model.recording, loss.operation);
  if (loss.units.empty()) return what;
  const UnitRange all = units_of(model.recording.operations[loss.operation], model.profile.tear_unit_bytes);
  return what + ", torn: " + std::to_string(loss.units.size()) + " of its " + std::to_string(all.last - all.first + 1) +
         " units of " + std::to_string(model.profile.tear_unit_bytes) + " bytes lost";
}

}  // namespace crashwright::harness
