#include "harness/runner/census.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "harness/runner/files.h"
#include "harness/runner/passages.h"
#include "harness/scenario/loader.h"
#include "harness/scenario/plan.h"
#include "harness/scenario/sweep_passages.h"
#include "postmortem/audit_log.h"
#include "verifiers/control_dump.h"

namespace crashwright::harness {
namespace {

using postmortem::AuditRecordType;

constexpr uint32_t kSweepCounts = 3;

// What the last order and the last message of a session are known by: 0 where runs differ, or the log cannot be read.
struct LastOnes {
  uint64_t order_feed = 0;
  uint64_t message = 0;
  uint64_t execution = 0;

  [[nodiscard]] uint64_t of(const std::string& point) const {
    if (!has_subject(point)) return 0;
    if (point == "orders.execution") return execution;
    return is_about_a_message(point) ? message : order_feed;
  }
};

struct Silence : EventSink {
  void on_event(const Event& event) override { static_cast<void>(event); }
};

// Sessions of both durabilities, on the bare folder and on the storage layer: what is slower groups more.
std::vector<Scenario> counted_sessions(SweepSession session, const std::string& deaths) {
  std::vector<Scenario> scenarios;
  for (const char* const durability : {"process_death", "power_loss"}) {
    for (const char* const storage : {"", "storage: {profile: E}\n"}) {
      const std::string text =
          fmt::format("name: census {}\n{}{}{}", scenarios.size(), sweep_session(durability, session), deaths, storage);
      Loaded loaded = load_scenario_text("census", text);
      CRASHWRIGHT_CHECK(loaded.scenarios.size() == 1, "the census writes valid scenarios");
      scenarios.push_back(std::move(loaded.scenarios.front()));
    }
  }
  return scenarios;
}

// Takes one dump into the counts; a point that this run did not pass has been passed zero times.
void count_dump(const postmortem::ControlBlock& block, bool first, std::vector<PassageCount>& counts) {
  for (const auto& [point, hits] : passages_of(block)) {
    const auto known = std::find_if(counts.begin(), counts.end(),
                                    [&name = point](const PassageCount& count) { return count.point == name; });
    if (known == counts.end()) {
      counts.push_back({point, first ? hits : 0, hits});
    } else {
      known->least = std::min(known->least, hits);
      known->most = std::max(known->most, hits);
    }
  }
}

LastOnes last_ones(const std::string& data_folder) {
  LastOnes last;
  const auto log = postmortem::read_audit_log(data_folder + "/audit.log");
  if (!log) return last;
  for (const postmortem::AuditRecord& record : log->records) {
    const bool intent = record.type == AuditRecordType::kIntentEnter ||
                        record.type == AuditRecordType::kIntentReplace || record.type == AuditRecordType::kIntentCancel;
    if (intent) last.order_feed = std::max(last.order_feed, record.feed_sequence);
    if (record.type == AuditRecordType::kLogin) continue;  // the next one that is wanted
    last.message = std::max(last.message, record.session_sequence);
    if (record.type == AuditRecordType::kExecuted) last.execution = std::max(last.execution, record.session_sequence);
  }
  return last;
}

// Takes what one counted start tells of its last passages.
void note_last(const postmortem::ControlBlock& block, const LastOnes& last, bool first,
               std::vector<PassageCount>& counts) {
  const bool announced = block.engine.recovery_phase.load() == postmortem::RecoveryPhase::kEnding;
  for (PassageCount& count : counts) {
    const bool ends = announced && is_passed_at_the_end(count.point);
    count.announced = ends && (first || count.announced);
    const uint64_t about = last.of(count.point);
    count.last_about = first || count.last_about == about ? about : 0;
  }
}

// Runs the plans and counts in the start with that number.
Result<SessionCount> count_in(const std::vector<Plan>& plans, const RunOptions& options, const std::string& start) {
  Silence silence;
  const auto summary = run_plans(plans, options, silence);
  if (!summary) return tl::unexpected(summary.error());
  SessionCount counted;
  bool first = true;
  for (const CaseFinished& done : summary->cases) {
    if (done.outcome == verifiers::Outcome::kSkipped) continue;  // without the storage layer the bare folder must do
    if (done.outcome == verifiers::Outcome::kFail) {
      if (counted.broken.empty()) counted.broken = done.summary;
    } else if (done.outcome != verifiers::Outcome::kPass) {
      return fail(ErrorKind::kInternal, "a session to count in did not pass: " + done.summary);
    }
    const std::string folder = fmt::format("{}/{}/{}", options.folder, done.folder, start);
    const auto dump = verifiers::read_control_dump(folder + "/control.bin");
    if (!dump) return tl::unexpected(dump.error());
    count_dump(**dump, first, counted.passages);
    note_last(**dump, last_ones(folder + "/data"), first, counted.passages);
    first = false;
  }
  if (counted.passages.empty()) return fail(ErrorKind::kInternal, "no session could be counted");
  std::sort(counted.passages.begin(), counted.passages.end(),
            [](const PassageCount& a, const PassageCount& b) { return a.point < b.point; });
  return counted;
}

Result<SessionCount> count_passages(RunOptions options, uint64_t seed, SweepSession session,
                                    const std::string& deaths) {
  const std::string start = deaths.empty() ? "inc0" : "inc1";
  // A folder of its own: what an earlier exchange left, its port for one, would be taken for that of this one.
  options.folder += fmt::format("/{}-{}", static_cast<int>(session), start);
  if (auto made = make_folder(options.folder); !made) return tl::unexpected(made.error());
  PlanOptions planning;
  planning.run_seed = seed;
  return count_in(make_plans(counted_sessions(session, deaths), planning), options, start);
}

}  // namespace

Result<SweepCensus> take_census(RunOptions options, uint64_t run_seed) {
  options.keep_all = true;
  SweepCensus census;
  const std::string death = std::string("faults:\n") + sweep_first_death();
  const struct {
    SweepSession session;
    std::string deaths;
    std::vector<PassageCount>& counts;
  } parts[] = {{SweepSession::kUsual, "", census.trading},
               {SweepSession::kUsual, death, census.recovery},
               {SweepSession::kSmallSegments, "", census.segments},
               {SweepSession::kSmallSegments, death, census.segments_recovery},
               {SweepSession::kNewSession, "", census.new_session},
               {SweepSession::kSendsFirst, "", census.sends_first},
               {SweepSession::kSendsFirst, death, census.sends_first_recovery}};
  for (const auto& part : parts) {
    auto counted = count_passages(options, run_seed, part.session, part.deaths);
    if (!counted) return tl::unexpected(counted.error());
    part.counts = std::move(counted->passages);
    if (census.broken.empty()) census.broken = std::move(counted->broken);
  }
  return census;
}

Result<SessionCount> count_for_sweep(RunOptions options, const Scenario& scenario, uint64_t run_seed) {
  options.keep_all = true;
  PlanOptions planning;
  planning.run_seed = run_seed;
  planning.repeat = kSweepCounts;
  planning.only_build = scenario.builds.front();
  const std::vector<Plan> plans = make_plans({session_to_count(scenario)}, planning);
  CRASHWRIGHT_CHECK(!plans.empty(), "a scenario has a case of its first build");
  return count_in(plans, options, fmt::format("inc{}", plans.front().incarnations_expected() - 1));
}

}  // namespace crashwright::harness
