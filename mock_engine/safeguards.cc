#include "mock_engine/safeguards.h"

#include "base/file.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

// The first start writes the name down; every later one must come with the same.
Step check_configuration(const EngineOptions& options) {
  const auto written = read_file(options.configuration_path());
  if (!written || (*written != options.configuration && options.allow_config_change)) {
    if (auto put = write_file_atomic(options.configuration_path(), options.configuration); !put) {
      return stop(ExitCode::kStorageSealed, "configuration: " + put.error().message);
    }
    return {};
  }
  if (*written == options.configuration || CRASHWRIGHT_PLANTED("configuration_skew_ignored")) return {};
  return stop(ExitCode::kRefused, "configuration skew: this data folder was written with " + *written +
                                      ", this start has " + options.configuration);
}

}  // namespace

Step Safeguards::clear(const EngineOptions& options) {
  if (!inputs.works()) CRASHWRIGHT_LOG_WARN("no input guard: {} cannot be mapped", options.inputs_path());
  if (!inputs.finding().empty()) CRASHWRIGHT_LOG_WARN("input guard: {}", inputs.finding());
  if (inputs.storm() && !CRASHWRIGHT_PLANTED("restart_storm_unlimited")) {
    return stop(ExitCode::kRefused, "restart storm: " + std::to_string(inputs.futile_starts() - 1) +
                                        " starts in a row led nowhere; remove " + options.inputs_path() +
                                        " once it is known why");
  }
  if (auto same = check_configuration(options); !same) return same;
  if (options.limits_file.empty()) return {};
  const auto read = read_risk_limits(options.limits_file);
  if (!read) return stop(ExitCode::kRefused, read.error().message);
  limits = *read;
  return {};
}

}  // namespace crashwright::mock_engine
