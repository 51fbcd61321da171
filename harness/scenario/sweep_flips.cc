#include "harness/scenario/sweep_flips.h"

#include <algorithm>
#include <string_view>

namespace crashwright::harness {
namespace {

// What the files must hold for the flip to be met, and for what is expected of it to be the only right answer.
enum class FlipWants {
  kLongLog,    // blocks behind the middle one, which vouch for it
  kStore,      // the store of snapshots, which is made in the first start once the log is replayed
  kSnapshots,  // written into both slots
};

struct Flip {
  const char* label;
  const char* faults;
  FlipWants wants;
  const char* refusal;  // as SweepPromise::refusal
};

// In a slot behind its header, in what it holds. The slots begin at 4 KiB and at 1 MiB + 4 KiB (state_store_format.md).
constexpr Flip kFlips[] = {
    {"bit flip in audit.log", "  - bit_flip: {file: audit.log, offset: 50%}\n", FlipWants::kLongLog, ""},
    {"bit flip in the first slot of state.bin", "  - bit_flip: {file: state.bin, offset: 4200B}\n",
     FlipWants::kSnapshots, nullptr},
    {"bit flip in the second slot of state.bin", "  - bit_flip: {file: state.bin, offset: 1052776B}\n",
     FlipWants::kSnapshots, nullptr},
    {"bit flips in both slots of state.bin",
     "  - bit_flip: {file: state.bin, offset: 4200B}\n  - bit_flip: {file: state.bin, offset: 1052776B}\n",
     FlipWants::kSnapshots, nullptr},
    {"bit flip in the head of state.bin", "  - bit_flip: {file: state.bin, offset: 0B}\n", FlipWants::kStore,
     "not a state store"},
};

// Passed before there is a store of snapshots; of log calls the first.
constexpr std::string_view kBeforeTheStore[] = {"recovery.start", "recovery.snapshot_loaded", "recovery.audit_replayed",
                                                "recorder.commit"};

// The feed's thread is done with it before much is traded.
constexpr std::string_view kAheadOfTrading = "feed.message";

// Audit records between the checkpoints of a session whose slots are both to be filled early. On a busy machine the
// second one may still be empty: the bit is then in the last byte of the first, with the same right answer.
constexpr uint32_t kManySnapshots = 10;

// Where a first death lies behind everything is there. In the first start the log is short and the slots are empty at a
// first passage, but for the one that is passed when all is traded.
bool is_met(const Flip& flip, const SweepPlace& place, const std::string& point, const SweepPassage& passage) {
  // Orders run ahead of the log there: nobody knows how long it is at the death, nor whether there is a snapshot.
  if (flip.wants != FlipWants::kStore && place.session == SweepSession::kSendsFirst) return false;
  if (place.in_recovery()) return true;
  const bool first = passage.is("first") && point != "engine.session_end";
  if (flip.wants != FlipWants::kStore) return !first && point != kAheadOfTrading;
  return !first ||
         std::find(std::begin(kBeforeTheStore), std::end(kBeforeTheStore), point) == std::end(kBeforeTheStore);
}

void add_flip(const SweepPlace& place, const Flip& flip, const std::string& point, SweepPassage passage,
              std::vector<Scenario>& scenarios) {
  SweepPlace met = place;
  if (flip.wants == FlipWants::kSnapshots) {
    met.checkpoint_every = kManySnapshots;
    // An engine that waits for its log has at most 16 orders queued: in the middle of all the slots may be empty.
    if (!place.in_recovery() && passage.is("middle")) passage = passage_in_feed("middle", kSweepLateInFeed);
  }
  const std::string death = fault_line("sigkill", "", point, passage, place.in_recovery());
  scenarios.push_back(sweep_case(
      met, at_passage(flip.label, point, passage), death + flip.faults,
      {"damage at rest is refused, or done without, wherever the engine died", "process_death", flip.refusal}));
}

}  // namespace

void add_flips(const SweepPlace& place, const std::vector<PassageCount>& counts, std::vector<Scenario>& scenarios) {
  for (const PassageCount& count : counts) {
    if (is_off_the_path(count.point)) continue;
    for (const SweepPassage& passage : swept_passages(count)) {
      for (const Flip& flip : kFlips) {
        if (is_met(flip, place, count.point, passage)) add_flip(place, flip, count.point, passage, scenarios);
      }
    }
  }
}

}  // namespace crashwright::harness
