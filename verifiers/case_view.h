// Read access to one case folder: facts, plan and the artefacts that a verifier compares.
//
// Threads: a value; const access from any thread. Errors: open() refuses a folder without facts.json or plan.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "rca/facts.h"

namespace crashwright::verifiers {

// How a case is meant to end; stored in plan.json under "expect"."outcome".
enum class ExpectedOutcome {
  kCrash,   // an incarnation dies of the fault, the restarted engine finishes
  kFinish,  // no death: the first incarnation finishes (controls, disconnects, stop and go)
  kRefuse,  // the restarted engine refuses to trade because it found damage
};

struct PlannedFault {
  std::string kind;
  std::string point;
  uint32_t incarnation = 0;
  bool ends_process = true;
  bool at_rest = false;             // the harness damages a file between a death and the restart
  std::vector<std::string> causes;  // causes that count as right for this fault in this build
};

struct Expectations {
  ExpectedOutcome outcome = ExpectedOutcome::kCrash;
  bool outcome_given = false;           // by the scenario, and not by what its faults as a rule come to
  std::vector<std::string> rca_causes;  // empty: those of the first fault
  std::string rca_function;             // empty: not judged
  std::string rca_thread;
  std::string refusal;  // what an engine that is to refuse must say; empty: its account of the damage
  double rca_confidence_min = 0.5;
  std::optional<uint64_t> recovery_time_ms_max;
  std::optional<uint64_t> handler_time_ms_max;
  std::vector<std::string> excluded;  // promises not judged in this scenario
  std::vector<std::string> broken;    // promises that must be broken in this scenario
};

struct CasePlan {
  std::string name;
  std::string build;               // "release", "asan", "planted"
  std::string durability;          // "process_death", "power_loss"
  bool log_after_send = false;     // the session sends first: the log of a death may lack what was sent last
  bool compare_drop_copy = false;  // the engine is given the exchange's drop copy
  std::string profile;             // "K", "E", "S"
  std::vector<PlannedFault> faults;
  Expectations expect;
};

struct CaseView {
  std::string folder;
  CasePlan plan;
  rca::CaseFacts facts;

  [[nodiscard]] std::string path(const std::string& relative) const { return folder + "/" + relative; }
  // Engine processes only, in order of start.
  [[nodiscard]] std::vector<const rca::ProcessFacts*> engines() const;
  // The first engine process that did not finish, or null when all did.
  [[nodiscard]] const rca::ProcessFacts* first_death() const;
};

[[nodiscard]] Result<CaseView> open_case(const std::string& folder);

}  // namespace crashwright::verifiers
