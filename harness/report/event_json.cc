#include "harness/report/event_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace crashwright::harness {
namespace {

using Json = nlohmann::json;
using verifiers::Outcome;

constexpr Outcome kOutcomes[] = {Outcome::kPass,    Outcome::kFail,          Outcome::kInconclusive,
                                 Outcome::kSkipped, Outcome::kNotApplicable, Outcome::kError};

Outcome outcome_from_name(const std::string& name) {
  for (const Outcome outcome : kOutcomes) {
    if (name == verifiers::outcome_name(outcome)) return outcome;
  }
  return Outcome::kError;
}

Json to_json(const RunStarted& event) {
  Json json = {{"event", "run_started"},   {"version", kEventsVersion}, {"wall_ns", event.wall_ns},
               {"seed", event.seed},       {"cases", event.cases},      {"jobs", event.jobs},
               {"program", event.version}, {"engine", event.engine},    {"folder", event.folder},
               {"argv", event.argv}};
  if (event.shard.count > 0) {
    json["shard"] = {{"index", event.shard.index}, {"count", event.shard.count}, {"missing", event.shard.missing}};
  }
  return json;
}

Json to_json(const RunNote& event) { return {{"event", "run_note"}, {"text", event.text}}; }

Json to_json(const CaseStarted& event) {
  return {{"event", "case_started"},
          {"case", event.case_id},
          {"name", event.name},
          {"build", event.build},
          {"seed", event.seed},
          {"wall_ns", event.wall_ns},
          {"environment", event.environment}};
}

Json to_json(const CaseNote& event) {
  return {{"event", "case_note"}, {"case", event.case_id}, {"text", event.text}, {"wall_ns", event.wall_ns}};
}

Json verdict_to_json(const verifiers::Verdict& verdict) {
  return {{"promise", verdict.promise},
          {"outcome", verifiers::outcome_name(verdict.outcome)},
          {"summary", verdict.summary},
          {"details", verdict.details}};
}

Json fault_to_json(const rca::InjectedFaultFact& fault) {
  return {{"kind", fault.kind},
          {"point", fault.point},
          {"state", fault.state},
          {"confirmed_by", fault.confirmed_by},
          {"incarnation", fault.incarnation},
          {"fired_ns", fault.fired_ns},
          {"file", fault.file}};
}

Json exploration_to_json(const ExplorationOutcome& exploration) {
  Json findings = Json::array();
  for (const ExploredFinding& finding : exploration.findings) {
    findings.push_back({{"profile", finding.profile},
                        {"reason", finding.reason},
                        {"operations_lost", finding.lost},
                        {"after", finding.last_operation},
                        {"acknowledged", finding.acknowledged},
                        {"states", finding.states},
                        {"added_sync", finding.fix},
                        {"folder", finding.folder}});
  }
  return {{"verdict", exploration.verdict},
          {"operations", exploration.operations},
          {"acknowledged", exploration.acknowledged},
          {"states", exploration.states},
          {"states_violated", exploration.violated},
          {"profiles", exploration.profiles},
          {"findings", findings}};
}

Json to_json(const CaseFinished& event) {
  Json json = {{"event", "case_finished"},
               {"case", event.case_id},
               {"name", event.name},
               {"build", event.build},
               {"why", event.why},
               {"folder", event.folder},
               {"seed", event.seed},
               {"outcome", verifiers::outcome_name(event.outcome)},
               {"summary", event.summary},
               {"need", event.need},
               {"scenario_path", event.scenario_path},
               {"repro", event.repro},
               {"verdicts", Json::array()},
               {"faults", Json::array()},
               {"passages", event.passages},
               {"duration_ns", event.duration_ns}};
  for (const auto& verdict : event.verdicts) json["verdicts"].push_back(verdict_to_json(verdict));
  for (const auto& fault : event.faults) json["faults"].push_back(fault_to_json(fault));
  if (event.machine_lacks) json["machine_lacks"] = true;
  if (event.recovery_time_ns) json["recovery_time_ns"] = *event.recovery_time_ns;
  if (event.exploration) json["exploration"] = exploration_to_json(*event.exploration);
  if (event.autopsy) json["autopsy"] = Json::parse(rca::autopsy_to_json(*event.autopsy), nullptr, false);
  return json;
}

Json to_json(const RunFinished& event) {
  return {{"event", "run_finished"},          {"wall_ns", event.wall_ns},     {"duration_ns", event.duration_ns},
          {"interrupted", event.interrupted}, {"exit_code", event.exit_code}, {"stopped_by", event.stopped_by}};
}

RunStarted run_started(const Json& json) {
  RunStarted event{json.at("wall_ns"), json.at("seed"),   json.at("cases"),  json.at("jobs"),
                   json.at("program"), json.at("engine"), json.at("folder"), json.at("argv")};
  // Version 1 knew no shares.
  if (json.contains("shard")) {
    const Json& shard = json.at("shard");
    event.shard = {shard.at("index"), shard.at("count"), shard.at("missing")};
  }
  return event;
}

ExplorationOutcome exploration_from_json(const Json& json) {
  ExplorationOutcome exploration{json.at("verdict"),
                                 json.at("operations"),
                                 json.at("acknowledged"),
                                 json.at("states"),
                                 json.at("states_violated"),
                                 json.at("profiles"),
                                 {}};
  for (const Json& finding : json.at("findings")) {
    exploration.findings.push_back({finding.at("profile"), finding.at("reason"), finding.at("operations_lost"),
                                    finding.at("after"), finding.at("acknowledged"), finding.at("states"),
                                    finding.at("added_sync"), finding.at("folder")});
  }
  return exploration;
}

CaseFinished case_finished(const Json& json) {
  CaseFinished event;
  event.case_id = json.at("case");
  event.name = json.at("name");
  event.build = json.at("build");
  event.why = json.at("why");
  event.folder = json.at("folder");
  event.seed = json.at("seed");
  event.outcome = outcome_from_name(json.at("outcome"));
  event.summary = json.at("summary");
  event.need = json.at("need");
  event.scenario_path = json.at("scenario_path");
  event.repro = json.at("repro");
  event.duration_ns = json.at("duration_ns");
  for (const Json& verdict : json.at("verdicts")) {
    event.verdicts.push_back({verdict.at("promise"), outcome_from_name(verdict.at("outcome")), verdict.at("summary"),
                              verdict.at("details")});
  }
  for (const Json& fault : json.at("faults")) {
    event.faults.push_back({fault.at("kind"), fault.at("point"), fault.at("state"), fault.at("confirmed_by"),
                            fault.at("incarnation"), fault.at("fired_ns"), fault.value("file", "")});
  }
  event.machine_lacks = json.value("machine_lacks", false);
  // Runs recorded before passages were have none.
  if (json.contains("passages")) event.passages = json.at("passages").get<std::map<std::string, uint64_t>>();
  if (json.contains("recovery_time_ns")) event.recovery_time_ns = json.at("recovery_time_ns").get<uint64_t>();
  if (json.contains("exploration")) event.exploration = exploration_from_json(json.at("exploration"));
  if (json.contains("autopsy")) {
    if (auto autopsy = rca::autopsy_from_json(json.at("autopsy").dump())) event.autopsy = std::move(*autopsy);
  }
  return event;
}

Result<Event> from_json(const Json& json) {
  const std::string kind = json.at("event");
  if (kind == "run_started") {
    if (const uint64_t version = json.at("version"); version > kEventsVersion) {
      return fail(ErrorKind::kUsage,
                  fmt::format("events of version {}, and this program knows up to {}", version, kEventsVersion),
                  "read them with the crashwright that wrote them, or a later one");
    }
    return run_started(json);
  }
  if (kind == "run_note") return RunNote{json.at("text")};
  if (kind == "case_started") {
    return CaseStarted{json.at("case"), json.at("name"),    json.at("build"),
                       json.at("seed"), json.at("wall_ns"), json.value("environment", std::vector<std::string>{})};
  }
  if (kind == "case_note") return CaseNote{json.at("case"), json.at("text"), json.at("wall_ns")};
  if (kind == "case_finished") return case_finished(json);
  if (kind == "run_finished") {
    return RunFinished{json.at("wall_ns"), json.at("duration_ns"), json.at("interrupted"), json.at("exit_code"),
                       json.value("stopped_by", "")};
  }
  return fail(ErrorKind::kCorrupt, "unknown event \"" + kind + "\"");
}

}  // namespace

std::string event_to_json(const Event& event) {
  const Json json = std::visit([](const auto& one) { return to_json(one); }, event);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Event> event_from_json(const std::string& line) {
  try {
    return from_json(Json::parse(line));
  } catch (const Json::exception& error) {
    return fail(ErrorKind::kCorrupt, error.what());
  }
}

}  // namespace crashwright::harness
