#include "harness/scenario/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/scenario/sweep_case.h"
#include "harness/scenario/sweep_devices.h"
#include "harness/scenario/sweep_flips.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kSentBeforeFirstDeath = 30;

// Of a session that sends first: where its order of things shows.
constexpr std::string_view kOrderPath[] = {"strategy.decide",    "risk.check",         "gateway.before_append",
                                           "gateway.send_order", "gateway.after_send", "gateway.on_message",
                                           "audit.append",       "audit.before_write", "audit.after_write",
                                           "orders.apply",       "orders.execution",   "state.before_write"};

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

std::string kill_line(const std::string& point, bool in_recovery) {
  return fault_line("sigkill", "", point, passage_at("first", 1), in_recovery);
}

void add_passages(const SweepPlace& place, const PassageCount& count, const std::vector<SweepPassage>& passages,
                  std::vector<Scenario>& scenarios) {
  for (const SweepPassage& passage : passages) {
    for (const SweptFault& fault : swept_faults()) {
      if (!applies(fault, count.point, passage)) continue;
      scenarios.push_back(sweep_case(place, fault, count.point, passage));
    }
  }
}

void add_place(const SweepPlace& place, const std::vector<PassageCount>& counts, std::vector<Scenario>& scenarios) {
  for (const PassageCount& count : counts) {
    if (is_off_the_path(count.point)) continue;
    add_passages(place, count, swept_passages(count), scenarios);
  }
}

// Recovery of a recovery: the first one dies at the point by SIGKILL, the second one at the same point by each fault.
void add_second_recovery(const std::vector<PassageCount>& counts, SweepSession session,
                         std::vector<Scenario>& scenarios) {
  for (const PassageCount& count : counts) {
    if (!starts_with(count.point, "recovery.") || count.least == 0) continue;
    const SweepPlace place{"second recovery", session, sweep_first_death() + kill_line(count.point, true)};
    add_passages(place, count, {passage_at("first", 1)}, scenarios);
  }
}

void add_devices_of_second_recovery(const std::vector<PassageCount>& counts, SweepSession session,
                                    std::vector<Scenario>& scenarios) {
  const EngineEnd end = end_of_engine(counts, true);
  for (const PassageCount& count : counts) {
    if (!starts_with(count.point, "recovery.") || count.least == 0) continue;
    const SweepPlace place{"second recovery", session, sweep_first_death() + kill_line(count.point, true)};
    add_devices(place, {{count.point, 1, 1}}, end, scenarios);
  }
}

void add_flips_of_second_recovery(const std::vector<PassageCount>& counts, SweepSession session,
                                  std::vector<Scenario>& scenarios) {
  for (const PassageCount& count : counts) {
    if (!starts_with(count.point, "recovery.") || count.least == 0) continue;
    add_flips({"second recovery", session, sweep_first_death() + kill_line(count.point, true)}, {{count.point, 1, 1}},
              scenarios);
  }
}

// The next segment and the archive, in a log of small segments: what tears there is as a rule the head of a segment.
void add_small_segments(const SweepCensus& census, std::vector<Scenario>& scenarios) {
  const std::vector<SweepPassage> both = {passage_at("first", 1), passage_in_feed("middle", kSweepMiddleOfFeed)};
  const std::vector<SweepPassage> first = {passage_at("first", 1)};
  const std::string death = sweep_first_death();
  for (const char* const point : {"audit.next_segment", "audit.archive_segment"}) {
    const struct {
      const char* place;
      const std::vector<PassageCount>& counts;
      std::string deaths;
      const std::vector<SweepPassage>& passages;
    } parts[] = {{"trading, small segments", census.segments, "", both},
                 {"recovery, small segments", census.segments_recovery, death, both},
                 {"second recovery, small segments", census.segments_recovery, death + kill_line(point, true), first}};
    for (const auto& part : parts) {
      if (least_passages(part.counts, point) == 0) continue;
      add_passages({part.place, SweepSession::kSmallSegments, part.deaths}, {point}, part.passages, scenarios);
    }
  }
}

// The engine dies where it leaves the session that the exchange has ended, in the start after that, and in the next.
void add_new_session(const std::vector<PassageCount>& counts, std::vector<Scenario>& scenarios) {
  const std::string point = "recovery.session_left";
  if (least_passages(counts, point) == 0) return;
  std::string deaths;
  for (const char* const name : {"new session", "recovery into a new session", "second recovery into a new session"}) {
    add_passages({name, SweepSession::kNewSession, deaths}, {point}, {passage_at("first", 1)}, scenarios);
    deaths += kill_line(point, !deaths.empty());
  }
}

