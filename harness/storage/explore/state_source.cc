#include "harness/storage/explore/state_source.h"

#include <algorithm>
#include <bit>
#include <map>
#include <unordered_map>

namespace crashwright::harness {
namespace {

constexpr uint32_t kTiers = 5;
constexpr size_t kCombinationsOf = 6;  // operations: 64 states
constexpr size_t kSinglesMax = 24;
constexpr size_t kTearsMax = 12;
constexpr size_t kDrawnPercent = 30;      // of each batch, while there are directed states
constexpr size_t kClassesMax = 64;        // whose pairs are counted
constexpr size_t kPairsExactOf = 2'000;   // operations that may be lost; of more all pairs are taken to be possible
constexpr size_t kLossesMax = 1'000'000;  // in one batch, for the time and
constexpr size_t kBytesMax = 16 << 20;    // for the memory that they take

LossList whole(const std::vector<uint32_t>& operations) {
  LossList losses;
  for (const uint32_t index : operations) losses.set({index, {}});
  return losses;
}

LossList without(const std::vector<uint32_t>& operations, uint32_t kept) {
  LossList losses;
  for (const uint32_t index : operations) {
    if (index != kept) losses.set({index, {}});
  }
  return losses;
}

}  // namespace

StateSource::StateSource(const DurabilityModel& model, uint64_t seed)
    : model_(model),
      pending_(model),
      random_(seed),
      places_(crash_places(model.recording, model.hand_overs ? &*model.hand_overs : nullptr)) {
  for (const CrashPlace& place : places_) {
    if (place.occurrence == 0) rare_.push_back(place.point);
  }
  std::unordered_map<uint64_t, uint32_t> numbers;
  classes_.reserve(model.recording.size());
  for (uint32_t i = 0; i < model.recording.size(); ++i) {
    const auto number = static_cast<uint32_t>(numbers.size());
    classes_.push_back(numbers.try_emplace(operation_class(model.recording, i), number).first->second);
  }
  count_pairs();
}

size_t StateSource::steps_known() const { return places_.size() * kTiers; }

// There is one. Early tiers of rare places first, then in the order of the run.
StateSource::Step StateSource::next_step() {
  for (;; ++order_, place_ = 0) {
    for (; place_ < places_.size(); ++place_) {
      const auto often = static_cast<uint32_t>(std::bit_width(places_[place_].occurrence));
      if (order_ < often || order_ - often >= kTiers) continue;
      ++steps_done_;
      return {order_ - often, places_[place_++].point};
    }
  }
}

void StateSource::count_pairs() {
  for (const uint32_t point : rare_) count_pairs_at(point);
}

// Which kinds can be kept when one is lost: asked of the newest of its operations, with which the least goes.
void StateSource::count_pairs_at(uint32_t point) {
  const std::vector<uint32_t> pending = pending_.at(point);
  std::map<uint64_t, uint32_t> newest;  // of each kind
  for (const uint32_t index : pending) {
    if (newest.size() < kClassesMax || newest.contains(classes_[index])) newest[classes_[index]] = index;
  }
  for (const auto& [lost, index] : newest) {
    const bool news = std::any_of(newest.begin(), newest.end(), [&, kind = lost](const auto& other) {
      return other.first != kind && !pairs_possible_.contains({kind, other.first});
    });
    if (!news) continue;
    CrashState state{point, {{index, {}}}};
    if (pending.size() <= kPairsExactOf) make_allowed(model_, state);
    add_pairs(state, pending, pairs_possible_);
  }
}

std::vector<uint32_t> StateSource::spread(const std::vector<uint32_t>& of, size_t count_max) {
  if (of.size() <= count_max) return of;
  // The newest are the likeliest to matter; the rest is drawn.
  std::vector<uint32_t> chosen(of.end() - static_cast<ptrdiff_t>(count_max / 2), of.end());
  while (chosen.size() < count_max) chosen.push_back(of[random_.below(of.size() - count_max / 2)]);
  return chosen;
}

void StateSource::emit(uint32_t point, LossList losses, std::vector<CrashState>& states) {
  CrashState state{point, std::move(losses)};
  make_allowed(model_, state);
  states.push_back(std::move(state));
}

// Nothing lost, everything lost, all bytes lost without the sizes.
void StateSource::add_whole(uint32_t point, const std::vector<uint32_t>& pending, std::vector<CrashState>& states) {
  emit(point, {}, states);
  if (pending.empty()) return;
  emit(point, whole(pending), states);
  LossList bytes;
  bool sizes = false;
  for (const uint32_t index : pending) {
    const Operation& operation = model_.recording.operations[index];
    if (changes_data(operation.kind)) bytes.set({index, {}, size_of_lost(index)});
    sizes = sizes || model_.may_keep_size(index);
  }
  if (sizes) emit(point, std::move(bytes), states);
}

// All data without metadata and the reverse; with ordered metadata each prefix of it; one file without the others.
void StateSource::add_halves(uint32_t point, const std::vector<uint32_t>& pending, std::vector<CrashState>& states) {
  std::vector<uint32_t> data;
  std::vector<uint32_t> metadata;
  std::set<NodeId> files;
  for (const uint32_t index : pending) {
    const Operation& operation = model_.recording.operations[index];
    (is_metadata(operation) ? metadata : data).push_back(index);
    if (changes_content(operation.kind)) files.insert(operation.node);
  }
  if (!data.empty() && !metadata.empty()) {
    emit(point, whole(data), states);
    emit(point, whole(metadata), states);
  }
  const LossList all_data = whole(data);
  for (const uint32_t first : spread(metadata, kSinglesMax)) {
    if (!model_.profile.metadata_in_order) break;
    emit(point, {{first, {}}}, states);
    LossList losses = all_data;
    losses.set({first, {}});
    emit(point, std::move(losses), states);
  }
  if (files.size() < 2 || files.size() > kSinglesMax) return;
  for (const NodeId file : files) {
    LossList of_file;
    LossList of_others;
    for (const uint32_t index : data) {
      (model_.recording.operations[index].node == file ? of_file : of_others).set({index, {}});
    }
    emit(point, std::move(of_file), states);
    emit(point, std::move(of_others), states);
  }
}

void StateSource::add_singles(uint32_t point, const std::vector<uint32_t>& pending, std::vector<CrashState>& states) {
  if (pending.size() < 2) return;
  for (const uint32_t index : spread(pending, kSinglesMax)) {
    if (model_.may_keep_size(index)) emit(point, {{index, {}, kAsFarAsAllowed}}, states);
    emit(point, {{index, {}}}, states);
    emit(point, without(pending, index), states);
  }
}

// The newest writes of several tear units: without the first, without the last, with one of them alone, every other,
// the first half.
void StateSource::add_tears(uint32_t point, const std::vector<uint32_t>& pending, std::vector<CrashState>& states) {
  std::vector<uint32_t> writes;
  for (const uint32_t index : pending) {
    const Operation& operation = model_.recording.operations[index];
    if (!changes_data(operation.kind)) continue;
    const UnitRange units = units_of(operation, model_.profile.tear_unit_bytes);
    if (units.last > units.first) writes.push_back(index);
  }
  for (const uint32_t index : spread(writes, kTearsMax)) {
    const UnitRange units = units_of(model_.recording.operations[index], model_.profile.tear_unit_bytes);
    std::vector<uint64_t> all;
    for (uint64_t unit = units.first; unit <= units.last; ++unit) all.push_back(unit);
    std::vector<uint64_t> odd;
    for (size_t i = 1; i < all.size(); i += 2) odd.push_back(all[i]);
    emit(point, {{index, {all.front()}}}, states);
    emit(point, {{index, {all.back()}}}, states);
    if (model_.may_keep_size(index)) emit(point, {{index, {all.back()}, kAsFarAsAllowed}}, states);
    emit(point, {{index, {all.begin() + 1, all.end()}}}, states);
    emit(point, {{index, {all.begin(), all.end() - 1}}}, states);
    if (all.size() > 2) emit(point, {{index, std::move(odd)}}, states);
    if (all.size() > 3) {
      all.erase(all.begin(), all.begin() + static_cast<ptrdiff_t>(all.size() / 2));
      emit(point, {{index, std::move(all)}}, states);
    }
  }
}

void StateSource::add_combinations(uint32_t point, const std::vector<uint32_t>& pending,
                                   std::vector<CrashState>& states) {
  if (pending.size() < 3) return;
  const size_t count = std::min(pending.size(), kCombinationsOf);
  const std::vector<uint32_t> newest(pending.end() - static_cast<ptrdiff_t>(count), pending.end());
  for (uint32_t mask = 1; mask < (1U << count); ++mask) {
    LossList losses;
    for (size_t i = 0; i < count; ++i) {
      if ((mask >> i & 1) != 0) losses.set({newest[i], {}});
    }
    emit(point, std::move(losses), states);
  }
}

void StateSource::add_directed(const Step& step, std::vector<CrashState>& states) {
  const std::vector<uint32_t> pending = pending_.at(step.point);
  const size_t before = states.size();
  switch (step.tier) {
    case 0:
      add_whole(step.point, pending, states);
      break;
    case 1:
      add_halves(step.point, pending, states);
      break;
    case 2:
      add_singles(step.point, pending, states);
      break;
    case 3:
      add_tears(step.point, pending, states);
      break;
    default:
      add_combinations(step.point, pending, states);
      break;
  }
  if (pairs_.size() == pairs_possible_.size()) return;
  for (size_t i = before; i < states.size(); ++i) note_pairs(states[i], pending);
}

void StateSource::add_pairs(const CrashState& state, const std::vector<uint32_t>& pending, Pairs& pairs) const {
  std::set<uint64_t> lost;
  std::set<uint64_t> kept;
  auto loss = state.losses.begin();
  for (const uint32_t index : pending) {
    while (loss != state.losses.end() && loss.operation() < index) ++loss;
    const bool gone = loss != state.losses.end() && loss.operation() == index;
    auto& kinds = gone ? lost : kept;
    if (kinds.size() < kClassesMax) kinds.insert(classes_[index]);
  }
  for (const uint64_t first : lost) {
    for (const uint64_t second : kept) {
      if (first != second) pairs.insert({first, second});
    }
  }
}

void StateSource::note_pairs(const CrashState& state, const std::vector<uint32_t>& pending) {
  Pairs met;
  add_pairs(state, pending, met);
  for (const auto& pair : met) {
    if (pairs_possible_.contains(pair)) pairs_.insert(pair);
  }
}

CrashState StateSource::draw() {
  static constexpr uint64_t kLosePpb[] = {100'000'000, 500'000'000, 900'000'000};
  const bool rare = random_.below(4) == 0;
  const uint32_t point = rare ? rare_[random_.below(rare_.size())] : places_[random_.below(places_.size())].point;
  const std::vector<uint32_t> pending = pending_.at(point);
  CrashState state{point, {}};
  if (pending.empty()) return state;
  const uint64_t lose_ppb = kLosePpb[random_.below(3)];
  const bool tears = random_.below(2) == 0;
  const bool keep_metadata = random_.below(2) == 0;
  const bool keep_sizes = random_.below(2) == 0;
  const uint32_t surely_lost = pending[random_.below(pending.size())];
  const uint32_t surely_kept = pending[random_.below(pending.size())];
  for (const uint32_t index : pending) {
    const Operation& operation = model_.recording.operations[index];
    if (index != surely_lost && (index == surely_kept || !random_.chance_ppb(lose_ppb))) continue;
    if (index != surely_lost && keep_metadata && is_metadata(operation)) continue;
    Loss loss{index, {}};
    const UnitRange units = units_of(operation, model_.profile.tear_unit_bytes);
    if (tears && changes_data(operation.kind) && units.last > units.first && random_.below(2) == 0) {
      for (uint64_t unit = units.first; unit <= units.last; ++unit) {
        if (random_.below(2) == 0) loss.units.push_back(unit);
      }
      if (loss.units.empty()) loss.units.push_back(units.last);
    }
    if (keep_sizes && random_.below(2) == 0) loss.size_kept = size_of_lost(index);
    state.losses.set(std::move(loss));
  }
  make_allowed(model_, state);
  if (pairs_.size() < pairs_possible_.size()) note_pairs(state, pending);
  return state;
}

std::vector<CrashState> StateSource::next(size_t count) {
  std::vector<CrashState> states;
  const size_t directed = count - count * kDrawnPercent / 100;
  size_t losses = 0;
  size_t bytes = 0;
  const auto full = [&](size_t before) {
    for (; before < states.size(); ++before) {
      losses += states[before].losses.size() + 1;
      bytes += states[before].losses.bytes();
    }
    return losses >= kLossesMax || bytes >= kBytesMax;
  };
  size_t before = 0;
  for (; states.size() < directed && !directed_done() && !full(before);) {
    before = states.size();
    add_directed(next_step(), states);
  }
  for (; states.size() < count && !places_.empty() && !full(before);) {
    before = states.size();
    states.push_back(draw());
  }
  std::stable_sort(states.begin(), states.end(),
                   [](const CrashState& a, const CrashState& b) { return a.point < b.point; });
  return states;
}

}  // namespace crashwright::harness
