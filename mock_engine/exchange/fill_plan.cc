#include "mock_engine/exchange/fill_plan.h"

#include "base/checksum.h"
#include "base/random.h"

namespace crashwright::mock_engine::exchange {
namespace {

constexpr uint32_t kFullPercent = 40;
constexpr uint32_t kSeveralPercent = 60;  // cumulative
constexpr uint32_t kPartPercent = 75;
constexpr uint32_t kOpenPercent = 95;
constexpr uint32_t kImprovementStepTicks = 100;

void add_fill(FillPlan& plan, uint64_t shares) noexcept {
  if (shares > 0) plan.fills[plan.fill_count++] = static_cast<uint32_t>(shares);
}

}  // namespace

FillPlan plan_fills(const Symbol& symbol, uint32_t user_ref, uint64_t price_ticks, uint32_t quantity) noexcept {
  Random random(fnv1a(symbol.view()) ^ (uint64_t{user_ref} << 32 | quantity) ^ price_ticks * 0x9e3779b97f4a7c15U);
  FillPlan plan;
  const uint64_t percent = random.below(100);
  plan.fills_oldest_open_order = random.below(4) == 0;
  const auto improvement = static_cast<uint32_t>(random.below(3)) * kImprovementStepTicks;
  plan.improvement_ticks = price_ticks > improvement ? improvement : 0;
  if (percent < kFullPercent) {
    add_fill(plan, quantity);
  } else if (percent < kSeveralPercent) {
    const uint64_t first = random.below(quantity);
    const uint64_t second = random.below(quantity - first);
    add_fill(plan, first);
    add_fill(plan, second);
    add_fill(plan, quantity - first - second);
  } else if (percent < kPartPercent) {
    add_fill(plan, random.below(quantity));
  } else if (percent >= kOpenPercent) {
    plan.reject = true;
  }
  return plan;
}

}  // namespace crashwright::mock_engine::exchange
