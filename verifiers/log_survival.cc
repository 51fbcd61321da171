// Promise: every log record whose call returned is recovered, in order, intact; no record that was not written is
// accepted; at most one per thread in flight. Witness: the per-thread committed counters in the control block.
#include <filesystem>
#include <map>

#include "postmortem/flight_reader.h"
#include "verifiers/control_dump.h"
#include "verifiers/plain_log.h"
#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

using postmortem::FlightReadout;
using postmortem::FlightThread;

struct Counted {
  std::string name;
  uint64_t committed = 0;
};

std::map<uint32_t, Counted> counted_threads(const postmortem::ControlBlock& block) {
  std::map<uint32_t, Counted> threads;
  for (const postmortem::ThreadWitness& thread : block.threads) {
    const uint32_t tid = thread.tid.load();
    if (tid != 0) threads[tid] = {std::string(thread.name.view()), thread.log_committed.load()};
  }
  return threads;
}

void check_order(const FlightThread& thread, const std::string& who, Findings& findings) {
  uint64_t expected = thread.first_sequence;
  uint64_t previous_ns = 0;
  for (const postmortem::FlightRecord& record : thread.records) {
    if (record.sequence != expected) {
      findings.fail(who + ": record " + std::to_string(expected) + " is missing, " + std::to_string(record.sequence) +
                    " stands in its place");
      return;
    }
    ++expected;
    if (record.stamp_given) continue;  // a time that the engine handed over need not be in order
    if (record.monotonic_ns < previous_ns) {
      findings.fail(who + ": record " + std::to_string(record.sequence) + " is older than the one before it");
      return;
    }
    previous_ns = record.monotonic_ns;
  }
}

void judge_thread(const Counted& counted, const FlightThread* thread, const std::string& where, Findings& findings) {
  const std::string who = where + ", thread " + counted.name;
  if (thread == nullptr) {
    if (counted.committed > 0) {
      findings.fail(who + ": " + std::to_string(counted.committed) + " records committed, none recovered");
    }
    return;
  }
  const uint64_t last = thread->records.empty() ? thread->overwritten : thread->records.back().sequence;
  if (last < counted.committed) {
    findings.fail(who + ": " + std::to_string(counted.committed) + " records committed, recovered up to " +
                  std::to_string(last));
  }
  if (last > counted.committed + 1) {
    findings.fail(who + ": " + std::to_string(counted.committed) + " records committed, but record " +
                  std::to_string(last) + " was accepted");
  }
  for (const std::string& refused : thread->refused) findings.fail(who + ": " + refused);
  check_order(*thread, who, findings);
}

// The flight recorder's file, or what an engine with a format of its own exported.
Result<FlightReadout> read_log(const CaseView& view, const rca::ProcessFacts& engine) {
  const std::string pid = std::to_string(engine.pid);
  const std::string plain = view.path(engine.folder + "/log-" + pid + ".txt");
  if (std::filesystem::exists(plain)) return read_plain_log(plain);
  return postmortem::read_flight_file(view.path(engine.folder + "/flight-" + pid + ".rec"));
}

bool died_before_the_log_was_opened(const CaseView& view, const rca::ProcessFacts& engine) {
  const std::string pid = std::to_string(engine.pid);
  return !std::filesystem::exists(view.path(engine.folder + "/flight-" + pid + ".rec")) &&
         !std::filesystem::exists(view.path(engine.folder + "/log-" + pid + ".txt"));
}

// Returns the number of records recovered.
size_t judge_process(const CaseView& view, const rca::ProcessFacts& engine, Findings& findings) {
  const std::string where = "start " + std::to_string(engine.incarnation);
  const auto dump = read_control_dump(view.path(engine.control_dump));
  if (!dump) {
    findings.fail(where + ": no witness: " + dump.error().message);
    return 0;
  }
  const auto counted = counted_threads(**dump);
  if (counted.empty() && died_before_the_log_was_opened(view, engine)) return 0;
  const auto readout = read_log(view, engine);
  if (!readout) {
    findings.fail(where + ": " + readout.error().message);
    return 0;
  }
  std::map<uint32_t, const FlightThread*> recovered;
  size_t records = 0;
  for (const FlightThread& thread : readout->threads) {
    if (thread.signal_handler) {  // counted by the file alone
      records += thread.records.size();
      continue;
    }
    recovered[thread.tid] = &thread;
    records += thread.records.size();
    if (!thread.records.empty() && !counted.contains(thread.tid)) {
      findings.fail(where + ": records of thread " + std::to_string(thread.tid) + ", which never logged");
    }
  }
  for (const auto& [tid, thread] : counted) {
    const auto found = recovered.find(tid);
    judge_thread(thread, found == recovered.end() ? nullptr : found->second, where, findings);
  }
  return records;
}

}  // namespace

Verdict verify_log_survival(const CaseView& view) {
  Findings findings("log_survival");
  if (view.engines().empty()) return findings.error("no engine was ever started");
  size_t records = 0;
  for (const rca::ProcessFacts* engine : view.engines()) records += judge_process(view, *engine, findings);
  if (records == 0) findings.fail("not a single log record was recovered");
  return findings.finish("all committed records recovered, " + std::to_string(records) + " in all");
}

}  // namespace crashwright::verifiers
