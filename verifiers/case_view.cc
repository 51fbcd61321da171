#include "verifiers/case_view.h"

#include <nlohmann/json.hpp>

#include "base/file.h"

namespace crashwright::verifiers {
namespace {

using Json = nlohmann::json;

Result<ExpectedOutcome> outcome_from_name(const std::string& name) {
  if (name == "crash") return ExpectedOutcome::kCrash;
  if (name == "finish") return ExpectedOutcome::kFinish;
  if (name == "refuse") return ExpectedOutcome::kRefuse;
  return fail(ErrorKind::kCorrupt, "plan.json: unknown expected outcome \"" + name + "\"");
}

std::optional<uint64_t> optional_number(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->get<uint64_t>();
}

PlannedFault fault_from_json(const Json& object) {
  PlannedFault fault;
  fault.kind = object.at("kind").get<std::string>();
  fault.point = object.value("point", "");
  fault.incarnation = object.value("incarnation", 0U);
  fault.ends_process = object.value("ends_process", true);
  fault.at_rest = object.value("at_rest", false);
  fault.causes = object.value("causes", std::vector<std::string>{});
  return fault;
}

Result<Expectations> expectations_from_json(const Json& object) {
  Expectations expect;
  auto outcome = outcome_from_name(object.at("outcome").get<std::string>());
  if (!outcome) return tl::unexpected(outcome.error());
  expect.outcome = *outcome;
  expect.outcome_given = object.value("outcome_given", false);
  const Json rca = object.value("rca", Json::object());
  expect.rca_causes = rca.value("causes", std::vector<std::string>{});
  expect.rca_function = rca.value("function", "");
  expect.rca_thread = rca.value("thread", "");
  expect.refusal = object.value("refusal", "");
  expect.rca_confidence_min = rca.value("confidence_min", 0.5);
  const Json budgets = object.value("budgets", Json::object());
  expect.recovery_time_ms_max = optional_number(budgets, "recovery_time_ms");
  expect.handler_time_ms_max = optional_number(budgets, "handler_time_ms");
  expect.excluded = object.value("excluded", std::vector<std::string>{});
  expect.broken = object.value("broken", std::vector<std::string>{});
  return expect;
}

Result<CasePlan> plan_from_json(const Json& document) {
  CasePlan plan;
  plan.name = document.at("name").get<std::string>();
  plan.build = document.at("build").get<std::string>();
  plan.durability = document.at("durability").get<std::string>();
  const Json session = document.value("session", Json::object());
  plan.log_after_send = session.value("order_logging", "before_send") == "after_send";
  plan.compare_drop_copy = session.value("compare_drop_copy", false);
  plan.profile = document.value("profile", "K");
  for (const Json& fault : document.at("faults")) plan.faults.push_back(fault_from_json(fault));
  auto expect = expectations_from_json(document.at("expect"));
  if (!expect) return tl::unexpected(expect.error());
  plan.expect = std::move(*expect);
  return plan;
}

Result<CasePlan> read_plan(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  try {
    return plan_from_json(Json::parse(*text));
  } catch (const Json::exception& trouble) {
    return fail(ErrorKind::kCorrupt, path + ": " + trouble.what());
  }
}

}  // namespace

std::vector<const rca::ProcessFacts*> CaseView::engines() const {
  std::vector<const rca::ProcessFacts*> found;
  for (const rca::ProcessFacts& process : facts.processes) {
    if (process.role == "engine") found.push_back(&process);
  }
  return found;
}

const rca::ProcessFacts* CaseView::first_death() const {
  for (const rca::ProcessFacts* process : engines()) {
    if (!process->finished) return process;
  }
  return nullptr;
}

Result<CaseView> open_case(const std::string& folder) {
  CaseView view;
  view.folder = folder;
  auto plan = read_plan(folder + "/plan.json");
  if (!plan) return tl::unexpected(plan.error());
  view.plan = std::move(*plan);
  auto facts = rca::read_case_facts(folder + "/facts.json");
  if (!facts) return tl::unexpected(facts.error());
  view.facts = std::move(*facts);
  return view;
}

}  // namespace crashwright::verifiers
