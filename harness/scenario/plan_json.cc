#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/shell_word.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {
namespace {

using Json = nlohmann::ordered_json;
using postmortem::FaultTrigger;

Json trigger_to_json(const FaultPlan& fault) {
  Json trigger;
  switch (fault.trigger) {
    case FaultTrigger::kHit:
      trigger["hit"] = fault.hit;
      break;
    case FaultTrigger::kProbability:
      trigger["probability_ppb"] = fault.probability_ppb;
      trigger["seed"] = fault.seed;
      break;
    case FaultTrigger::kFeedSequence:
      trigger["feed_sequence"] = fault.feed_sequence;
      break;
    case FaultTrigger::kElapsed:
      trigger["elapsed_ns"] = fault.elapsed_ns;
      break;
    case FaultTrigger::kLast:
      trigger["passage"] = "last";
      break;
    case FaultTrigger::kSubject:
      trigger["about"] = fault.hit;
      break;
  }
  if (!fault.output.empty()) trigger["output"] = fault.output;
  if (!fault.function.empty()) trigger["function"] = fault.function;
  trigger["scope"] = fault.scope == postmortem::FaultScope::kThread ? "thread" : "process";
  return trigger;
}

Json damage_to_json(const DamagePlace& damage) {
  switch (damage.from) {
    case DamagePlace::From::kStart:
      return {{"from", "start"}, {"offset_bytes", damage.offset_bytes}};
    case DamagePlace::From::kEnd:
      return {{"from", "end"}, {"offset_bytes", damage.offset_bytes}};
    case DamagePlace::From::kFraction:
      return {{"from", "fraction"}, {"fraction_ppm", damage.fraction_ppm}};
  }
  return {};
}

Json fault_to_json(const FaultPlan& fault) {
  Json args = Json::object();
  if (fault.at_rest()) {
    args = damage_to_json(fault.damage);
  } else if (fault.signal_number != 0) {
    args["signal"] = fault.signal_number;
  } else if (!fault.limit.name.empty()) {
    args = {{"limit", fault.limit.name}, {"value", fault.limit.value}};
  } else if (fault.args[0] != 0) {
    args["0"] = fault.args[0];
  }
  return {{"kind", fault.kind},
          {"point", fault.point},
          {"thread", fault.thread},
          {"file", fault.file},
          {"trigger", trigger_to_json(fault)},
          {"incarnation", fault.incarnation},
          {"args", args},
          {"ends_process", fault.ends_process},
          {"at_rest", fault.at_rest()},
          {"causes", fault.causes}};
}

const char* outcome_word(ScenarioOutcome outcome) {
  switch (outcome) {
    case ScenarioOutcome::kCrash:
      return "crash";
    case ScenarioOutcome::kFinish:
      return "finish";
    case ScenarioOutcome::kRefuse:
      return "refuse";
  }
  return "crash";
}

Json optional_to_json(const std::optional<uint64_t>& number) { return number ? Json(*number) : Json(nullptr); }

Json expect_to_json(const ExpectPlan& expect) {
  return {{"outcome", outcome_word(expect.outcome)},
          {"outcome_given", expect.outcome_given},
          {"rca",
           {{"causes", expect.causes},
            {"function", expect.function},
            {"thread", expect.thread},
            {"confidence_min", expect.confidence_min}}},
          {"budgets",
           {{"recovery_time_ms", optional_to_json(expect.recovery_time_ms)},
            {"handler_time_ms", optional_to_json(expect.handler_time_ms)}}},
          {"refusal", expect.refusal},
          {"excluded", expect.excluded},
          {"broken", expect.broken}};
}

Json session_to_json(const Session& session) {
  return {{"messages", session.messages},
          {"seed", session.seed},
          {"symbols", session.symbols},
          {"durability", durability_name(session.durability)},
          {"feed_rate", session.feed_rate},
          {"checkpoint_every", session.checkpoint_every},
          {"stall_after_ms", session.stall_after_ms},
          {"kill_switch_at", session.kill_switch_at},
          {"segment_bytes", session.segment_bytes},
          {"second_engine", session.second_engine},
          {"order_logging", session.log_after_send ? "after_send" : "before_send"},
          {"compare_drop_copy", session.compare_drop_copy},
          {"archive_segments", session.archive_segments},
          {"limits", limits_name(session.limits)},
          {"configuration", session.configuration},
          {"configuration_later", session.configuration_later},
          {"restarts_max", session.restarts_max}};
}

Json exchange_to_json(const ExchangeBehaviour& exchange) {
  return {{"cancel_on_disconnect", exchange.cancel_on_disconnect},
          {"drop_after", exchange.drop_after},
          {"delay_us", exchange.delay_us},
          {"reject_every", exchange.reject_every},
          {"duplicate_fill", exchange.duplicate_fill},
          {"break_trade", exchange.break_trade},
          {"drop_every", exchange.drop_every},
          {"lose_cancel", exchange.lose_cancel},
          {"refuse_logins", exchange.refuse_logins},
          {"new_session_after", exchange.new_session_after}};
}

Json engine_to_json(const ForeignEngine& engine) {
  return {{"command", engine.command}, {"recover", engine.recover},           {"dump_state", engine.dump_state},
          {"check", engine.check},     {"acknowledges", engine.acknowledges}, {"dir", engine.dir}};
}

Json exploration_to_json(const ExplorationPlan& exploration) {
  Json profiles = Json::array();
  for (const StorageProfile& profile : exploration.profiles) {
    profiles.push_back({{"name", profile.name}, {"tear_unit_bytes", profile.tear_unit_bytes}});
  }
  const ExpectedStorage& expect = exploration.expect;
  return {{"command", exploration.engine.command},
          {"check", exploration.engine.check},
          {"dir", exploration.engine.dir},
          {"profiles", profiles},
          {"states", exploration.limits.states},
          {"seed", exploration.limits.seed},
          {"time_max_ms", exploration.limits.time_max_ms},
          {"check_deadline_ms", exploration.limits.check_deadline_ms},
          {"expect",
           {{"verdict", expect.violated ? "violated" : "clean"},
            {"profile", expect.profile},
            {"reason", expect.reason},
            {"lost", expect.lost}}}};
}

// The options that make `crashwright run SCENARIO` repeat exactly this case.
std::string repeating_options(const Plan& plan, const std::string& engine) {
  std::string options = fmt::format(" --seed {}", plan.run_seed);
  if (plan.build == Build::kRelease || plan.build == Build::kAsan)
    options += fmt::format(" --build {}", build_name(plan.build));
  if (plan.build == Build::kPlanted && plan.planted_bugs.empty()) options += " --planted-build";
  for (const std::string& bug : plan.planted_bugs) options += " --planted-bug " + shell_word(bug);
  if (!plan.harness_bug.empty()) options += " --planted-bug " + shell_word(plan.harness_bug);
  if (!engine.empty()) options += " --engine " + shell_word(engine);
  return options;
}

}  // namespace

