#include "harness/scenario/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <set>

#include "base/checksum.h"
#include "base/random.h"
#include "harness/faults/registry.h"
#include "harness/scenario/engine_checks.h"
#include "harness/scenario/matrix.h"

namespace crashwright::harness {
namespace {

using postmortem::FaultAction;
using postmortem::FaultTrigger;

constexpr size_t kSlugLengthMax = 60;
constexpr uint64_t kTornBytes = 512;
constexpr uint64_t kHeadroomBytes = 16ULL << 20;
constexpr uint64_t kCgroupLimitBytes = 192ULL << 20;
constexpr uint64_t kSeedMax = 999'999'999;  // short enough to be read out to somebody

uint64_t derived_seed(uint64_t seed, std::string_view purpose) {
  return Random(seed ^ fnv1a(purpose)).below(kSeedMax) + 1;
}

bool resumes(const ScenarioFault& fault, const FaultKind& kind) {
  return kind.action == FaultAction::kSigstop && fault.for_ns.has_value();
}

void set_trigger(const ScenarioFault& fault, uint64_t fallback_seed, FaultPlan& plan) {
  plan.seed = fault.seed.value_or(fallback_seed);
  if (fault.probability_ppb) {
    plan.trigger = FaultTrigger::kProbability;
    plan.probability_ppb = *fault.probability_ppb;
  } else if (fault.after_ns) {
    plan.trigger = FaultTrigger::kElapsed;
    plan.elapsed_ns = *fault.after_ns;
  } else if (fault.feed_sequence) {
    plan.trigger = FaultTrigger::kFeedSequence;
    plan.feed_sequence = *fault.feed_sequence;
  } else if (fault.last_passage) {
    plan.trigger = FaultTrigger::kLast;
  } else if (fault.about) {
    plan.trigger = FaultTrigger::kSubject;
    plan.hit = *fault.about;
  } else {
    plan.trigger = FaultTrigger::kHit;
    plan.hit = fault.hit.value_or(1);
  }
}

void set_arguments(const ScenarioFault& fault, FaultPlan& plan) {
  const auto argument = [](std::optional<uint64_t> given, uint64_t otherwise) {
    return static_cast<int64_t>(given.value_or(otherwise));
  };
  switch (plan.action) {
    case FaultAction::kBadAlloc:
      plan.args[0] = argument(fault.headroom_bytes, kHeadroomBytes);
      break;
    case FaultAction::kCgroupOom:
      // Where to give up when no limit stops it, so that a machine without a working limit survives the attempt.
      plan.args[0] = 2 * argument(fault.limit_bytes, kCgroupLimitBytes);
      break;
    case FaultAction::kSigstop:
    case FaultAction::kSlowThread:
    case FaultAction::kSlowFsync:
      plan.args[0] = argument(fault.for_ns, 0);
      break;
    case FaultAction::kWallClockStep:
      plan.args[0] = fault.by_ns.value_or(0);
      break;
    case FaultAction::kPoisonMessage:
      plan.args[0] = argument(fault.message, 0);
      break;
    case FaultAction::kCrashInHandler:
      plan.args[0] = argument(fault.stage, 1);
      break;
    case FaultAction::kPowerLoss:
      plan.args[0] = argument(fault.lost_max, 0);
      break;
    case FaultAction::kTornWrite:
    case FaultAction::kShortWrite:
      plan.args[0] = argument(fault.bytes, kTornBytes);
      break;
    default:
      break;
  }
}

// `deaths`: faults before this one that end the process.
FaultPlan plan_fault(const ScenarioFault& fault, const Scenario& scenario, Build build, uint32_t deaths,
                     uint64_t fallback_seed) {
  const FaultKind& kind = *find_fault_kind(fault.kind);
  FaultPlan plan;
  plan.kind = kind.name;
  plan.action = kind.action;
  plan.point = fault.at;
  plan.thread = fault.thread;
  plan.file = fault.file;
  plan.scope = fault.per_thread ? postmortem::FaultScope::kThread : postmortem::FaultScope::kProcess;
  plan.damage = fault.damage;
  plan.outside = kind.outside;
  plan.output = fault.output;
  plan.function = fault.function;
  plan.signal_number =
      plan.outside == OutsideAction::kSignal && fault.signal_number == 0 ? SIGTERM : fault.signal_number;
  if (!fault.limits.empty()) plan.limit = fault.limits.front();
  set_trigger(fault, fallback_seed, plan);
  set_arguments(fault, plan);
  const bool between_starts = kind.at_rest();
  plan.incarnation = fault.incarnation.value_or(between_starts && deaths > 0 ? deaths - 1 : deaths);
  // What an error or a limit comes to is such an engine's affair: it goes on, stops by itself, or dies of it.
  const bool own = has_own_engine(scenario);
  const bool answered = own && is_answered_by_own_engine(kind);
  plan.ends_process = kind.ends_process && !answered && !resumes(fault, kind);
  plan.may_end = plan.ends_process || answered;
  plan.causes = !plan.may_end ? std::vector<std::string>{"NO_FAULT"}
                : own         ? causes_in_own_engine(kind)
                              : kind.causes(build);
  // A program that looks at no result falls over a null pointer where memory is refused to it; by right nowhere else.
  if (plan.outside == OutsideAction::kLimit && plan.limit.resource != RLIMIT_AS) std::erase(plan.causes, "NULL_DEREF");
  return plan;
}

ScenarioOutcome default_outcome(const std::vector<FaultPlan>& faults) {
  bool dies = false;
  for (const FaultPlan& fault : faults) {
    if (fault.at_rest() && (fault.file == "audit.log" || fault.kind == "foreign_file")) return ScenarioOutcome::kRefuse;
    dies = dies || fault.ends_process;
  }
  return dies ? ScenarioOutcome::kCrash : ScenarioOutcome::kFinish;
}

ExpectPlan plan_expect(const ScenarioExpect& expect, const std::vector<FaultPlan>& faults) {
  ExpectPlan plan;
  plan.outcome = expect.outcome.value_or(default_outcome(faults));
  plan.outcome_given = expect.outcome.has_value();
  plan.causes = expect.causes;
  // A signal that the engine takes for a request to end is no death.
  if (plan.causes.empty() && expect.outcome == ScenarioOutcome::kFinish) plan.causes = {"NO_FAULT"};
  if (plan.causes.empty()) {
    const auto find = [&](const auto& is_meant) { return std::find_if(faults.begin(), faults.end(), is_meant); };
    auto ending = find([](const FaultPlan& fault) { return fault.ends_process; });
    if (ending == faults.end()) {
      ending = find([](const FaultPlan& fault) { return fault.may_end; });
    }
    plan.causes = ending == faults.end() ? std::vector<std::string>{"NO_FAULT"} : ending->causes;
  }
  plan.function = expect.function;
  plan.thread = expect.thread;
  plan.confidence_min = expect.confidence_min;
  plan.recovery_time_ms = expect.recovery_time_ms;
  plan.handler_time_ms = expect.handler_time_ms;
  plan.refusal = expect.refusal;
  plan.excluded = expect.excluded;
  plan.broken = expect.broken;
  return plan;
}

ExplorationPlan plan_exploration(const Scenario& scenario, uint64_t seed) {
  ExplorationPlan plan;
  plan.engine = scenario.engine;
  plan.limits = *scenario.exploration;
  if (plan.limits.seed == 0) plan.limits.seed = derived_seed(seed, "crash states");
  for (const Profile profile : scenario.profiles) plan.profiles.push_back(storage_profile(profile));
  if (scenario.custom_profile) plan.profiles.push_back(storage_profile(*scenario.custom_profile));
  for (StorageProfile& profile : plan.profiles) {
    if (scenario.tear_unit_bytes) profile.tear_unit_bytes = static_cast<uint32_t>(*scenario.tear_unit_bytes);
  }
  plan.expect = scenario.expect.storage.value_or(ExpectedStorage());
  return plan;
}

// A crash leaves a core, and whether it is a good one is judged: without any way to a core nothing can be said.
bool wants_core(const Scenario& scenario) {
  const auto& excluded = scenario.expect.excluded;
  if (std::find(excluded.begin(), excluded.end(), "core_capture") != excluded.end()) return false;
  return std::any_of(scenario.faults.begin(), scenario.faults.end(), [](const ScenarioFault& fault) {
    const FaultAction action = find_fault_kind(fault.kind)->action;
    return postmortem::crashes_by_itself(action) || action == FaultAction::kPoisonMessage;
  });
}

std::vector<std::string> collect_needs(const Scenario& scenario, bool fuse) {
  std::set<std::string> needs(scenario.needs.begin(), scenario.needs.end());
  for (const ScenarioFault& fault : scenario.faults) {
    const FaultKind& kind = *find_fault_kind(fault.kind);
    needs.insert(kind.needs.begin(), kind.needs.end());
  }
  if (fuse) needs.insert("fuse");
  if (!scenario.exploration && wants_core(scenario)) needs.insert("core");
  return {needs.begin(), needs.end()};
}

std::string swept_kind(const Scenario& scenario) {
  const auto open = std::find_if(scenario.faults.begin(), scenario.faults.end(), is_place_open);
  return open == scenario.faults.end() ? "nothing" : open->kind;
}

std::string slug(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      text += c;
    } else if (c >= 'A' && c <= 'Z') {
      text += static_cast<char>(c - 'A' + 'a');
    } else if (!text.empty() && text.back() != '-') {
      text += '-';
    }
    if (text.size() == kSlugLengthMax) break;
  }
  while (!text.empty() && text.back() == '-') text.pop_back();
  return text.empty() ? "case" : text;
}

