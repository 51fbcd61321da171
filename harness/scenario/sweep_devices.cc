#include "harness/scenario/sweep_devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace crashwright::harness {
namespace {

constexpr const char* kWhy = "a device that lies is found out at the next start";

// Records between checkpoints with which the last one of a session is its only one, or the second of two: a session has
// some 215 to 245.
constexpr uint32_t kOneSnapshot = 100'000;
constexpr uint32_t kTwoSnapshots = 180;

struct Device {
  const char* label;  // before the file
  const char* kind;
  const char* arguments;
  const char* durability;
  bool refused;  // of the log: acknowledged, and not there
};

constexpr Device kDevices[] = {
    {"lost write to", "lost_write", "", "process_death", true},
    {"misdirected write to", "misdirected_write", "", "power_loss", true},
    {"flipped write to", "flipped_write", "", "power_loss", true},
    {"reordered write to", "reordered_write", "", "power_loss", false},
    {"slow sync of", "slow_fsync", "for: 60ms, ", "power_loss", false},
};

// Behind the last passage of these a record of the order or of its answer is still to come, and the record of the last
// checkpoint behind that. Elsewhere the next write may be the last of the log, which nothing behind it vouches for.
constexpr std::string_view kRecordsFollow[] = {"strategy.decide",    "risk.check",         "gateway.before_append",
                                               "gateway.send_order", "gateway.after_send", "gateway.on_message"};

bool more_than_one_write_follows(const std::string& point, const SweepPassage& passage) {
  if (point == "engine.session_end") return false;
  if (passage.is("first") || passage.is("middle")) return true;
  return std::find(std::begin(kRecordsFollow), std::end(kRecordsFollow), point) != std::end(kRecordsFollow);
}

bool a_write_follows(bool of_log, const std::string& point, const SweepPassage& passage) {
  const SweptFault met{"", "", "", "", "", of_log ? "audit.log" : "state.bin"};
  return applies(met, point, passage);
}

// Where a snapshot that is misdirected lands says which slot it was for: add_misdirected_snapshots().
bool is_misdirected(const Device& device) { return std::string_view(device.kind) == "misdirected_write"; }

bool is_swept(const Device& device, bool of_log, const std::string& point, const SweepPassage& passage) {
  if (!of_log) {
    return !is_misdirected(device) && is_before_a_snapshot(point) && a_write_follows(of_log, point, passage);
  }
  return device.refused ? more_than_one_write_follows(point, passage) : a_write_follows(of_log, point, passage);
}

void add_device(const SweepPlace& place, const Device& device, const PassageCount& count, const EngineEnd& end,
                std::vector<Scenario>& scenarios) {
  for (const char* const file : {"audit.log", "state.bin"}) {
    const bool of_log = std::string_view(file) == "audit.log";
    for (const SweepPassage& passage : swept_passages(count)) {
      if (passage.is("late") || !is_swept(device, of_log, count.point, passage)) continue;
      const std::string arguments = fmt::format("file: {}, {}", file, device.arguments);
      scenarios.push_back(
          sweep_case(place, at_passage(fmt::format("{} {}", device.label, file), count.point, passage),
                     fault_line(device.kind, arguments, count.point, passage, place.in_recovery()) + end,
                     {kWhy, device.durability, of_log && device.refused ? "" : nullptr}));
    }
  }
}

// The death comes while the slot of the lost write, or both slots, are still what they were before it.
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

std::string lost_snapshot(const SweepPassage& passage) {
  return fault_line("lost_write", "file: state.bin, ", "state.before_write", passage, false);
}

// A place in which it is known whether the snapshot at a passage is for the first slot.
using KnownSlot = std::pair<SweepPlace, bool>;

// Snapshots go into the slots in turn, so that their number before says which is next. In recovery the one of what was
// recovered is the first, and one more at least follows.
std::vector<KnownSlot> known_slots(const SweepPlace& place, const SweepPassage& passage) {
  const uint64_t hit = std::stoull(passage.trigger.value);
  if (!place.in_recovery()) return {{place, hit % 2 == 1}};
  std::vector<KnownSlot> known;
  for (const uint64_t before : {2, 3}) {
    SweepPlace behind = place;
    behind.deaths = death_behind_snapshots(before);
    known.push_back({behind, (before + hit) % 2 == 1});
  }
  return known;
}

// The last snapshot of a session that takes no other one, but of what it has recovered; and of one that takes one more.
// What the first death leaves is recovered into the first slot, what a second one leaves into the second.
std::vector<KnownSlot> ends_with_known_slot(const SweepPlace& place) {
  SweepPlace one = place;
  one.checkpoint_every = kOneSnapshot;
  SweepPlace other = one;
  if (place.in_recovery()) {
    other.name = place.session == SweepSession::kSendsFirst ? "second recovery, sends first" : "second recovery";
    other.deaths += fault_line("sigkill", "", "recovery.reconciled", passage_at("first", 1), true);
  } else {
    other.checkpoint_every = kTwoSnapshots;
  }
  return {{one, !place.in_recovery()}, {other, place.in_recovery()}};
}

// A page in front of the first slot stands the head of the store, in front of the second nothing.
void add_misdirected_snapshot(const SweepPlace& place, const std::string& point, const SweepPassage& passage,
                              bool first_slot, const EngineEnd& end, std::vector<Scenario>& scenarios) {
  const std::string label =
      fmt::format("misdirected write to the {} slot of state.bin", first_slot ? "first" : "second");
  const std::string write = fault_line("misdirected_write", "file: state.bin, ", point, passage, place.in_recovery());
  scenarios.push_back(sweep_case(place, at_passage(label, point, passage), write + end,
                                 {kWhy, "power_loss", first_slot ? "not a state store" : nullptr}));
}

}  // namespace

