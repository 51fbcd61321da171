#include "harness/scenario/sweep_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "harness/scenario/loader.h"

namespace crashwright::harness {
namespace {

constexpr SweptFault kFaults[] = {
    {"SIGKILL", "sigkill", "", "process_death", "", ""},
    {"SIGKILL of a session that syncs", "sigkill", "", "power_loss", "", ""},
    // In the first record: of a block of three records a sector is the whole.
    {"torn write to audit.log", "torn_write", "file: audit.log, bytes: 200B, ", "process_death", "", "audit.log"},
    {"torn write to state.bin", "torn_write", "file: state.bin, bytes: 64B, ", "process_death", "", "state.bin"},
    {"short write to audit.log", "short_write", "file: audit.log, bytes: 100B, ", "process_death", "", "audit.log"},
    {"short write to state.bin", "short_write", "file: state.bin, bytes: 64B, ", "process_death", "", "state.bin"},
    {"ENOSPC under audit.log", "enospc", "file: audit.log, ", "process_death", "", "audit.log"},
    {"EIO when audit.log is written", "eio_write", "file: audit.log, ", "process_death", "", "audit.log"},
    {"EIO when state.bin is written", "eio_write", "file: state.bin, ", "process_death", "", "state.bin",
     SweptReach::kCheckpointsOnly},
    {"EIO when audit.log is synced", "eio_fsync", "file: audit.log, ", "power_loss", "", "audit.log"},
    {"EIO when state.bin is synced", "eio_fsync", "file: state.bin, ", "power_loss", "", "state.bin"},
    {"stale reads of audit.log", "stale_read", "file: audit.log, ", "power_loss", "", "audit.log"},
    {"stale reads of state.bin", "stale_read", "file: state.bin, ", "power_loss", "", "state.bin",
     SweptReach::kCheckpointsOnly},
    {"power loss, ext4-like", "power_loss", "", "power_loss", "E", ""},
    {"power loss, strict", "power_loss", "", "power_loss", "S", ""},
};

// Behind the last passage of these no write of a snapshot needs to come.
constexpr std::string_view kBehindTheLastSnapshot[] = {"state.after_write",  "checkpoint.after_write", "audit.append",
                                                       "audit.before_write", "audit.after_write",      "orders.apply"};

// Behind these the write of the last record may be over already.
constexpr std::string_view kBehindTheLastRecord[] = {"audit.after_write", "orders.apply"};

template <size_t kCount>
bool contains(const std::string_view (&points)[kCount], const std::string& point) {
  return std::find(std::begin(points), std::end(points), point) != std::end(points);
}

bool file_still_used(const SweptFault& fault, const std::string& point, const SweepPassage& passage) {
  if (*fault.file == 0 || passage.is("first") || passage.is("middle")) return true;
  if (passage.is("late")) return point != "audit.after_write";
  return std::string_view(fault.file) == "state.bin" ? !contains(kBehindTheLastSnapshot, point)
                                                     : !contains(kBehindTheLastRecord, point);
}

// The exchange also cancels what is open when a session ends, after the engine has written its books: what is open
// there then, and how trading goes on, differs from the session without a death.
std::string tail_of(const SweepPlace& place, const SweepPromise& promise) {
  std::string tail;
  if (promise.refusal != nullptr) {
    const std::string words = *promise.refusal != 0 ? fmt::format(", refusal: \"{}\"", promise.refusal) : "";
    tail = fmt::format("expect: {{outcome: refuse{}}}\n", words);
  } else if (place.cancels()) {
    tail = "expect: {skip: [continuity, reconciliation]}\n";
  }
  if (*promise.profile != 0) tail += fmt::format("storage: {{profile: {}}}\n", promise.profile);
  return tail;
}

}  // namespace

std::span<const SweptFault> swept_faults() { return kFaults; }

bool is_off_the_path(const std::string& point) { return point == "handler.stage"; }

bool is_before_a_snapshot(const std::string& point) {
  return point == "checkpoint.before_write" || point == "state.before_write";
}

bool applies(const SweptFault& fault, const std::string& point, const SweepPassage& passage) {
  if (fault.reach == SweptReach::kCheckpointsOnly && !is_before_a_snapshot(point)) return false;
  return file_still_used(fault, point, passage);
}

std::string fault_line(const std::string& kind, const std::string& arguments, const std::string& point,
                       const SweepPassage& passage, bool in_recovery) {
  return fmt::format("  - {}: {{{}at: {}, {}: {}{}}}\n", kind, arguments, point, passage.trigger.key,
                     passage.trigger.value, in_recovery ? ", during: recovery" : "");
}

std::string at_passage(const std::string& label, const std::string& point, const SweepPassage& passage) {
  return fmt::format("{} at {}, {} passage", label, point, passage.word);
}

Scenario sweep_case(const SweepPlace& place, const std::string& what, const std::string& faults,
                    const SweepPromise& promise) {
  const std::string text = fmt::format("name: \"sweep, {}: {}{}\"\nwhy: {}\ntags: [sweep]\n{}faults:\n{}{}{}",
                                       place.name, what, place.cancels() ? ", cancel on disconnect" : "", promise.why,
                                       sweep_session(promise.durability, place.session, place.checkpoint_every),
                                       place.deaths, faults, tail_of(place, promise));
  Loaded loaded = load_scenario_text("sweep", text);
  CRASHWRIGHT_CHECK(loaded.diagnostics.empty() && loaded.scenarios.size() == 1, "the sweep writes valid scenarios");
  loaded.scenarios.front().path.clear();  // it has no file of its own
  return std::move(loaded.scenarios.front());
}

Scenario sweep_case(const SweepPlace& place, const SweptFault& fault, const std::string& point,
                    const SweepPassage& passage) {
  return sweep_case(place, at_passage(fault.label, point, passage),
                    fault_line(fault.kind, fault.arguments, point, passage, place.in_recovery()),
                    {"the same promises hold wherever the engine dies", fault.durability, nullptr, fault.profile});
}

std::vector<SweepPassage> swept_passages(const PassageCount& count) {
  if (!is_passed_per_batch(count.point) && count.point != "recorder.commit") return passages_of(count);
  if (count.least == 0) return {};
  return {passage_at("first", 1), passage_in_feed("middle", kSweepMiddleOfFeed),
          count.announced ? SweepPassage{"last", {"passage", "last"}} : passage_in_feed("late", kSweepLateInFeed)};
}

}  // namespace crashwright::harness
