#include "harness/scenario/sweep_devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace crashwright::harness {
namespace {

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
  return applies(met, point, passage, SweepSession::kUsual);
}

// A page in front of the first slot stands the head of the store, in front of the second nothing: which of them is
// written next is known only of the first two snapshots.
bool is_misdirected(const Device& device) { return std::string_view(device.kind) == "misdirected_write"; }

bool is_swept(const SweepPlace& place, const Device& device, bool of_log, const std::string& point,
              const SweepPassage& passage) {
  const bool slot_is_known = !place.in_recovery() && !passage.is("last");
  if (!of_log && is_misdirected(device) && !slot_is_known) return false;
  if (!of_log) return is_before_a_snapshot(point) && a_write_follows(of_log, point, passage);
  return device.refused ? more_than_one_write_follows(point, passage) : a_write_follows(of_log, point, passage);
}

const char* expectation(const Device& device, bool of_log, const SweepPassage& passage) {
  if (of_log) return device.refused ? "expect: {outcome: refuse}\n" : "";
  const bool hits_the_head = is_misdirected(device) && passage.is("first");
  return hits_the_head ? "expect: {outcome: refuse, refusal: \"not a state store\"}\n" : "";
}

void add_device(const SweepPlace& place, const Device& device, const PassageCount& count, const EngineEnd& end,
                std::vector<Scenario>& scenarios) {
  for (const char* const file : {"audit.log", "state.bin"}) {
    const bool of_log = std::string_view(file) == "audit.log";
    for (const SweepPassage& passage : swept_passages(count)) {
      if (passage.is("late") || !is_swept(place, device, of_log, count.point, passage)) continue;
      const std::string name =
          fmt::format("sweep, {}: {} {} at {}, {} passage", place.name, device.label, file, count.point, passage.word);
      const std::string arguments = fmt::format("file: {}, {}", file, device.arguments);
      scenarios.push_back(sweep_case(
          name, "a device that lies is found out at the next start", sweep_session(device.durability, place.session),
          place.deaths + fault_line(device.kind, arguments, count.point, passage, place.in_recovery()) + end,
          expectation(device, of_log, passage)));
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
      scenarios.push_back(
          sweep_case(fmt::format("sweep, trading: lost write to state.bin at state.before_write, {} passage, {}",
                                 passage.word, ending.words),
                     "state is the fold of the log, whatever became of its snapshots",
                     sweep_session("process_death", SweepSession::kUsual), faults, ""));
    }
  }
}

void add_flips(const std::vector<PassageCount>& trading, std::vector<Scenario>& scenarios) {
  for (const PassageCount& count : trading) {
    if (is_off_the_path(count.point)) continue;
    for (const SweepPassage& passage : swept_passages(count)) {
      // Behind a first passage the log may be so short that nothing vouches for its middle.
      if (passage.is("first")) continue;
      scenarios.push_back(sweep_case(
          fmt::format("sweep, trading: bit flip in audit.log at {}, {} passage", count.point, passage.word),
          "damage is refused wherever the engine died", sweep_session("process_death", SweepSession::kUsual),
          fault_line("sigkill", "", count.point, passage, false) + "  - bit_flip: {file: audit.log, offset: 50%}\n",
          ""));
    }
  }
}

}  // namespace crashwright::harness