std::string unique_id(const Scenario& scenario, const Plan& plan, std::set<std::string>& taken) {
  const std::string suffix = std::string(".") + build_name(plan.build) +
                             (plan.repetition > 0 ? fmt::format(".{}", plan.repetition + 1) : std::string());
  std::string id = slug(scenario.name) + suffix;
  // Names that differ only in punctuation make the same slug; the hash of the name tells them apart.
  if (taken.count(id) > 0) id = fmt::format("{}-{:08x}{}", slug(scenario.name), fnv1a(scenario.name) >> 32, suffix);
  taken.insert(id);
  return id;
}

// One entry of the scenario is as many faults as starts in which it is armed; of a poison the last start survives.
void add_fault(const ScenarioFault& fault, const Scenario& scenario, uint64_t seed, uint32_t& deaths, Plan& plan) {
  for (uint32_t time = 1; time <= fault.times; ++time) {
    plan.faults.push_back(plan_fault(fault, scenario, plan.build, deaths, seed));
    FaultPlan& added = plan.faults.back();
    if (fault.times > 1 && time == fault.times) added.ends_process = false;
    if (added.ends_process) ++deaths;
    if (added.action == FaultAction::kCgroupOom || added.outside == OutsideAction::kMemoryLimit) {
      plan.cgroup_memory_limit_bytes = fault.limit_bytes.value_or(kCgroupLimitBytes);
    }
  }
}

