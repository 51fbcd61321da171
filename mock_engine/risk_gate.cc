#include "mock_engine/risk_gate.h"

#include <cstdlib>
#include <fstream>

#include "postmortem/fault_point.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {

const char* risk_verdict_name(RiskVerdict verdict) noexcept {
  switch (verdict) {
    case RiskVerdict::kPass:
      return "pass";
    case RiskVerdict::kSize:
      return "size";
    case RiskVerdict::kNotional:
      return "notional";
    case RiskVerdict::kExposure:
      return "exposure";
    case RiskVerdict::kRate:
      return "rate";
    case RiskVerdict::kKillSwitch:
      return "kill_switch";
  }
  return "unknown";
}

Result<RiskLimits> read_risk_limits(const std::string& path) {
  RiskLimits limits;
  std::ifstream file(path);
  if (!file) {
    if (CRASHWRIGHT_PLANTED("missing_limits_mean_none")) return limits;
    return fail(ErrorKind::kUsage, "risk limits are not loaded: " + path + " is missing", "no order without limits");
  }
  std::string name;
  for (int64_t value = 0; file >> name;) {
    const bool counts = name == "shares_max" || name == "orders_max";  // in 32 bits
    if (!(file >> value) || value <= 0 || (counts && value > UINT32_MAX)) {
      return fail(ErrorKind::kUsage, "risk limits are not loaded: " + path + ": " + name + " has no value from 1 to " +
                                         std::to_string(counts ? UINT32_MAX : INT64_MAX));
    }
    if (name == "shares_max") {
      limits.shares_max = static_cast<uint32_t>(value);
    } else if (name == "notional_ticks_max") {
      limits.notional_ticks_max = static_cast<uint64_t>(value);
    } else if (name == "exposure_shares_max") {
      limits.exposure_shares_max = value;
    } else if (name == "orders_max") {
      limits.orders_max = static_cast<uint32_t>(value);
    } else {
      return fail(ErrorKind::kUsage, "risk limits are not loaded: " + path + ": no limit is called " + name);
    }
  }
  return limits;
}

__attribute__((noinline)) RiskVerdict RiskGate::check(const Decision& decision) {
  CRASHWRIGHT_FAULT_POINT("risk.check");
  if (decision.locate >= exposure_.size()) exposure_.resize(static_cast<size_t>(decision.locate) + 1);
  const int64_t exposure_after = exposure_[decision.locate] + exposure_change(decision);
  const bool new_window = decision.feed_time_ns - window_start_ns_ >= limits_.window_ns;
  const RiskVerdict verdict = judge(decision, exposure_after, new_window);
  if (verdict != RiskVerdict::kPass) return verdict;
  if (new_window) {
    window_start_ns_ = decision.feed_time_ns;
    orders_in_window_ = 0;
  }
  ++orders_in_window_;
  exposure_[decision.locate] = exposure_after;
  if (decision.kind != DecisionKind::kCancel) {
    if (decision.user_ref >= entered_quantity_.size()) entered_quantity_.resize(decision.user_ref + 1);
    entered_quantity_[decision.user_ref] = decision.quantity;
  }
  return RiskVerdict::kPass;
}

RiskVerdict RiskGate::judge(const Decision& decision, int64_t exposure_after, bool new_window) const {
  if (killed_ && !CRASHWRIGHT_PLANTED("kill_switch_ignored")) return RiskVerdict::kKillSwitch;
  const bool too_many = !new_window && orders_in_window_ >= limits_.orders_max;
  if (too_many && !CRASHWRIGHT_PLANTED("risk_rate_ignored")) return RiskVerdict::kRate;
  if (CRASHWRIGHT_PLANTED("risk_gate_open")) return RiskVerdict::kPass;
  if (decision.kind == DecisionKind::kCancel) return RiskVerdict::kPass;  // a cancel only ever lowers the risk
  const bool too_large = decision.quantity > limits_.shares_max && !CRASHWRIGHT_PLANTED("risk_size_ignored");
  if (decision.quantity == 0 || too_large) return RiskVerdict::kSize;
  const bool too_dear = uint64_t{decision.quantity} * decision.price_ticks > limits_.notional_ticks_max;
  if (too_dear && !CRASHWRIGHT_PLANTED("risk_notional_ignored")) return RiskVerdict::kNotional;
  const bool grows = std::abs(exposure_after) > std::abs(exposure_[decision.locate]);
  if (CRASHWRIGHT_PLANTED("risk_exposure_ignored")) return RiskVerdict::kPass;
  if (grows && std::abs(exposure_after) > limits_.exposure_shares_max) return RiskVerdict::kExposure;
  return RiskVerdict::kPass;
}

int64_t RiskGate::exposure_change(const Decision& decision) const {
  if (decision.kind == DecisionKind::kCancel) return 0;
  const int64_t direction = decision.side == 'B' ? 1 : -1;
  int64_t shares = decision.quantity;
  if (decision.kind == DecisionKind::kReplace && decision.original_user_ref < entered_quantity_.size()) {
    if (!CRASHWRIGHT_PLANTED("risk_counts_a_replace_twice")) shares -= entered_quantity_[decision.original_user_ref];
  }
  return direction * shares;
}

}  // namespace crashwright::mock_engine
