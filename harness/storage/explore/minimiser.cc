#include "harness/storage/explore/minimiser.h"

#include <algorithm>
#include <optional>

#include "harness/storage/explore/explorer.h"

namespace crashwright::harness {
namespace {

constexpr size_t kPointsMax = 48;   // earlier crash points that are tried one by one
constexpr size_t kSinglesMax = 40;  // operations that are lost alone

// `items` without [begin, end), or those alone.
template <typename T>
std::vector<T> part_of(const std::vector<T>& items, size_t begin, size_t end, bool inside) {
  std::vector<T> part;
  for (size_t i = 0; i < items.size(); ++i) {
    if ((i >= begin && i < end) == inside) part.push_back(items[i]);
  }
  return part;
}

// Delta debugging. `shrink(part)` takes a part over if it still fails and is smaller; `items()` is what there is now.
template <typename Items, typename Shrink>
Status reduce(Items items, Shrink shrink) {
  for (size_t parts = 2; items().size() >= 2;) {
    const size_t size = items().size();
    parts = std::min(parts, size);
    bool smaller = false;
    for (size_t trial = 0; trial < 2 * parts && !smaller; ++trial) {
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
CrashState at_point(const CrashState& state, uint32_t point) {
  CrashState earlier{point, {}};
  for (const Loss& loss : state.losses) {
    if (loss.operation < point) earlier.losses.push_back(loss);
  }
  return earlier;
}

}  // namespace

Minimiser::Minimiser(StateJudge& judge, const DurabilityModel& model, const std::string& reason)
    : judge_(judge), model_(model), pending_(model), reason_(general_reason(reason)) {
  for (const CrashPlace& place : crash_places(model.recording)) points_.push_back(place.point);
}

Result<bool> Minimiser::fails(CrashState& state) {
  make_allowed(model_, state);
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

// Takes the candidate over where it is simpler and fails as well.
Result<bool> Minimiser::try_simpler(CrashState candidate, CrashState& state) {
  make_allowed(model_, candidate);
  if (!is_simpler(candidate, state)) return false;
  const auto failed = fails(candidate);
  if (failed && *failed) state = std::move(candidate);
  return failed;
}

Result<CrashState> Minimiser::minimise(CrashState state) {
  make_allowed(model_, state);
  for (std::optional<CrashState> before; !before || is_simpler(state, *before);) {
    before = state;
    for (const auto step : {&Minimiser::lose_fewer, &Minimiser::lose_one, &Minimiser::move_earlier,
                            &Minimiser::lose_sizes, &Minimiser::tear_less}) {
      if (auto done = (this->*step)(state); !done) return tl::unexpected(done.error());
    }
  }
  return state;
}

Status Minimiser::lose_fewer(CrashState& state) {
  if (const auto none = try_simpler({state.point, {}}, state); !none) return tl::unexpected(none.error());
  return reduce([&]() -> const std::vector<Loss>& { return state.losses; },
                [&](std::vector<Loss> losses) {
                  return try_simpler({state.point, std::move(losses)}, state);
                });
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
  for (size_t i = 0; i < state.losses.size(); ++i) {
    if (state.losses[i].size_kept == 0) continue;
    CrashState other = state;
    other.losses[i].size_kept = 0;
    if (const auto taken = try_simpler(std::move(other), state); !taken) return tl::unexpected(taken.error());
  }
  return {};
}

Status Minimiser::tear_less(CrashState& state) {
  for (size_t i = 0; i < state.losses.size(); ++i) {
    if (state.losses[i].units.empty()) continue;
    const auto with = [&](std::vector<uint64_t> units) {
      CrashState other = state;
      other.losses[i].units = std::move(units);
      return other;
    };
    const size_t count = state.losses.size();
    const auto whole = try_simpler(with({}), state);
    if (!whole) return tl::unexpected(whole.error());
    if (*whole) continue;
    const std::vector<uint64_t> none;  // once the loss is gone, the next round looks at the others
    auto reduced = reduce(
        [&]() -> const std::vector<uint64_t>& { return state.losses.size() == count ? state.losses[i].units : none; },
        [&](std::vector<uint64_t> units) { return try_simpler(with(std::move(units)), state); });
    if (!reduced || state.losses.size() != count) return reduced;
  }
  return {};
}

}  // namespace crashwright::harness