Plan make_plan(const Scenario& scenario, Build build, uint32_t repetition, const PlanOptions& options) {
  Plan plan;
  plan.name = scenario.name;
  plan.why = scenario.why;
  plan.tags = scenario.tags;
  plan.run_seed = options.run_seed;
  const uint64_t seed = scenario.seed != 0 ? scenario.seed : options.run_seed;
  const size_t whole = scenario.name.size() - (scenario.name.ends_with(kNameOfSmallest) ? strlen(kNameOfSmallest) : 0);
  plan.seed = derived_seed(seed, scenario.name.substr(0, whole));
  plan.repetition = repetition;
  plan.build = build;
  plan.planted_bugs = options.planted_bugs;
  plan.harness_bug = options.harness_bug;
  plan.session = scenario.session;
  if (plan.session.seed == 0) plan.session.seed = derived_seed(seed, "session");
  uint32_t deaths = 0;
  for (size_t i = 0; i < scenario.faults.size(); ++i) {
    add_fault(scenario.faults[i], scenario, derived_seed(plan.seed, fmt::format("fault {}", i)), deaths, plan);
  }
  plan.exchange = scenario.exchange;
  const auto needs_layer = [](const FaultPlan& fault) { return postmortem::happens_in_storage(fault.action); };
  plan.fuse = !scenario.profiles.empty() || scenario.exploration ||
              std::any_of(plan.faults.begin(), plan.faults.end(), needs_layer);
  const auto loses_power = [](const FaultPlan& fault) { return fault.action == FaultAction::kPowerLoss; };
  const bool power_goes = std::any_of(plan.faults.begin(), plan.faults.end(), loses_power);
  plan.profile = !scenario.profiles.empty() ? scenario.profiles.front() : power_goes ? Profile::kE : Profile::kK;
  plan.expect = plan_expect(scenario.expect, plan.faults);
  if (has_own_engine(scenario)) plan.own_engine = scenario.engine;
  if (scenario.exploration) plan.exploration = plan_exploration(scenario, plan.seed);
  plan.deadline_ms = options.deadline_ms.value_or(scenario.deadline_ms);
  plan.core = scenario.core;
  plan.needs = collect_needs(scenario, plan.fuse);
  plan.scenario_path = scenario.path;
  plan.scenario_text = scenario.text;
  plan.resolved = scenario.resolved;
  if (scenario.sweep) {
    plan.sweep = fmt::format("{} at the {} passage of {}", swept_kind(scenario),
                             fmt::join(scenario.sweep->passages, ", "), fmt::join(scenario.sweep->points, ", "));
  }
  return plan;
}

}  // namespace

uint32_t Plan::incarnations_expected() const noexcept {
  uint32_t deaths = 0;
  for (const FaultPlan& fault : faults) deaths += fault.ends_process ? 1 : 0;
  return deaths + 1;
}

std::vector<Plan> make_plans(const std::vector<Scenario>& scenarios, const PlanOptions& options) {
  std::vector<Plan> plans;
  std::set<std::string> taken;
  const bool planted = options.planted_build || !options.planted_bugs.empty();
  for (const Scenario& scenario : scenarios) {
    for (const Build build : scenario.builds) {
      if (options.only_build && *options.only_build != build) continue;
      // The planted program is a release build; what only the asan build notices cannot be tried with it.
      if (planted && build != Build::kRelease) continue;
      for (uint32_t repetition = 0; repetition < options.repeat; ++repetition) {
        Plan plan = make_plan(scenario, planted ? Build::kPlanted : build, repetition, options);
        plan.id = unique_id(scenario, plan, taken);
        plans.push_back(std::move(plan));
      }
    }
  }
  return plans;
}

}  // namespace crashwright::harness
