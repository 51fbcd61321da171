// What happens in a run, as typed events: the single source of console, events.jsonl, JUnit and HTML.
//
// The runner and the command line emit, sinks listen. Threads: on_event() may be called from every job's thread; a sink
// locks for itself. Errors: a sink never fails the run; trouble while recording is told once on standard error.
// Times: wall nanoseconds since the epoch, durations in nanoseconds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rca/autopsy.h"
#include "rca/facts.h"
#include "verifiers/verifier.h"

namespace crashwright::harness {

// Which part of all cases this run had; of a merged run also the parts that nobody brought.
struct RunShard {
  uint64_t index = 0;  // from 1; 0: the run was not split, or this is the merged run
  uint64_t count = 0;  // 0: the run was not split
  std::vector<uint64_t> missing{};
};

struct RunStarted {
  uint64_t wall_ns = 0;
  uint64_t seed = 0;
  uint64_t cases = 0;
  uint64_t jobs = 0;
  std::string version;
  std::string engine;
  std::string folder;
  std::vector<std::string> argv;
  RunShard shard{};
};

// Something about the whole run that people should know: which way of core capture works here, a need not met.
struct RunNote {
  std::string text;
};

struct CaseStarted {
  std::string case_id;
  std::string name;
  std::string build;
  uint64_t seed = 0;
  uint64_t wall_ns = 0;
  // What the harness changes in the environment of the first engine, secrets masked: "NAME=value", or "NAME" for one
  // that is taken away. Empty in runs recorded before it came.
  std::vector<std::string> environment{};
};

// A step of a case: "fault fired", "engine died: SIGSEGV", "recovered".
struct CaseNote {
  std::string case_id;
  std::string text;
  uint64_t wall_ns = 0;
};

// A failure that an exploration of power losses found; as StorageFinding (harness/storage/explore/finding.h).
struct ExploredFinding {
  std::string profile;            // the weakest that shows it
  std::string reason;             // what the checker said first
  std::vector<std::string> lost;  // operations, in words
  std::string last_operation;     // before the power loss
  uint64_t acknowledged = 0;
  uint64_t states = 0;  // that fail alike
  std::string fix;      // the added sync that makes them pass; empty: none found
  std::string folder;   // of the evidence, relative to the run's folder; empty: not kept
};

// What an exploration came to.
struct ExplorationOutcome {
  std::string verdict;  // exploration_verdict()
  uint64_t operations = 0;
  uint64_t acknowledged = 0;
  uint64_t states = 0;  // distinct ones judged
  uint64_t violated = 0;
  std::vector<std::string> profiles;
  std::vector<ExploredFinding> findings;
};

struct CaseFinished {
  std::string case_id;
  std::string name;
  std::string build;
  std::string why;
  std::string folder;  // relative to the run's folder; empty when it was not kept
  uint64_t seed = 0;
  verifiers::Outcome outcome = verifiers::Outcome::kError;
  std::string summary;         // the verdict and its reason in one sentence
  std::string need;            // kSkipped: what is missing
  bool machine_lacks = false;  // kError: for want of something of the machine (room, a permission), no bug of ours
  std::string scenario_path;
  std::string repro;  // the command that repeats it
  std::vector<verifiers::Verdict> verdicts;
  std::vector<rca::InjectedFaultFact> faults;
  // Every fault point of the engine and how often it was passed, in all starts together. Empty: none started.
  std::map<std::string, uint64_t> passages;
  std::optional<rca::AutopsyReport> autopsy;
  std::optional<uint64_t> recovery_time_ns;
  std::optional<ExplorationOutcome> exploration;
  uint64_t duration_ns = 0;
};

// Absent at the end of events.jsonl: the run was interrupted.
struct RunFinished {
  uint64_t wall_ns = 0;
  uint64_t duration_ns = 0;
  bool interrupted = false;
  int exit_code = 0;
  std::string stopped_by{};  // what ended it before all cases: "--for", "--max-fail"; empty: nothing
};

using Event = std::variant<RunStarted, RunNote, CaseStarted, CaseNote, CaseFinished, RunFinished>;

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_event(const Event& event) = 0;
};

}  // namespace crashwright::harness
