// One case: a scenario with its matrix and its seed resolved, down to every number the runner and the engine need.
//
// The same scenarios, run seed and options give the same plans on every machine: nothing here looks at a clock or at
// the machine. plan_json.h writes a plan as the `plan.json` that the verifiers read.
// Threads: values. Units: in the names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/scenario/scenario.h"
#include "harness/storage/explore/storage_profile.h"
#include "postmortem/control_block.h"

namespace crashwright::harness {

// One fault, ready for ControlBlock::faults. `action` kNone: nothing is armed in the block (bit_flip).
struct FaultPlan {
  std::string kind;
  postmortem::FaultAction action = postmortem::FaultAction::kNone;
  std::string point;
  std::string thread;
  std::string file;
  postmortem::FaultTrigger trigger = postmortem::FaultTrigger::kHit;
  postmortem::FaultScope scope = postmortem::FaultScope::kProcess;
  uint32_t incarnation = 0;  // bit_flip: the damage is done after the death of this incarnation
  uint64_t hit = 1;
  uint64_t probability_ppb = 0;
  uint64_t seed = 0;
  uint64_t feed_sequence = 0;
  uint64_t elapsed_ns = 0;
  std::array<int64_t, 4> args{};
  DamagePlace damage;  // bit_flip only
  OutsideAction outside = OutsideAction::kNothing;
  std::string output;     // trigger of an engine of one's own: `hit`-th line with this text
  std::string function;   // likewise: `hit`-th call of this function
  int signal_number = 0;  // kSignal
  ResourceLimit limit;    // kLimit
  bool ends_process = true;
  bool may_end = true;              // it can: the engine decides what comes of it
  std::vector<std::string> causes;  // that count as right, for this build

  // Done to the files between a death and the next start.
  [[nodiscard]] bool at_rest() const {
    return action == postmortem::FaultAction::kNone && outside == OutsideAction::kNothing;
  }
  // Of an engine without fault points: the storage layer waits for an operation from the trigger on, or from the start.
  [[nodiscard]] bool waits_in_storage() const {
    return point.empty() && postmortem::happens_in_storage(action) && action != postmortem::FaultAction::kPowerLoss;
  }
  // The operation that it waits for, 1 is the first: `hit`, unless that counts lines or calls.
  [[nodiscard]] uint64_t operation() const { return output.empty() && function.empty() ? hit : 1; }
};

struct ExpectPlan {
  ScenarioOutcome outcome = ScenarioOutcome::kCrash;
  bool outcome_given = false;       // by the scenario
  std::vector<std::string> causes;  // never empty: a case without an ending fault expects NO_FAULT
  std::string function;             // empty: not judged
  std::string thread;
  double confidence_min = 0.5;
  std::optional<uint64_t> recovery_time_ms;
  std::optional<uint64_t> handler_time_ms;
  std::string refusal;
  std::vector<std::string> excluded;
  std::vector<std::string> broken;
};

// An exploration of power losses: of a program of the scenario's own, else of the mock engine's session.
struct ExplorationPlan {
  ForeignEngine engine;
  std::vector<StorageProfile> profiles;
  StorageExploration limits;  // limits.seed resolved, never 0
  ExpectedStorage expect;
};

struct Plan {
  std::string id;    // folder name, unique in a run: "null-dereference-while-sending.release"
  std::string name;  // of the scenario
  std::string why;
  std::vector<std::string> tags;
  uint64_t run_seed = 0;
  uint64_t seed = 0;  // of this case, from run_seed, name and repetition
  uint32_t repetition = 0;
  Build build = Build::kRelease;
  std::vector<std::string> planted_bugs;  // --planted-bug of mock_engine_planted
  std::string harness_bug;                // a planted bug of the harness itself (base/harness_bug.h); empty: none
  Session session;                        // session.seed resolved, never 0
  std::vector<FaultPlan> faults;
  ExchangeBehaviour exchange;
  Profile profile = Profile::kK;
  bool fuse = false;                       // the data folder lives on the power-loss file system
  uint64_t cgroup_memory_limit_bytes = 0;  // 0: no cgroup of its own
  ExpectPlan expect;
  std::optional<ForeignEngine> own_engine;  // set: its deaths, instead of a session of the mock engine
  // Set: with a program of its own, nothing of session, faults and exchange is used.
  std::optional<ExplorationPlan> exploration;
  uint64_t deadline_ms = 20'000;   // for the whole case
  std::optional<CoreWay> core;     // the only way to a core that is left to the engine; absent: the best one
  std::vector<std::string> needs;  // "core" "fuse" "cgroup_memory", sorted, each once
  std::string scenario_path;
  std::string scenario_text;  // for <case>/scenario.yaml
  std::string sweep;          // what the sweep takes; empty: none. Such a plan cannot be run before it is unfolded
  bool resolved = false;      // the file gives other cases too: only the text repeats this one alone

  // Starts of the engine that the plan's faults lead to, the last one being the one meant to finish.
  [[nodiscard]] uint32_t incarnations_expected() const noexcept;
};

// Ends the name of what a case was reduced to, and changes nothing that its seed decides.
inline constexpr const char* kNameOfSmallest = ", smallest";

struct PlanOptions {
  uint64_t run_seed = 1;
  uint32_t repeat = 1;
  std::optional<Build> only_build;
  std::vector<std::string> planted_bugs;  // set: every case runs the planted build with these
  std::string harness_bug;
  bool planted_build = false;  // the planted build without a bug: the clean runs of `prove`
  std::optional<uint64_t> deadline_ms;
};

// All cases in order of scenarios, then builds, then repetitions. Empty when only_build leaves nothing.
[[nodiscard]] std::vector<Plan> make_plans(const std::vector<Scenario>& scenarios, const PlanOptions& options);

// The content of <case>/plan.json and of <case>/repro.sh. `crashwright` is the path of the program to repeat with,
// `engine` the --engine it was given (empty: none).
[[nodiscard]] std::string plan_to_json(const Plan& plan);
[[nodiscard]] std::string repro_script(const Plan& plan, const std::string& crashwright, const std::string& engine);
// The one command, as it is printed to people; `scenario` is the path to name in it.
[[nodiscard]] std::string repro_command(const Plan& plan, const std::string& scenario, const std::string& crashwright,
                                        const std::string& engine);

}  // namespace crashwright::harness
