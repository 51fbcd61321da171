// Takes a failing state to the simplest one that fails for the same reason.
//
// In turn, until nothing changes: fewer operations lost (delta debugging, then one by one, so that no lost operation
// of the result can be kept; and each operation lost alone), an earlier crash point, and of what is left a size lost
// with its bytes instead of one that outlives them, a whole write instead of a torn one, or fewer torn units. What a
// profile loses together with another operation counts as well. In the end a rename is lost instead of the making of
// the file that it is about, where both fail: its new name is the one that was meant.
// A state between the pages of stores that came down together is told as one behind them that has lost the others.
// Every state that is taken was judged; the same image is judged once.
// Source:  Zeller & Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002.
// Of very many lost operations only the last so many, found by halving; then those from which the others follow.
// Threads: one owner. Errors: system errors of judging. After kTrialsMax judgements, or kLookedAtMax operations that
// were looked at on the way, it stops with what it has.
#pragma once

#include <string>
#include <unordered_map>

#include "harness/storage/explore/pending_operations.h"
#include "harness/storage/explore/state_judge.h"

namespace crashwright::harness {

class Minimiser {
 public:
  static constexpr size_t kTrialsMax = 200;                // judgements
  static constexpr uint64_t kLookedAtMax = 200'000'000;    // operations, of all states that were tried
  static constexpr uint64_t kLookedAtOfMany = 12'000'000;  // where very many are lost, for their images are large, too

  // States fail that the judge calls violated for this reason, numbers aside. Judge and model outlive this.
  Minimiser(StateJudge& judge, const DurabilityModel& model, const std::string& reason);

  // Made allowed first.
  [[nodiscard]] Result<bool> fails(CrashState& state);
  // `state` fails.
  [[nodiscard]] Result<CrashState> minimise(CrashState state);
  // False: the last minimise() ran out of trials.
  [[nodiscard]] bool finished() const { return trials_ < kTrialsMax && !cut_short_; }

 private:
  [[nodiscard]] Result<bool> fails_as_it_is(const CrashState& state);
  [[nodiscard]] Status leave_hand_over(CrashState& state);
  [[nodiscard]] Status lose_fewer(CrashState& state);
  [[nodiscard]] Status lose_fewer_of_many(CrashState& state);
  [[nodiscard]] Status lose_one(CrashState& state);
  [[nodiscard]] Status move_earlier(CrashState& state);
  [[nodiscard]] Status lose_sizes(CrashState& state);
  [[nodiscard]] Status tear_less(CrashState& state);
  [[nodiscard]] Status lose_rename_instead(CrashState& state);
  // Is there nothing more to be had of this state?
  [[nodiscard]] bool spent(const CrashState& state);
  [[nodiscard]] Result<bool> try_simpler(CrashState candidate, CrashState& state);
  [[nodiscard]] Result<uint32_t> first_guess(const std::vector<uint32_t>& points, CrashState& state);

  StateJudge& judge_;
  const DurabilityModel& model_;
  PendingOperations pending_;
  HandOvers hand_overs_;
  std::vector<uint32_t> points_;  // crash points worth trying
  std::string reason_;
  std::unordered_map<uint64_t, bool> known_;  // by hash: does it fail?
  size_t trials_ = 0;
  uint64_t looked_at_ = 0;
  bool cut_short_ = false;  // by what was looked at
};

}  // namespace crashwright::harness
