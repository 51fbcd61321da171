#include "mock_engine/configuration.h"

#include "base/checksum.h"

namespace crashwright::mock_engine {

std::string configuration_text(const EngineOptions& options, const RiskLimits& limits) {
  const bool power_loss = options.durability == postmortem::Durability::kPowerLoss;
  std::string text;
  const auto add = [&text](const char* name, const std::string& value) {
    text += std::string(name) + ' ' + value + '\n';
  };
  add("name", options.configuration);
  add("symbols", std::to_string(options.feed.symbols));
  add("durability", power_loss ? "power_loss" : "process_death");
  add("order_logging", options.order_logging == OrderLogging::kAfterSend ? "after_send" : "before_send");
  add("kill_switch_at_feed", std::to_string(options.kill_switch_at_feed));
  add("shares_max", std::to_string(limits.shares_max));
  add("notional_ticks_max", std::to_string(limits.notional_ticks_max));
  add("exposure_shares_max", std::to_string(limits.exposure_shares_max));
  add("orders_max", std::to_string(limits.orders_max));
  add("window_ns", std::to_string(limits.window_ns));
  return text;
}

uint64_t configuration_hash(const EngineOptions& options, const RiskLimits& limits) {
  return fnv1a(configuration_text(options, limits));
}

}  // namespace crashwright::mock_engine
