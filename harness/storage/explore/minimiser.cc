#include "harness/storage/explore/minimiser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/storage/explore/explorer.h"

namespace crashwright::harness {
namespace {

constexpr size_t kPointsMax = 48;   // earlier crash points that are tried one by one
constexpr size_t kSinglesMax = 40;  // operations that are lost alone
constexpr size_t kManyLosses = 4'096;

// `items` without [begin, end), or those alone.
std::vector<uint64_t> part_of(const std::vector<uint64_t>& items, size_t begin, size_t end, bool inside) {
  std::vector<uint64_t> part;
  for (size_t i = 0; i < items.size(); ++i) {
    if ((i >= begin && i < end) == inside) part.push_back(items[i]);
  }
  return part;
}
LossList part_of(const LossList& items, size_t begin, size_t end, bool inside) {
  return inside ? items.part(begin, end) : items.without(begin, end);
}

// Delta debugging. `shrink(part)` takes a part over if it still fails and is smaller; `items()` is what there is now,
// `spent()` whether it has taken too long.
template <typename Items, typename Shrink, typename Spent>
Status reduce(Items items, Shrink shrink, Spent spent) {
  for (size_t parts = 2; items().size() >= 2 && !spent();) {
    const size_t size = items().size();
    parts = std::min(parts, size);
    bool smaller = false;
    for (size_t trial = 0; trial < 2 * parts && !smaller && !spent(); ++trial) {
      const bool inside = trial < parts;
      const size_t chunk = trial % parts;
      auto taken = shrink(part_of(items(), size * chunk / parts, size * (chunk + 1) / parts, inside));
      if (!taken) return tl::unexpected(taken.error());
      smaller = *taken;
      if (smaller) parts = inside ? 2 : std::max<size_t>(parts - 1, 2);
    }
    if (smaller) continue;
    if (parts == size) break;
    parts *= 2;
  }
  return {};
}

// What is lost of it at an earlier point.
CrashState at_point(const CrashState& state, uint32_t point) { return {point, state.losses.before(point)}; }

}  // namespace

Minimiser::Minimiser(StateJudge& judge, const DurabilityModel& model, const std::string& reason)
    : judge_(judge), model_(model), pending_(model), hand_overs_(model.recording), reason_(general_reason(reason)) {
  for (const CrashPlace& place : crash_places(model.recording, &hand_overs_)) points_.push_back(place.point);
}

Result<bool> Minimiser::fails(CrashState& state) {
  make_allowed(model_, state);
  return fails_as_it_is(state);
}

Result<bool> Minimiser::fails_as_it_is(const CrashState& state) {
  judge_.prepare(state);
  const uint64_t hash = judge_.hash();
  if (const auto known = known_.find(hash); known != known_.end()) return known->second;
  if (trials_ >= kTrialsMax) return false;
  ++trials_;
  const auto verdict = judge_.judge();
  if (!verdict) return tl::unexpected(verdict.error());
  const bool failed = verdict->kind == ImageVerdict::Kind::kViolated && general_reason(verdict->reason()) == reason_;
  known_[hash] = failed;
  return failed;
}

// Once no more is judged, states of few losses may still be known to fail; of many it takes too long to look.
bool Minimiser::spent(const CrashState& state) {
  const bool many = state.losses.size() > kManyLosses;
  cut_short_ = cut_short_ || looked_at_ >= (many ? kLookedAtOfMany : kLookedAtMax);
  return cut_short_ || (trials_ >= kTrialsMax && many);
}

// Takes the candidate over where it is simpler and fails as well.
Result<bool> Minimiser::try_simpler(CrashState candidate, CrashState& state) {
  if (spent(state)) return false;
  if (!candidate.losses.empty()) looked_at_ += candidate.point - candidate.losses.front().operation;
  make_allowed(model_, candidate);
  if (!is_simpler(candidate, state)) return false;
  const auto failed = fails_as_it_is(candidate);
  if (failed && *failed) state = std::move(candidate);
  return failed;
}

Result<CrashState> Minimiser::minimise(CrashState state) {
  make_allowed(model_, state);
  if (auto left = leave_hand_over(state); !left) return tl::unexpected(left.error());
  for (std::optional<CrashState> before; !before || is_simpler(state, *before);) {
    before = state;
    for (const auto step : {&Minimiser::lose_fewer, &Minimiser::lose_one, &Minimiser::move_earlier,
                            &Minimiser::lose_sizes, &Minimiser::tear_less}) {
      if (auto done = (this->*step)(state); !done) return tl::unexpected(done.error());
    }
  }
  if (auto done = lose_rename_instead(state); !done) return tl::unexpected(done.error());
  return state;
}

// No simpler, so that it comes last.
Status Minimiser::lose_rename_instead(CrashState& state) {
  if (state.losses.size() != 1) return {};
  const uint32_t made = state.losses.front().operation;
  const Operation& lost = model_.recording.operations[made];
  if (lost.kind != OperationKind::kCreate) return {};
  for (uint32_t i = state.point; i-- > made + 1;) {
    const Operation& later = model_.recording.operations[i];
    if (later.kind != OperationKind::kRename || later.node != lost.node) continue;
    CrashState renamed{state.point, {{i, {}}}};
    make_allowed(model_, renamed);
    if (renamed.losses.size() != 1) return {};
    const auto failed = fails_as_it_is(renamed);
    if (!failed) return tl::unexpected(failed.error());
    if (*failed) state = std::move(renamed);
    return {};
  }
  return {};
}

Status Minimiser::leave_hand_over(CrashState& state) {
  CrashState behind{hand_overs_.behind(state.point), state.losses};
  if (behind.point == state.point) return {};
  for (uint32_t i = state.point; i < behind.point; ++i) {
    if (model_.may_lose(i, behind.point)) behind.losses.set({i, {}});
  }
  const auto failed = fails(behind);
  if (!failed) return tl::unexpected(failed.error());
  if (*failed) state = std::move(behind);
  return {};
}

Status Minimiser::lose_fewer(CrashState& state) {
  if (const auto none = try_simpler({state.point, {}}, state); !none) return tl::unexpected(none.error());
  if (state.losses.size() > kManyLosses) return lose_fewer_of_many(state);
  return reduce([&]() -> const LossList& { return state.losses; },
                [&](LossList losses) {
                  return try_simpler({state.point, std::move(losses)}, state);
                },
                [&] { return spent(state); });
}

// Only the last so many, found by halving; then not every loss by itself, but those that others follow from.
Status Minimiser::lose_fewer_of_many(CrashState& state) {
  const LossList all = state.losses;
  size_t low = 0;  // the first that is lost
  for (size_t high = all.size(); low + 1 < high;) {
    const size_t middle = (low + high) / 2;
    const auto taken = try_simpler({state.point, all.part(middle, all.size())}, state);
    if (!taken) return tl::unexpected(taken.error());
    (*taken ? low : high) = middle;
  }
  LossList roots = roots_of(model_, state);
  return reduce([&]() -> const LossList& { return roots; },
                [&](const LossList& fewer) {
                  auto taken = try_simpler({state.point, fewer}, state);
                  if (taken && *taken) roots = fewer;
                  return taken;
                },
                [&] { return spent(state); });
}

// A set of losses from which none can be taken may still be larger than another one.
Status Minimiser::lose_one(CrashState& state) {
  std::vector<uint32_t> pending = pending_.at(state.point);
  if (pending.size() > kSinglesMax) pending.erase(pending.begin(), pending.end() - kSinglesMax);
  for (const uint32_t index : pending) {
    if (state.losses.size() < 2) return {};
    for (const uint64_t size_kept : {uint64_t{0}, kAsFarAsAllowed}) {
      if (size_kept > 0 && !model_.may_keep_size(index)) continue;
      if (const auto taken = try_simpler({state.point, {{index, {}, size_kept}}}, state); !taken)
        return tl::unexpected(taken.error());
    }
  }
  return {};
}

// Where there are many points between, the first one at which it fails is guessed by halving them.
Result<uint32_t> Minimiser::first_guess(const std::vector<uint32_t>& points, CrashState& state) {
  size_t low = 0;
  size_t high = points.size();
  while (points.size() > kPointsMax && low < high) {
    const size_t middle = (low + high) / 2;
    const auto taken = try_simpler(at_point(state, points[middle]), state);
    if (!taken) return tl::unexpected(taken.error());
    *taken ? high = middle : low = middle + 1;
  }
  return state.point;
}

Status Minimiser::move_earlier(CrashState& state) {
  const uint32_t from = state.losses.empty() ? model_.recording.initial : state.losses.front().operation + 1;
  const auto first = std::lower_bound(points_.begin(), points_.end(), from);
  const std::vector<uint32_t> points(first, std::lower_bound(first, points_.end(), state.point));
  const auto guess = first_guess(points, state);
  if (!guess) return tl::unexpected(guess.error());
  for (size_t i = 0; i < points.size() && i < kPointsMax && points[i] < *guess; ++i) {
    const auto taken = try_simpler(at_point(state, points[i]), state);
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) return {};
  }
  return {};
}

