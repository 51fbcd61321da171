// What has to hold before an engine may trade at all: it does not run in circles, its limits are loaded, and the data
// folder was written with the configuration that it has.
//
// Threads: the trading thread; the input guard hands out its hands to the others. Signal context: no.
// Errors:  clear() gives the reason to refuse.
#pragma once

#include "mock_engine/engine_options.h"
#include "mock_engine/risk_gate.h"
#include "mock_engine/stop_reason.h"
#include "postmortem/input_guard.h"

namespace crashwright::mock_engine {

struct Safeguards {
  explicit Safeguards(const EngineOptions& options)
      : inputs(options.inputs_path(), {options.quarantine_after, options.restarts_max}) {}

  [[nodiscard]] Step clear(const EngineOptions& options);

  postmortem::InputGuard inputs;
  RiskLimits limits;
};

}  // namespace crashwright::mock_engine
