// The last gate before an order: size, notional, exposure, order rate, and the kill switch.
//
// Every check is a function of what was decided before, and the clock is the feed's, so the same session is judged the
// same in every run. Exposure is the worst case: all that was entered counts as filled, a cancel gives nothing back.
// Threads: the trading thread alone. Signal context: no. Errors: none; a refusal is a value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "mock_engine/decision.h"

namespace crashwright::mock_engine {

// Stored in the audit log (AuditRecord::reason of a risk block); append only.
enum class RiskVerdict : uint8_t { kPass = 0, kSize = 1, kNotional = 2, kExposure = 3, kRate = 4, kKillSwitch = 5 };

[[nodiscard]] const char* risk_verdict_name(RiskVerdict verdict) noexcept;

struct RiskLimits {
  uint32_t shares_max = 1'000;                   // of one order
  uint64_t notional_ticks_max = 20'000'000'000;  // of one order: $2,000,000
  int64_t exposure_shares_max = 5'000;           // per instrument, either side
  uint32_t orders_max = 4'000;                   // in one window of feed time
  uint64_t window_ns = 1'000'000'000;
};

// "NAME VALUE" lines with the names of the fields above; what is left out keeps its default. kUsage for a file that is
// missing or says anything else: an engine without its limits does not trade.
[[nodiscard]] Result<RiskLimits> read_risk_limits(const std::string& path);

class RiskGate {
 public:
  explicit RiskGate(const RiskLimits& limits = {}) : limits_(limits) {}

  // A decision that passes is counted at once.
  RiskVerdict check(const Decision& decision);

  // From here on check() refuses everything.
  void throw_kill_switch() { killed_ = true; }
  [[nodiscard]] bool killed() const { return killed_; }

 private:
  [[nodiscard]] RiskVerdict judge(const Decision& decision, int64_t exposure_after, bool new_window) const;
  [[nodiscard]] int64_t exposure_change(const Decision& decision) const;

  RiskLimits limits_;
  std::vector<int64_t> exposure_;           // by locate
  std::vector<uint32_t> entered_quantity_;  // by user_ref, for what a replace gives back
  uint64_t window_start_ns_ = 0;
  uint32_t orders_in_window_ = 0;
  bool killed_ = false;
};

}  // namespace crashwright::mock_engine
