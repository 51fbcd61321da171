// One state that a power loss may leave: where the run was, and what of it is lost.
//
// Everything before the crash point that is not listed as lost is kept. A tear unit holds what a prefix of the writes
// to it left there: a disk writes it as a whole, so a later write to it cannot survive without the earlier ones.
// Threads: values. Errors: none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "harness/storage/explore/hand_overs.h"
#include "harness/storage/explore/loss_list.h"
#include "harness/storage/explore/recording.h"
#include "harness/storage/fresh_blocks.h"

namespace crashwright::harness {

struct CrashState {
  uint32_t point = 0;
  LossList losses;
};

// A total order: fewer operations lost, fewer units of torn ones and sizes that outlive their bytes, an earlier crash
// point, then the losses themselves.
[[nodiscard]] bool is_simpler(const CrashState& a, const CrashState& b);

// What the profile knows about a recording, worked out once.
struct DurabilityModel {
  DurabilityModel(const Recording& of, const StorageProfile& with)
      : recording(of), profile(with), durable(durable_from(of, with)) {
    if (with.size_follows_data && !with.keeps_everything) fresh.emplace(of.operations);
    if (with.keeps_everything) hand_overs.emplace(of);
  }
  const Recording& recording;
  StorageProfile profile;
  std::vector<uint32_t> durable;
  std::optional<FreshBlocks> fresh;     // where the size follows the data
  std::optional<HandOvers> hand_overs;  // where everything is kept: no process died inside of one

  // May operation `index` be lost when the power goes at `point`?
  [[nodiscard]] bool may_lose(uint32_t index, uint32_t point) const { return index < point && durable[index] >= point; }
  // How many tokens were acknowledged before what the state leaves: of a write that a kill cut, those before it.
  [[nodiscard]] uint32_t acked(const CrashState& state) const {
    const bool cut = profile.keeps_everything && !state.losses.empty();
    return recording.acked(cut ? state.losses.back().operation : state.point);
  }
  // May a size that operation `index` made outlive its bytes, in some state?
  [[nodiscard]] bool may_keep_size(uint32_t index) const {
    return !profile.keeps_everything && recording.appends(index) &&
           (!fresh || fresh->given_end(index, recording.operations[index]) > 0);
  }
};

// The tear units of a write or zeroing: [first, last].
struct UnitRange {
  uint64_t first = 0;
  uint64_t last = 0;
};
[[nodiscard]] inline UnitRange units_of(const Operation& operation, uint32_t unit_bytes) {
  const uint64_t bytes = operation.size > 0 ? operation.size : 1;
  return {operation.offset / unit_bytes, (operation.offset + bytes - 1) / unit_bytes};
}

// How long a lost write leaves its file, where its size outlives its bytes; 0: no longer than it was.
[[nodiscard]] inline uint64_t size_left(const Loss& loss, const Operation& write) {
  return std::min(loss.size_kept, write.offset + write.size);
}

// Makes `state` one that the model allows: where everything is kept, moves it out of a hand-over of stores (to behind
// it) and cuts the write that the kill came in behind whole pages; otherwise drops losses of what is durable, closes
// losses of metadata to a suffix where the profile says so, loses what stands on a lost truncation, lets blocks that
// held nothing before come as a whole and in order where the size follows the data, keeps units that a later kept write
// covers, and lets a size outlive its bytes as far as the profile does.
void make_allowed(const DurabilityModel& model, CrashState& state);

// The losses of an allowed state from which all its others follow, in order;
// where finding them takes too long, some more.
[[nodiscard]] LossList roots_of(const DurabilityModel& model, const CrashState& state);

// True when the model allows exactly these losses.
[[nodiscard]] bool is_allowed(const DurabilityModel& model, const CrashState& state);

}  // namespace crashwright::harness
