// The crash states worth judging, most telling first.
//
// Directed ones at every kind of crash point: nothing lost, everything lost, all data or all metadata lost, each
// prefix of the metadata, each operation lost or kept alone, sizes that outlive their bytes, writes torn at either end;
// all combinations where there are few. Then drawn ones: random subsets and tears; the pairs "first lost, second kept"
// of unsynced kinds of operation that were met are counted. The same seed gives the same states.
// Threads: one owner. Errors: none.
#pragma once

#include <set>
#include <vector>

#include "base/random.h"
#include "harness/storage/explore/pending_operations.h"

namespace crashwright::harness {

class StateSource {
 public:
  StateSource(const DurabilityModel& model, uint64_t seed);

  // Up to `count` further states, all allowed by the model, sorted by crash point; states may repeat.
  [[nodiscard]] std::vector<CrashState> next(size_t count);
  // No more directed states: all that follow are drawn.
  [[nodiscard]] bool directed_done() const { return steps_done_ == steps_known(); }
  [[nodiscard]] size_t steps_done() const { return steps_done_; }
  [[nodiscard]] size_t steps_known() const;
  // Pairs of kinds that the profile allows, one lost and one kept, and those of them that were met.
  [[nodiscard]] size_t pairs_known() const { return pairs_possible_.size(); }
  [[nodiscard]] size_t pairs_covered() const { return pairs_.size(); }

 private:
  // One tier of states at one place.
  struct Step {
    uint32_t tier;
    uint32_t point;
  };
  [[nodiscard]] Step next_step();

  using Pairs = std::set<std::pair<uint64_t, uint64_t>>;

  void count_pairs();
  void count_pairs_at(uint32_t point);
  void add_directed(const Step& step, std::vector<CrashState>& states);
  void add_whole(uint32_t point, const std::vector<uint32_t>& pending, std::vector<CrashState>& states);
  void add_halves(uint32_t point, const std::vector<uint32_t>& pending, std::vector<CrashState>& states);
  void add_singles(uint32_t point, const std::vector<uint32_t>& pending, std::vector<CrashState>& states);
  void add_tears(uint32_t point, const std::vector<uint32_t>& pending, std::vector<CrashState>& states);
  void add_combinations(uint32_t point, const std::vector<uint32_t>& pending, std::vector<CrashState>& states);
  [[nodiscard]] CrashState draw();
  void add_pairs(const CrashState& state, const std::vector<uint32_t>& pending, Pairs& pairs) const;
  void note_pairs(const CrashState& state, const std::vector<uint32_t>& pending);
  [[nodiscard]] uint64_t size_of_lost(uint32_t index) const {
    return model_.may_keep_size(index) ? kAsFarAsAllowed : 0;
  }
  void emit(uint32_t point, LossList losses, std::vector<CrashState>& states);
  [[nodiscard]] std::vector<uint32_t> spread(const std::vector<uint32_t>& of, size_t count_max);

  const DurabilityModel& model_;
  PendingOperations pending_;
  Random random_;
  std::vector<CrashPlace> places_;
  std::vector<uint32_t> rare_;  // first places of their kind
  uint32_t order_ = 0;          // of the next step: its tier, later the more often its like came before
  size_t place_ = 0;            // from here on it is looked for
  size_t steps_done_ = 0;
  std::vector<uint32_t> classes_;  // of each operation, numbered
  Pairs pairs_possible_;
  Pairs pairs_;
};

}  // namespace crashwright::harness
