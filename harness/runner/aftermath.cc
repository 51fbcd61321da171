#include "harness/runner/aftermath.h"

#include "harness/runner/nearest_file.h"

namespace crashwright::harness {
namespace {

Status lose_power(CaseContext& context) {
  const auto lost = context.data->lose_power();
  if (!lost) return tl::unexpected(lost.error());
  context.facts.power_lost = true;
  context.note("power lost: " + *lost);
  return {};
}

}  // namespace

Status apply_aftermath(CaseContext& context, uint32_t number, const OtherData& others) {
  if (context.observer->fired_in(number, postmortem::FaultAction::kPowerLoss)) {
    if (const auto lost = lose_power(context); !lost) return lost;
  }
  for (size_t i = 0; i < context.plan.faults.size(); ++i) {
    const FaultPlan& fault = context.plan.faults[i];
    if (!fault.at_rest() || fault.incarnation != number) continue;
    const auto damaged = damage_file(fault, context.data->path(), others);
    // Nothing to damage: the fault stays armed, and the case inconclusive.
    if (!damaged && damaged.error().kind == ErrorKind::kUsage) {
      const std::string missing = no_such_file(fault.file, context.data->path());
      context.observer->explain(i, missing.empty() ? damaged.error().message : missing);
      continue;
    }
    if (!damaged) return tl::unexpected(damaged.error());
    context.observer->done_at_rest(i, number, fault.file + ": " + *damaged);
    context.note("damage at rest, " + fault.file + ": " + *damaged);
  }
  return {};
}

}  // namespace crashwright::harness
