#include "harness/figures/sample_set.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace crashwright::harness {
namespace {

using Json = nlohmann::json;

double finite(const Json& value) {
  const double number = value.get<double>();
  if (!std::isfinite(number)) throw std::domain_error("a value that is no finite number");
  return number;
}

SampleSet from_samples(const Json& json) {
  SampleSet set;
  for (const auto& [name, values] : json.at("samples").items()) {
    for (const Json& value : values) set.samples[name].push_back(finite(value));
  }
  if (json.contains("absent")) set.absent = json.at("absent").get<std::map<std::string, std::string>>();
  return set;
}

// Keys of Google Benchmark that are numbers but no measurements.
bool is_bookkeeping(const std::string& key) {
  return key == "family_index" || key == "per_family_instance_index" || key == "repetitions" ||
         key == "repetition_index" || key == "threads" || key == "iterations";
}

SampleSet from_google_benchmark(const Json& json) {
  SampleSet set;
  for (const Json& run : json.at("benchmarks")) {
    const std::string name = run.at("run_name").get<std::string>();
    if (run.value("error_occurred", false)) {
      set.absent[name] = run.value("error_message", "failed");
      continue;
    }
    if (run.value("run_type", "iteration") != "iteration") continue;
    for (const auto& [key, value] : run.items()) {
      if (value.is_number() && !is_bookkeeping(key)) set.samples[name + ":" + key].push_back(finite(value));
    }
  }
  return set;
}

// Between neighbours, as most tools do (type 7 of Hyndman and Fan).
double quantile(const std::vector<double>& sorted, double part) {
  const double at = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  if (below + 1 >= sorted.size()) return sorted.back();
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

}  // namespace

Result<SampleSet> parse_samples(Speech speech, const std::string& text) {
  try {
    const Json json = Json::parse(text);
    return speech == Speech::kSamples ? from_samples(json) : from_google_benchmark(json);
  } catch (const std::exception& error) {
    return fail(ErrorKind::kCorrupt, std::string("its output cannot be read: ") + error.what());
  }
}

Spread spread_of(std::vector<double> values) {
  CRASHWRIGHT_CHECK(!values.empty(), "a spread is that of something");
  std::sort(values.begin(), values.end());
  return {quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75), values.size()};
}

}  // namespace crashwright::harness