Status Minimiser::lose_sizes(CrashState& state) {
  for (size_t i = state.losses.torn_from(0); i < state.losses.size(); i = state.losses.torn_from(i + 1)) {
    Loss loss = state.losses[i];
    if (std::exchange(loss.size_kept, 0) == 0) continue;
    CrashState other = state;
    other.losses.set(std::move(loss));
    if (const auto taken = try_simpler(std::move(other), state); !taken) return tl::unexpected(taken.error());
  }
  return {};
}

Status Minimiser::tear_less(CrashState& state) {
  for (size_t i = state.losses.torn_from(0); i < state.losses.size(); i = state.losses.torn_from(i + 1)) {
    if (state.losses[i].units.empty()) continue;
    const auto with = [&](std::vector<uint64_t> units) {
      CrashState other = state;
      Loss loss = state.losses[i];
      loss.units = std::move(units);
      other.losses.set(std::move(loss));
      return other;
    };
    const size_t count = state.losses.size();
    const auto whole = try_simpler(with({}), state);
    if (!whole) return tl::unexpected(whole.error());
    if (*whole) continue;
    auto reduced = reduce(
        // Once the loss is gone, the next round looks at the others.
        [&] { return state.losses.size() == count ? state.losses[i].units : std::vector<uint64_t>(); },
        [&](std::vector<uint64_t> units) { return try_simpler(with(std::move(units)), state); },
        [&] { return spent(state); });
    if (!reduced || state.losses.size() != count) return reduced;
  }
  return {};
}

}  // namespace crashwright::harness
