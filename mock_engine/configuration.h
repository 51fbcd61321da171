// What a session must not change behind its own back: the settings that decide what is traded and what is promised.
//
// The hash goes into the audit log at every start (kConfigurationHash) and, through the fold, into the checkpoints. A
// start whose hash differs from the last one's is refused unless --allow-config-change says that it is meant.
// Not part of it: the feed (another one is found when the decisions part), addresses, folders, speeds, sizes of files.
// Threads: pure functions. Signal context: no. Errors: none.
#pragma once

#include <cstdint>
#include <string>

#include "mock_engine/engine_options.h"
#include "mock_engine/risk_gate.h"

namespace crashwright::mock_engine {

// One setting a line, for people and for the hash.
[[nodiscard]] std::string configuration_text(const EngineOptions& options, const RiskLimits& limits);

[[nodiscard]] uint64_t configuration_hash(const EngineOptions& options, const RiskLimits& limits);

// Reasons in kConfigurationHash records. Stored; append only.
enum class ConfigurationChange : uint8_t {
  kNone = 0,
  kAllowed = 1,  // differs from the run before, as --allow-config-change said it may
};

}  // namespace crashwright::mock_engine
