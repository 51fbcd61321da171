// Runs made up for the tests of what is rendered and computed from them.
#pragma once

#include <string>

#include "harness/report/event_log.h"

namespace crashwright::harness::testing {

inline CaseFinished sample_case(const std::string& id, verifiers::Outcome outcome) {
  CaseFinished done;
  done.case_id = id;
  done.name = "name of " + id;
  done.build = "release";
  done.why = "a reason";
  done.folder = id;
  done.seed = 7;
  done.outcome = outcome;
  done.summary = "a summary";
  done.scenario_path = "scenarios/memory/x.yaml";
  done.repro = "crashwright run x.yaml --seed 7";
  done.verdicts = {{"rca", outcome, "the cause is right", {"detail"}}};
  done.faults = {{"sigkill", "feed.message", "confirmed", "wait status SIGKILL", 0, 5, ""}};
  done.duration_ns = 1'500'000'000;
  done.recovery_time_ns = 2'000'000;
  return done;
}

inline CaseRecord sample_record(const std::string& id, verifiers::Outcome outcome) {
  CaseRecord record;
  record.started = {id, "name of " + id, "release", 7, 1'700'000'000'000'000'000U};
  record.finished = sample_case(id, outcome);
  return record;
}

// A finished run of the cases, as many as planned.
inline RunRecord sample_run(std::vector<CaseRecord> cases) {
  RunRecord run;
  run.started = {
      1'700'000'000'000'000'000U, 7, cases.size(), 2, "crashwright 0.1.0", "mock_engine", "out", {"run"}, {}};
  run.cases = std::move(cases);
  run.finished = RunFinished{1'700'000'001'000'000'000U, 1'000'000'000, false, 0, ""};
  return run;
}

}  // namespace crashwright::harness::testing