// What is logged after it was sent is not known to the log yet when the log fails: the exchange is the truth.
void add_sends_first(const char* name, const std::vector<PassageCount>& counts, const std::string& deaths,
                     std::vector<Scenario>& scenarios) {
  const SweepPlace place{name, SweepSession::kSendsFirst, deaths};
  std::vector<PassageCount> swept;
  for (const PassageCount& count : counts) {
    const bool on_the_way =
        std::find(std::begin(kOrderPath), std::end(kOrderPath), count.point) != std::end(kOrderPath);
    if (on_the_way || (place.in_recovery() && starts_with(count.point, "recovery."))) swept.push_back(count);
  }
  add_place(place, swept, scenarios);
  add_devices(place, swept, end_of_engine(counts, place.in_recovery()), scenarios);
  add_misdirected_snapshots(place, swept, scenarios);
  add_flips(place, swept, scenarios);
}

// How much is sent again, and what was cancelled meanwhile, differs from death to death: what the census counted in
// recovery is relied on in part, but where the feed alone decides it. A session that cancels has other messages.
std::vector<PassageCount> relied_on(const std::vector<PassageCount>& recovery, const std::vector<PassageCount>& trading,
                                    SweepSession session) {
  std::vector<PassageCount> counts = recovery;
  for (PassageCount& count : counts) {
    if (session == SweepSession::kCancelOnDisconnect && is_about_a_message(count.point)) count.last_about = 0;
    const bool as_without =
        count.least == count.most && count.least == least_passages(trading, count.point) && !has_subject(count.point);
    if (as_without || count.least <= 4) continue;
    count.least -= count.least / 4;
    ++count.most;
  }
  return counts;
}

}  // namespace

const char* sweep_leaves_out() noexcept {
  return "not swept: the last passage of audit.next_segment and audit.archive_segment, for how many segments a"
         " log has depends on how the machine groups its records; that of messages and executions in recovery "
         "where the exchange cancels, which are as many as orders were open; that of log calls (recorder.commit), "
         "which any thread may make; a lie about the very last write of the log, which nothing behind it vouches "
         "for; bit flips in a log too short to vouch for its middle and in slots that hold no snapshot yet, as under a "
         "feed that runs ahead and where orders are sent first, nor a misdirected snapshot in the middle of such a "
         "recovery; the crash handler's stages (handler.stage), in which an engine has died already: one death proves "
         "one fault, and scenarios/process crashes in each";
}

std::string sweep_session(const char* durability, SweepSession session, uint32_t checkpoint_every) {
  const char* more = "";
  const char* exchange = "";
  switch (session) {
    case SweepSession::kUsual:
      break;
    case SweepSession::kCancelOnDisconnect:
      exchange = "exchange: {cancel_on_disconnect: true}\n";
      break;
    case SweepSession::kSmallSegments:
      more = ", segment_bytes: 8192, archive_segments: true";
      break;
    case SweepSession::kNewSession:
      more = ", compare_drop_copy: true";
      exchange = "exchange: {new_session_after: 40}\n";
      break;
    case SweepSession::kSendsFirst:
      more = ", order_logging: after_send";
      break;
  }
  return fmt::format("session: {{messages: 3000, checkpoint_every: {}, durability: {}{}}}\n{}", checkpoint_every,
                     durability, more, exchange);
}

std::string sweep_first_death() {
  return fault_line("sigkill", "", "gateway.after_send", passage_at("", kSentBeforeFirstDeath), false);
}

std::vector<Scenario> sweep_scenarios(const SweepCensus& census) {
  std::vector<Scenario> scenarios;
  const std::string death = sweep_first_death();
  for (const SweepSession session : {SweepSession::kUsual, SweepSession::kCancelOnDisconnect}) {
    add_place({"trading", session}, census.trading, scenarios);
    const auto recovery = relied_on(census.recovery, census.trading, session);
    add_place({"recovery", session, death}, recovery, scenarios);
    add_second_recovery(census.recovery, session, scenarios);
    add_devices({"trading", session}, census.trading, end_of_engine(census.trading, false), scenarios);
    add_devices({"recovery", session, death}, recovery, end_of_engine(recovery, true), scenarios);
    add_devices_of_second_recovery(census.recovery, session, scenarios);
    add_misdirected_snapshots({"trading", session}, census.trading, scenarios);
    add_misdirected_snapshots({"recovery", session, death}, recovery, scenarios);
    add_flips({"trading", session}, census.trading, scenarios);
    add_flips({"recovery", session, death}, recovery, scenarios);
    add_flips_of_second_recovery(census.recovery, session, scenarios);
  }
  add_small_segments(census, scenarios);
  add_new_session(census.new_session, scenarios);
  add_sends_first("sends first", census.sends_first, "", scenarios);
  add_sends_first("recovery, sends first",
                  relied_on(census.sends_first_recovery, census.sends_first, SweepSession::kSendsFirst), death,
                  scenarios);
  add_lost_snapshots(census.trading, scenarios);
  return scenarios;
}

}  // namespace crashwright::harness
