#include "harness/cli/recorded_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "harness/scenario/loader.h"

namespace crashwright::harness::cli {
namespace {

constexpr uint32_t kRepetitionsMax = 10'000;  // of one case; `run --repeat` takes no more

Build build_of(const std::string& name) {
  if (name == "asan") return Build::kAsan;
  if (name == "foreign") return Build::kForeign;
  return name == "planted" ? Build::kPlanted : Build::kRelease;
}

RecordedCase from_json(const nlohmann::json& plan) {
  RecordedCase recorded;
  recorded.id = plan.at("id");
  recorded.scenario_path = plan.at("scenario_path");
  recorded.build = build_of(plan.at("build"));
  recorded.repetition = plan.at("repetition");
  recorded.options.run_seed = plan.at("run_seed");
  recorded.options.repeat = recorded.repetition + 1;
  recorded.options.deadline_ms = plan.at("deadline_ms").get<uint64_t>();
  recorded.options.harness_bug = plan.value("harness_bug", "");
  if (recorded.build == Build::kPlanted) {
    recorded.options.planted_build = true;
    recorded.options.planted_bugs = plan.at("planted_bugs").get<std::vector<std::string>>();
  } else {
    recorded.options.only_build = recorded.build;
  }
  return recorded;
}

}  // namespace

Result<RecordedCase> read_recorded_case(const std::string& folder) {
  const auto text = read_file(folder + "/plan.json");
  auto scenario = read_file(folder + "/scenario.yaml");
  if (!text || !scenario) {
    return fail(ErrorKind::kUsage, folder + ": no case there",
                "the folder of a case holds scenario.yaml and plan.json");
  }
  try {
    RecordedCase recorded = from_json(nlohmann::json::parse(*text));
    if (recorded.repetition >= kRepetitionsMax) {
      return fail(ErrorKind::kUsage, fmt::format("{}/plan.json: repetition {}", folder, recorded.repetition));
    }
    recorded.scenario_text = std::move(*scenario);
    return recorded;
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorKind::kUsage, folder + "/plan.json: " + error.what());
  }
}

size_t count_cases(const RecordedCase& recorded, const std::string& where) {
  return make_plans(load_scenario_text(where, recorded.scenario_text).scenarios, recorded.options).size();
}

Result<Plan> plan_again(const RecordedCase& recorded, const std::string& scenario_text, const std::string& where) {
  Loaded loaded = load_scenario_text(where, scenario_text);
  if (!loaded.diagnostics.empty()) {
    return fail(ErrorKind::kUsage, diagnostics_to_text(std::move(loaded.diagnostics)),
                "the scenario means something else to this version of crashwright");
  }
  const std::vector<Plan> plans = make_plans(loaded.scenarios, recorded.options);
  const Plan* found = nullptr;
  for (const Plan& plan : plans) {
    if (plan.build != recorded.build || plan.repetition != recorded.repetition) continue;
    if (found == nullptr || plan.id == recorded.id) found = &plan;
  }
  if (found == nullptr) {
    return fail(ErrorKind::kUsage, where + ": has no case of the build " + build_name(recorded.build));
  }
  Plan plan = *found;
  if (!recorded.id.empty()) plan.id = recorded.id;
  plan.scenario_path = recorded.scenario_path;
  return plan;
}

std::string change_of_file(const RecordedCase& recorded, const std::vector<std::string>& known_points) {
  if (recorded.scenario_path.empty()) return "";
  const auto text = read_file(recorded.scenario_path);
  if (!text) return "is gone";
  if (*text == recorded.scenario_text) return "";
  // A matrix and what has parts are kept as they were resolved.
  const Loaded loaded = load_scenarios({recorded.scenario_path}, known_points);
  const auto is_swept = [](const Scenario& scenario) { return scenario.sweep.has_value(); };
  if (std::any_of(loaded.scenarios.begin(), loaded.scenarios.end(), is_swept)) return "";
  const std::vector<Plan> plans = make_plans(loaded.scenarios, recorded.options);
  const auto is_this = [&](const Plan& plan) { return plan.scenario_text == recorded.scenario_text; };
  return std::any_of(plans.begin(), plans.end(), is_this) ? "" : "has changed";
}

}  // namespace crashwright::harness::cli
