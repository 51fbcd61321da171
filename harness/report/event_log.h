// events.jsonl: every event appended as one line the moment it happens, and the whole run read back from it.
//
// Threads: on_event() from any; each line is one write() to a descriptor opened with O_APPEND, so lines of several
//          threads and processes never mix.
// Errors:  a line that cannot be written is told once on standard error and never fails the run. Reading skips what is
//          damaged (the torn last line of a killed harness) and counts it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "harness/report/events.h"

namespace crashwright::harness {

class EventLog : public EventSink {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EventLog>> open(const std::string& path);
  void on_event(const Event& event) override;

 private:
  explicit EventLog(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
  std::atomic<bool> complained_{false};
};

// Hands every event on to all of `sinks`, in their order.
class EventFan : public EventSink {
 public:
  explicit EventFan(std::vector<EventSink*> sinks) : sinks_(std::move(sinks)) {}
  void on_event(const Event& event) override {
    for (EventSink* const sink : sinks_) sink->on_event(event);
  }

 private:
  std::vector<EventSink*> sinks_;
};

struct CaseRecord {
  CaseStarted started;
  std::vector<CaseNote> notes;
  std::optional<CaseFinished> finished;  // empty: the run was interrupted in it
};

struct RunRecord {
  RunStarted started;
  std::vector<RunNote> notes;
  std::vector<CaseRecord> cases;        // in order of their start
  std::optional<RunFinished> finished;  // empty: interrupted
  size_t damaged_lines = 0;
};

[[nodiscard]] Result<RunRecord> read_events(const std::string& path);

// Cases by outcome, in the order of verifiers::Outcome.
struct OutcomeCounts {
  size_t pass = 0, fail = 0, inconclusive = 0, skipped = 0, error = 0, unfinished = 0;
  size_t judge_failed = 0;    // of those in error: a checker or a verifier could not judge
  size_t machine_lacks = 0;   // of those in error: for want of something of the machine
  size_t never_started = 0;   // planned, and no sign of them
  size_t missing_shards = 0;  // of a merged run
};
[[nodiscard]] OutcomeCounts count_outcomes(const RunRecord& run);
// Of a case in error: it is a checker or a verifier that could not judge, and not the harness that failed.
[[nodiscard]] bool judge_failed(const std::vector<verifiers::Verdict>& verdicts);

}  // namespace crashwright::harness
