#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

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
  }
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
  if (fault.action == postmortem::FaultAction::kNone) {
    args = damage_to_json(fault.damage);
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
          {"rca",
           {{"causes", expect.causes},
            {"function", expect.function},
            {"thread", expect.thread},
            {"confidence_min", expect.confidence_min}}},
          {"budgets",
           {{"recovery_time_ms", optional_to_json(expect.recovery_time_ms)},
            {"handler_time_ms", optional_to_json(expect.handler_time_ms)}}},
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
          {"compare_drop_copy", session.compare_drop_copy}};
}

Json exchange_to_json(const ExchangeBehaviour& exchange) {
  return {{"cancel_on_disconnect", exchange.cancel_on_disconnect},
          {"drop_after", exchange.drop_after},
          {"delay_us", exchange.delay_us},
          {"reject_every", exchange.reject_every},
          {"duplicate_fill", exchange.duplicate_fill},
          {"break_trade", exchange.break_trade}};
}

// For a POSIX shell: quoted when it has to be.
std::string shell_word(const std::string& word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+=:,@%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The options that make `crashwright run SCENARIO` repeat exactly this case.
std::string repeating_options(const Plan& plan, const std::string& engine) {
  std::string options = fmt::format(" --seed {}", plan.run_seed);
  if (plan.build != Build::kPlanted) options += fmt::format(" --build {}", build_name(plan.build));
  if (plan.build == Build::kPlanted && plan.planted_bugs.empty()) options += " --planted-build";
  for (const std::string& bug : plan.planted_bugs) options += " --planted-bug " + shell_word(bug);
  if (plan.substring_classifier) options += " --planted-bug classifier_by_substring";
  if (!engine.empty()) options += " --engine " + shell_word(engine);
  return options;
}

}  // namespace

std::string plan_to_json(const Plan& plan) {
  Json faults = Json::array();
  for (const FaultPlan& fault : plan.faults) faults.push_back(fault_to_json(fault));
  const Json document = {{"name", plan.name},
                         {"id", plan.id},
                         {"why", plan.why},
                         {"tags", plan.tags},
                         {"run_seed", plan.run_seed},
                         {"seed", plan.seed},
                         {"repetition", plan.repetition},
                         {"build", build_name(plan.build)},
                         {"planted_bugs", plan.planted_bugs},
                         {"substring_classifier", plan.substring_classifier},
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
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string repro_command(const Plan& plan, const std::string& scenario, const std::string& crashwright,
                          const std::string& engine) {
  return shell_word(crashwright) + " run " + shell_word(scenario) + repeating_options(plan, engine);
}

std::string repro_script(const Plan& plan, const std::string& crashwright, const std::string& engine) {
  return fmt::format(
      "#!/bin/sh\n"
      "# Repeats the case \"{}\" with its seed. More arguments are handed on, --keep for example.\n"
      "exec {} run \"$(dirname \"$0\")/scenario.yaml\"{} \"$@\"\n",
      plan.id, shell_word(crashwright), repeating_options(plan, engine));
}

}  // namespace crashwright::harness
