#include "harness/scenario/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "harness/scenario/loader.h"
#include "harness/scenario/sweep_passages.h"

namespace crashwright::harness {
namespace {

// One column of the matrix: what happens at the point, and what the session must promise for it.
struct SweptFault {
  const char* label;
  const char* kind;
  const char* arguments;  // further keys of the fault, each followed by ", "
  const char* durability;
  const char* profile;  // of `storage:`; empty: none
  const char* file;     // that the fault waits for; empty: it happens at the point itself
};

constexpr SweptFault kFaults[] = {
    {"SIGKILL", "sigkill", "", "process_death", "", ""},
    {"SIGKILL of a session that syncs", "sigkill", "", "power_loss", "", ""},
    // In the first record: of a block of three records a sector is the whole.
    {"torn write to audit.log", "torn_write", "file: audit.log, bytes: 200B, ", "process_death", "", "audit.log"},
    {"torn write to state.bin", "torn_write", "file: state.bin, bytes: 64B, ", "process_death", "", "state.bin"},
    {"short write to audit.log", "short_write", "file: audit.log, bytes: 100B, ", "process_death", "", "audit.log"},
    {"short write to state.bin", "short_write", "file: state.bin, bytes: 64B, ", "process_death", "", "state.bin"},
    {"ENOSPC under audit.log", "enospc", "file: audit.log, ", "process_death", "", "audit.log"},
    {"EIO when audit.log is synced", "eio_fsync", "file: audit.log, ", "power_loss", "", "audit.log"},
    {"EIO when state.bin is synced", "eio_fsync", "file: state.bin, ", "power_loss", "", "state.bin"},
    {"power loss, ext4-like", "power_loss", "", "power_loss", "E", ""},
    {"power loss, strict", "power_loss", "", "power_loss", "S", ""},
};

constexpr uint64_t kSentBeforeFirstDeath = 30;
// Messages of the feed, of 3,000: behind both of them orders are decided and the last checkpoint comes; the first death
// of the cases in recovery lies before them.
constexpr uint64_t kMiddleOfFeed = 1'800;
constexpr uint64_t kLateInFeed = 2'600;

// Points that lie on no order's way: a log call, and the crash handler's own.
bool off_the_path(const std::string& point) { return point == "recorder.commit" || point == "handler.stage"; }

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

// Behind the last passage of these no further write or sync of the file needs to come. The last checkpoint is itself
// recorded in the log, and the exchange may still cancel behind it.
bool file_still_used(const SweptFault& fault, const std::string& point, const SweepPassage& passage) {
  if (*fault.file == 0 || std::string_view(passage.word) == "first") return true;
  if (point == "audit.after_write") return false;
  if (std::string_view(fault.file) != "state.bin" || std::string_view(passage.word) != "last") return true;
  constexpr std::string_view kBehindTheLastCheckpoint[] = {
      "state.after_write", "checkpoint.after_write", "audit.append",      "audit.before_write",
      "orders.apply",      "gateway.on_message",     "gateway.after_send"};
  return std::find(std::begin(kBehindTheLastCheckpoint), std::end(kBehindTheLastCheckpoint), point) ==
         std::end(kBehindTheLastCheckpoint);
}

std::string trigger_of(const SweepPassage& passage) {
  return passage.feed_sequence != 0 ? fmt::format("feed_sequence: {}", passage.feed_sequence)
                                    : fmt::format("hit: {}", passage.hit);
}

std::string fault_line(const SweptFault& fault, const std::string& point, const SweepPassage& passage,
                       bool in_recovery) {
  return fmt::format("  - {}: {{{}at: {}, {}{}}}\n", fault.kind, fault.arguments, point, trigger_of(passage),
                     in_recovery ? ", during: recovery" : "");
}

constexpr SweepPassage kFirst{"first", 1};

std::vector<SweepPassage> swept_passages(const PassageCount& count) {
  if (!is_passed_per_batch(count.point)) return passages_of(count);
  if (count.least == 0) return {};
  return {kFirst, {"middle", 0, kMiddleOfFeed}, {"late", 0, kLateInFeed}};
}

Scenario load(const std::string& text) {
  Loaded loaded = load_scenario_text("sweep", text);
  CRASHWRIGHT_CHECK(loaded.diagnostics.empty() && loaded.scenarios.size() == 1, "the sweep writes valid scenarios");
  loaded.scenarios.front().path.clear();  // it has no file of its own
  return std::move(loaded.scenarios.front());
}

// `deaths`: lines of the faults that lead to the start in which this one happens.
Scenario make(const char* place, const SweptFault& fault, const std::string& point, const SweepPassage& passage,
              const std::string& deaths, SweepSession session) {
  const bool cancels = session == SweepSession::kCancelOnDisconnect;
  const std::string name = fmt::format("sweep, {}: {} at {}, {} passage{}", place, fault.label, point, passage.word,
                                       cancels ? ", cancel on disconnect" : "");
  const std::string why = "the same promises hold wherever the engine dies";
  std::string text =
      fmt::format("name: \"{}\"\nwhy: {}\ntags: [sweep]\n{}faults:\n{}{}", name, why,
                  sweep_session(fault.durability, session), deaths, fault_line(fault, point, passage, !deaths.empty()));
  // The exchange also cancels what is open when a session ends, after the engine has written its books: what is open
  // there then, and how trading goes on, differs from the session without a death.
  if (cancels) text += "expect: {skip: [continuity, reconciliation]}\n";
  if (*fault.profile != 0) text += fmt::format("storage: {{profile: {}}}\n", fault.profile);
  return load(text);
}

// How much is sent again, and what was cancelled meanwhile, differs from death to death: what the census counted in
// recovery is relied on in part.
PassageCount relied_on(const PassageCount& count, bool in_recovery) {
  if (!in_recovery || count.least <= 4) return count;
  return {count.point, count.least - count.least / 4, count.most + 1};
}

void add_place(const char* place, const std::vector<PassageCount>& counts, const std::string& deaths,
               SweepSession session, std::vector<Scenario>& scenarios) {
  for (const PassageCount& count : counts) {
    if (off_the_path(count.point)) continue;
    for (const SweepPassage& passage : swept_passages(relied_on(count, !deaths.empty()))) {
      for (const SweptFault& fault : kFaults) {
        if (!file_still_used(fault, count.point, passage)) continue;
        scenarios.push_back(make(place, fault, count.point, passage, deaths, session));
      }
    }
  }
}

// Recovery of a recovery: the first one dies at the point by SIGKILL, the second one at the same point by each fault.
void add_second_recovery(const std::vector<PassageCount>& counts, SweepSession session,
                         std::vector<Scenario>& scenarios) {
  for (const PassageCount& count : counts) {
    if (!starts_with(count.point, "recovery.") || count.least == 0) continue;
    const std::string deaths = sweep_first_death() + fault_line(kFaults[0], count.point, kFirst, true);
    for (const SweptFault& fault : kFaults) {
      scenarios.push_back(make("second recovery", fault, count.point, kFirst, deaths, session));
    }
  }
}

// The next segment and the archive, in a log of small segments: what tears there is as a rule the head of a segment.
void add_small_segments(const SweepCensus& census, std::vector<Scenario>& scenarios) {
  constexpr SweepPassage kMiddle{"middle", 0, kMiddleOfFeed};
  const std::string death = sweep_first_death();
  for (const std::string point : {"audit.next_segment", "audit.archive_segment"}) {
    const struct {
      const char* place;
      const std::vector<PassageCount>& counts;
      std::string deaths;
      std::vector<SweepPassage> passages;
    } parts[] = {{"trading, small segments", census.segments, "", {kFirst, kMiddle}},
                 {"recovery, small segments", census.segments_recovery, death, {kFirst, kMiddle}},
                 {"second recovery, small segments",
                  census.segments_recovery,
                  death + fault_line(kFaults[0], point, kFirst, true),
                  {kFirst}}};
    for (const auto& part : parts) {
      if (least_passages(part.counts, point) == 0) continue;
      for (const SweepPassage& passage : part.passages) {
        for (const SweptFault& fault : kFaults) {
          scenarios.push_back(make(part.place, fault, point, passage, part.deaths, SweepSession::kSmallSegments));
        }
      }
    }
  }
}

// The engine dies where it leaves the session that the exchange has ended, in the start after that, and in the next.
void add_new_session(const std::vector<PassageCount>& counts, std::vector<Scenario>& scenarios) {
  const std::string point = "recovery.session_left";
  if (least_passages(counts, point) == 0) return;
  std::string deaths;
  for (const char* const place : {"new session", "recovery into a new session", "second recovery into a new session"}) {
    for (const SweptFault& fault : kFaults) {
      scenarios.push_back(make(place, fault, point, kFirst, deaths, SweepSession::kNewSession));
    }
    deaths += fault_line(kFaults[0], point, kFirst, !deaths.empty());
  }
}

// A write that the device says it took, and did not, and a death once the engine has traded on to its end. In the log
// the hole then stands before intact blocks, and the next start refuses; without a snapshot the log is folded anew.
void add_lost_writes(const char* place, const std::vector<PassageCount>& counts, const std::string& deaths,
                     const char* file, std::vector<Scenario>& scenarios) {
  const bool in_recovery = !deaths.empty();
  const uint64_t sent = least_passages(counts, "gateway.after_send");
  const uint64_t end = in_recovery ? sent - sent / 4 : sent;
  if (end == 0) return;
  const bool log = std::string_view(file) == "audit.log";
  for (const PassageCount& count : counts) {
    if (off_the_path(count.point) || count.point == "engine.session_end") continue;
    for (const SweepPassage& passage : swept_passages(count)) {
      const bool first = std::string_view(passage.word) == "first";
      if (!first && (in_recovery || std::string_view(passage.word) != "middle")) continue;
      scenarios.push_back(
          load(fmt::format("name: \"sweep, {}: lost write to {} at {}, {} passage\"\n"
                           "why: a device that lies is found out at the next start\ntags: [sweep]\n{}faults:\n{}"
                           "  - lost_write: {{file: {}, at: {}, {}{}}}\n"
                           "  - sigkill: {{at: gateway.after_send, hit: {}{}}}\n{}",
                           place, file, count.point, passage.word, sweep_session("process_death", SweepSession::kUsual),
                           deaths, file, count.point, trigger_of(passage), in_recovery ? ", during: recovery" : "", end,
                           in_recovery ? ", during: recovery" : "", log ? "expect: {outcome: refuse}\n" : "")));
    }
  }
}

std::string lost_slot_line(uint64_t hit) {
  return fmt::format("  - lost_write: {{file: state.bin, at: state.before_write, hit: {}}}\n", hit);
}

// The death comes while the slot of the lost write, or both slots, are still what they were before it.
void add_lost_slots(const std::vector<PassageCount>& trading, std::vector<Scenario>& scenarios) {
  struct Ending {
    const char* words;
    const char* point;   // of the death
    uint64_t writes_on;  // snapshots written behind the first lost one
    bool second_is_lost;
  };
  constexpr Ending kEndings[] = {{"dead behind it", "state.after_write", 0, false},
                                 {"dead behind the checkpoint", "checkpoint.after_write", 0, false},
                                 {"dead before the next", "state.before_write", 1, false},
                                 {"dead behind the next", "state.after_write", 1, false},
                                 {"the next lost too, dead behind it", "state.after_write", 1, true}};
  const uint64_t writes = least_passages(trading, "state.before_write");
  for (const SweepPassage& passage : passages_of({"state.before_write", writes, writes})) {
    for (const Ending& ending : kEndings) {
      if (passage.hit + ending.writes_on > writes) continue;
      std::string faults = lost_slot_line(passage.hit);
      if (ending.second_is_lost) faults += lost_slot_line(passage.hit + 1);
      faults += fmt::format("  - sigkill: {{at: {}, hit: {}}}\n", ending.point, passage.hit + ending.writes_on);
      scenarios.push_back(load(fmt::format(
          "name: \"sweep, trading: lost write to state.bin at state.before_write, {} passage, {}\"\n"
          "why: state is the fold of the log, whatever became of its snapshots\ntags: [sweep]\n{}faults:\n{}",
          passage.word, ending.words, sweep_session("process_death", SweepSession::kUsual), faults)));
    }
  }
}

// A bit of the log flips between the death and the restart. Behind a first passage the log may be so short that nothing
// vouches for its middle.
void add_flips(const std::vector<PassageCount>& counts, std::vector<Scenario>& scenarios) {
  for (const PassageCount& count : counts) {
    if (off_the_path(count.point)) continue;
    for (const SweepPassage& passage : swept_passages(count)) {
      if (passage.hit == 1) continue;
      const std::string name =
          fmt::format("sweep, trading: bit flip in audit.log at {}, {} passage", count.point, passage.word);
      scenarios.push_back(
          load(fmt::format("name: \"{}\"\nwhy: damage is refused wherever the engine died\n"
                           "tags: [sweep]\n{}faults:\n{}  - bit_flip: {{file: audit.log, offset: 50%}}\n",
                           name, sweep_session("process_death", SweepSession::kUsual),
                           fault_line(kFaults[0], count.point, passage, false))));
    }
  }
}

}  // namespace

const char* sweep_leaves_out() noexcept {
  return "not swept: reordered and misdirected writes, which audit_crash_images_test judges on images; bit "
         "flips of state.bin, which scenarios/storage has; bit flips in recovery; log calls (recorder.commit) and the "
         "crash handler's stages (handler.stage), which scenarios/process has";
}

std::string sweep_session(const char* durability, SweepSession session) {
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
  }
  return fmt::format("session: {{messages: 3000, checkpoint_every: 40, durability: {}{}}}\n{}", durability, more,
                     exchange);
}

std::string sweep_first_death() {
  return fmt::format("  - sigkill: {{at: gateway.after_send, hit: {}}}\n", kSentBeforeFirstDeath);
}

std::vector<Scenario> sweep_scenarios(const SweepCensus& census) {
  std::vector<Scenario> scenarios;
  for (const SweepSession session : {SweepSession::kUsual, SweepSession::kCancelOnDisconnect}) {
    add_place("trading", census.trading, "", session, scenarios);
    add_place("recovery", census.recovery, sweep_first_death(), session, scenarios);
    add_second_recovery(census.recovery, session, scenarios);
  }
  add_small_segments(census, scenarios);
  add_new_session(census.new_session, scenarios);
  for (const char* file : {"audit.log", "state.bin"}) {
    add_lost_writes("trading", census.trading, "", file, scenarios);
    add_lost_writes("recovery", census.recovery, sweep_first_death(), file, scenarios);
  }
  add_lost_slots(census.trading, scenarios);
  add_flips(census.trading, scenarios);
  return scenarios;
}

}  // namespace crashwright::harness
