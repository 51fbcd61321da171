#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/planned_cases.h"
#include "harness/storage/storage_fault_rule.h"

namespace crashwright::harness::cli {
namespace {

using postmortem::FaultScope;
using postmortem::FaultTrigger;

std::string trigger_text(const FaultPlan& fault) {
  if (fault.waits_in_storage() && fault.output.empty() && fault.function.empty() && fault.elapsed_ns == 0) {
    return fmt::format("at {} {}", operation_word(usual_operation(fault.action)), fault.operation());
  }
  const char* const scope = fault.scope == FaultScope::kThread ? " of a thread" : "";
  if (!fault.output.empty()) return fmt::format("at line {} that it prints with \"{}\"", fault.hit, fault.output);
  if (!fault.function.empty()) return fmt::format("at call {} of {}", fault.hit, fault.function);
  if (fault.outside != OutsideAction::kNothing && fault.elapsed_ns == 0) return "from the start";
  switch (fault.trigger) {
    case FaultTrigger::kHit:
      return fmt::format("at passage {}{}", fault.hit, scope);
    case FaultTrigger::kProbability:
      return fmt::format("at each passage{} with probability {}, seed {}", scope,
                         static_cast<double>(fault.probability_ppb) / 1e9, fault.seed);
    case FaultTrigger::kElapsed:
      return fmt::format("{} ms after the engine's start", static_cast<double>(fault.elapsed_ns) / 1e6);
    case FaultTrigger::kFeedSequence:
      return fmt::format("once feed message {} is applied", fault.feed_sequence);
    case FaultTrigger::kLast:
      return "at its last passage";
    case FaultTrigger::kSubject:
      return fmt::format("at the passage about {}", fault.hit);
  }
  return "";
}

std::string fault_text(const FaultPlan& fault) {
  std::string text = fault.kind;
  if (!fault.point.empty()) text += " at " + fault.point;
  if (!fault.at_rest()) text += ", " + trigger_text(fault);
  if (!fault.thread.empty()) text += ", on thread " + fault.thread;
  if (!fault.file.empty()) text += ", of file " + fault.file;
  return fmt::format("{} (start {} of the engine)", text, fault.incarnation);
}

void line(const char* left, const std::string& right) {
  if (!right.empty()) fmt::print("  {:<9} {}\n", left, wrap(right, 12));
}

void print_exploration_plan(const Plan& plan) {
  const ExplorationPlan& exploration = *plan.exploration;
  std::vector<std::string> profiles;
  for (const StorageProfile& profile : exploration.profiles) profiles.push_back(profile.name);
  line("seed", fmt::format("{}, states {}", plan.seed, exploration.limits.seed));
  const bool session = exploration.engine.command.empty();
  line("engine", session ? "the mock engine" : fmt::format("{}", fmt::join(exploration.engine.command, " ")));
  line("check", session ? "its own recovery" : fmt::format("{}", fmt::join(exploration.engine.check, " ")));
  line("storage", fmt::format("power-loss file system, profiles {}, {} states each", fmt::join(profiles, ", "),
                              exploration.limits.states));
  const ExpectedStorage& expect = exploration.expect;
  line("expect", !expect.violated ? "no state is violated"
                                  : fmt::format("violated{}{}{}{}", expect.profile.empty() ? "" : " on ",
                                                expect.profile, expect.reason.empty() ? "" : ": ", expect.reason));
}

void print_engine_plan(const Plan& plan) {
  const ForeignEngine& engine = *plan.own_engine;
  line("seed", fmt::format("{}", plan.seed));
  line("engine", fmt::format("{}", fmt::join(engine.command, " ")));
  line("recover", fmt::format("{}", fmt::join(engine.recover, " ")));
  line("dump", fmt::format("{}", fmt::join(engine.dump_state, " ")));
  line("check", fmt::format("{}", fmt::join(engine.check, " ")));
  if (plan.fuse) line("storage", fmt::format("power-loss file system, profile {}", profile_name(plan.profile)));
  for (const FaultPlan& fault : plan.faults) line("fault", fault_text(fault));
  if (plan.faults.empty()) line("fault", "none: a control");
  line("cause", fmt::format("{}", fmt::join(plan.expect.causes, " or ")));
  line("broken", fmt::format("{}", fmt::join(plan.expect.broken, ", ")));
  line("skip", fmt::format("{}", fmt::join(plan.expect.excluded, ", ")));
}

void print_session_plan(const Plan& plan) {
  line("seed", fmt::format("{}, session {}", plan.seed, plan.session.seed));
  line("session",
       fmt::format("{} messages of {} symbols, durable against {}", plan.session.messages, plan.session.symbols,
                   plan.session.durability == Durability::kPowerLoss ? "power loss" : "process death"));
  if (plan.fuse) {
    const char* const name = plan.profile == Profile::kS ? "S" : plan.profile == Profile::kE ? "E" : "K";
    line("storage", fmt::format("power-loss file system, profile {}", name));
  }
  for (const FaultPlan& fault : plan.faults) line("fault", fault_text(fault));
  if (!plan.sweep.empty()) line("sweep", plan.sweep + "; a case for each, counted on the engine when it is run");
  if (plan.faults.empty()) line("fault", "none: a control");
  line("starts", fmt::format("{} of the engine", plan.incarnations_expected()));
  line("cause", fmt::format("{}", fmt::join(plan.expect.causes, " or ")));
  line("broken", fmt::format("{}", fmt::join(plan.expect.broken, ", ")));
  line("skip", fmt::format("{}", fmt::join(plan.expect.excluded, ", ")));
}

void print_plan(const Plan& plan) {
  fmt::print("{} [{}]\n", plan.name, build_name(plan.build));
  line("why", plan.why);
  if (plan.exploration) {
    print_exploration_plan(plan);
  } else if (plan.own_engine) {
    print_engine_plan(plan);
  } else {
    print_session_plan(plan);
  }
  line("needs", fmt::format("{}", fmt::join(plan.needs, ", ")));
  line("deadline", fmt::format("{} s", static_cast<double>(plan.deadline_ms) / 1e3));
}

}  // namespace

int plan_command(const std::vector<std::string>& arguments) {
  PlannedCases cases;
  Options options("plan", "Shows what a run would do for a seed, case by case, without doing it.");
  cases.declare(options);
  options.example("crashwright plan scenarios/process/sigkill_at_random.yaml --seed 7");
  options.example("crashwright plan scenarios/ --fault power_loss --format json");
  if (const auto code = options.parse(arguments)) return *code;
  if (const auto code = cases.load()) return *code;
  const std::vector<Plan>& plans = cases.plans();
  if (cases.wants_json()) fmt::print("{}", cases.json());
  for (size_t i = 0; i < plans.size() && !cases.wants_json(); ++i) {
    if (i > 0) fmt::print("\n");
    print_plan(plans[i]);
  }
  return plans.empty() ? kExitNothing : kExitPassed;
}

}  // namespace crashwright::harness::cli