std::string plan_to_json(const Plan& plan) {
  Json faults = Json::array();
  for (const FaultPlan& fault : plan.faults) faults.push_back(fault_to_json(fault));
  Json document = {{"name", plan.name},
                   {"id", plan.id},
                   {"why", plan.why},
                   {"tags", plan.tags},
                   {"run_seed", plan.run_seed},
                   {"seed", plan.seed},
                   {"repetition", plan.repetition},
                   {"build", build_name(plan.build)},
                   {"planted_bugs", plan.planted_bugs},
                   {"harness_bug", plan.harness_bug},
                   {"engine", plan.own_engine ? engine_to_json(*plan.own_engine) : Json(nullptr)},
                   {"durability", durability_name(plan.session.durability)},
                   {"profile", profile_name(plan.profile)},
                   {"storage", plan.fuse ? "fuse" : "plain"},
                   {"session", session_to_json(plan.session)},
                   {"exchange", exchange_to_json(plan.exchange)},
                   {"cgroup_memory_limit_bytes", plan.cgroup_memory_limit_bytes},
                   {"faults", faults},
                   {"expect", expect_to_json(plan.expect)},
                   {"deadline_ms", plan.deadline_ms},
                   {"core", plan.core ? Json(core_way_name(*plan.core)) : Json(nullptr)},
                   {"needs", plan.needs},
                   {"scenario_path", plan.scenario_path}};
  if (plan.exploration) document["exploration"] = exploration_to_json(*plan.exploration);
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string repro_command(const Plan& plan, const std::string& scenario, const std::string& crashwright,
                          const std::string& engine) {
  return shell_word(crashwright) + " run " + shell_word(scenario) + repeating_options(plan, engine);
}

std::string repro_script(const Plan& plan, const std::string& crashwright, const std::string& engine) {
  // By a name that stays: `latest`, through which the script may have been called, is another run's soon.
  // Programs that stand beside the scenario are still found from its copy in the case folder.
  std::string programs;
  if ((plan.exploration || plan.own_engine) && !plan.scenario_path.empty()) {
    std::error_code none;
    const auto folder = std::filesystem::absolute(plan.scenario_path, none).parent_path();
    programs = fmt::format("export CRASHWRIGHT_PROGRAMS={}${{CRASHWRIGHT_PROGRAMS:+:$CRASHWRIGHT_PROGRAMS}}\n",
                           shell_word(folder.string()));
  }
  return fmt::format(
      "#!/bin/sh\n"
      "# Repeats the case \"{}\" with its seed. More arguments are handed on, --keep for example.\n"
      "here=$(cd \"$(dirname \"$0\")\" && pwd -P) || exit 2\n"
      "{}exec {} run \"$here/scenario.yaml\"{} \"$@\"\n",
      plan.id, programs, shell_word(crashwright), repeating_options(plan, engine));
}

}  // namespace crashwright::harness