EngineEnd end_of_engine(const std::vector<PassageCount>& counts, bool in_recovery) {
  const bool announced =
      std::any_of(counts.begin(), counts.end(), [](const PassageCount& count) { return count.announced; });
  if (announced) return fault_line("sigkill", "", "audit.after_write", {"last", {"passage", "last"}}, in_recovery);
  const uint64_t sure = std::max<uint64_t>(least_passages(counts, "gateway.after_send"), 1);
  return fault_line("sigkill", "", "gateway.after_send", passage_at("late", sure), in_recovery);
}

void add_devices(const SweepPlace& place, const std::vector<PassageCount>& counts, const EngineEnd& end,
                 std::vector<Scenario>& scenarios) {
  for (const PassageCount& count : counts) {
    if (is_off_the_path(count.point)) continue;
    for (const Device& device : kDevices) add_device(place, device, count, end, scenarios);
  }
}

std::string death_behind_snapshots(uint64_t snapshots) {
  return fault_line("sigkill", "", "state.after_write", passage_at("", snapshots), false);
}

void add_misdirected_snapshots(const SweepPlace& place, const std::vector<PassageCount>& counts,
                               std::vector<Scenario>& scenarios) {
  const EngineEnd end = end_of_engine(counts, place.in_recovery());
  for (const PassageCount& count : counts) {
    if (!is_before_a_snapshot(count.point)) continue;
    for (const SweepPassage& passage : passages_of(count)) {
      const bool announced = passage.trigger.key == "passage";
      if (passage.is("late") || (passage.is("last") && !announced)) continue;
      const bool again = place.in_recovery() && passage.is("middle");
      if (again && place.session == SweepSession::kSendsFirst) continue;  // it is through before it is logged
      const SweepPassage met = again ? passage_at("middle", 2) : passage;
      for (const auto& [known, first_slot] : announced ? ends_with_known_slot(place) : known_slots(place, met)) {
        add_misdirected_snapshot(known, count.point, met, first_slot, end, scenarios);
      }
    }
  }
}

void add_lost_snapshots(const std::vector<PassageCount>& trading, std::vector<Scenario>& scenarios) {
  const auto count = std::find_if(trading.begin(), trading.end(),
                                  [](const PassageCount& one) { return one.point == "state.before_write"; });
  if (count == trading.end()) return;
  for (const SweepPassage& passage : passages_of(*count)) {
    const bool last = passage.is("last");
    const uint64_t hit = last ? count->least : std::stoull(passage.trigger.value);
    for (const Ending& ending : kEndings) {
      if (hit + ending.writes_on > count->least) continue;
      const auto in_so_many = [&](uint64_t writes) { return last ? passage : passage_at("", hit + writes); };
      std::string faults = lost_snapshot(passage);
      if (ending.second_is_lost) faults += lost_snapshot(in_so_many(1));
      faults += fault_line("sigkill", "", ending.point, in_so_many(ending.writes_on), false);
      scenarios.push_back(sweep_case(
          {"trading"}, at_passage("lost write to state.bin", "state.before_write", passage) + ", " + ending.words,
          faults, {"state is the fold of the log, whatever became of its snapshots", "process_death"}));
    }
  }
}

}  // namespace crashwright::harness
