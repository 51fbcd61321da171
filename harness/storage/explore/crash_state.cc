#include "harness/storage/explore/crash_state.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "harness/storage/number_set.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kRootsWorkMax = 50'000'000;  // operations looked at; what is left then counts as roots

bool resizes(OperationKind kind) { return kind == OperationKind::kTruncate || kind == OperationKind::kAllocate; }

// What is lost when `with(index, loss)` settles each operation of [first, point); null and none: nothing of it.
template <typename With>
LossList changed(const LossList& lost, uint32_t first, uint32_t point, With with) {
  LossList made = lost.before(first);
  LossCursor cursor(lost, first);
  for (uint32_t i = first; i < point; ++i) {
    std::optional<Loss> loss = with(i, cursor.at(i));
    if (loss) made.set(std::move(*loss));
  }
  return made;
}

std::optional<Loss> as_it_is(const Loss* loss) { return loss == nullptr ? std::nullopt : std::optional(*loss); }

// The first that is lost and meant; `point`: none is.
template <typename Meant>
uint32_t first_lost(const LossList& lost, uint32_t point, Meant meant) {
  for (auto at = lost.begin(); at != lost.end(); ++at) {
    if (meant(at.operation())) return at.operation();
  }
  return point;
}

LossList what_may_be_lost(const DurabilityModel& model, const CrashState& state) {
  const auto all = state.losses.begin();
  const auto end = state.losses.end();
  auto safe = all;
  while (safe != end && model.may_lose(safe.operation(), state.point)) ++safe;
  if (safe == end) return state.losses;
  LossList made;
  for (auto at = all; at != end; ++at) {
    if (model.may_lose(at.operation(), state.point)) made.set(*at);
  }
  return made;
}

// In profiles with ordered metadata everything behind the first lost change of metadata is lost, too.
void close_metadata(const DurabilityModel& model, uint32_t point, LossList& lost) {
  if (!model.profile.metadata_in_order) return;
  const auto of_metadata = [&](uint32_t index) { return is_metadata(model.recording.operations[index]); };
  const uint32_t first = first_lost(lost, point, of_metadata);
  lost = changed(lost, first, point, [&](uint32_t i, const Loss* loss) {
    return of_metadata(i) && model.may_lose(i, point) ? std::optional(Loss{i, {}}) : as_it_is(loss);
  });
}

// Bytes behind a lost truncation belong to blocks that were given out after it.
void lose_what_stands_on_truncations(const DurabilityModel& model, uint32_t point, LossList& lost) {
  std::unordered_map<NodeId, uint64_t> cut;  // from this offset on
  const uint32_t first = first_lost(lost, point, [&](uint32_t index) { return model.recording.shrinks(index); });
  lost = changed(lost, first, point, [&](uint32_t i, const Loss* loss) {
    const Operation& operation = model.recording.operations[i];
    std::optional<Loss> now = as_it_is(loss);
    if (!changes_content(operation.kind)) return now;
    const auto node_cut = cut.find(operation.node);
    if (node_cut != cut.end() && model.may_lose(i, point)) {
      const uint64_t reach = resizes(operation.kind) ? operation.size : operation.offset + operation.size;
      if (resizes(operation.kind) || reach > node_cut->second) now = Loss{i, {}};
    }
    if (model.recording.shrinks(i) && now) {
      const auto [entry, fresh] = cut.emplace(operation.node, operation.size);
      if (!fresh) entry->second = std::min(entry->second, operation.size);
    }
    return now;
  });
}

bool is_lost(const Loss* loss, uint64_t unit) {
  return loss != nullptr && (loss->units.empty() || std::binary_search(loss->units.begin(), loss->units.end(), unit));
}

// Blocks that a write is the first to fill are lost or kept as the first unit of them is, what comes later with them.
class FreshOrder {
 public:
  FreshOrder(const DurabilityModel& model, uint32_t point)
      : model_(model), point_(point), allocation_(*model.fresh, point) {}

  std::optional<Loss> settle(uint32_t i, const Operation& operation, const Loss* loss) {
    if (model_.recording.shrinks(i) && loss == nullptr) allocation_.cut(operation.node, operation.size);
    if (resizes(operation.kind) && loss == nullptr && model_.may_lose(i, point_) &&
        allocation_.reaches_over_lost(operation.node, operation.size)) {
      size_lost_ = true;
      return Loss{i, {}};
    }
    if (operation.kind == OperationKind::kZero && loss == nullptr) allocation_.punch(operation);
    if (operation.kind != OperationKind::kWrite) return as_it_is(loss);
    if (model_.may_lose(i, point_)) return settle_write(i, operation, loss);
    allocation_.keep(operation);
    return as_it_is(loss);
  }
  // A change of a size was lost so: changes of metadata behind it may have to follow.
  [[nodiscard]] bool size_lost() const { return size_lost_; }

 private:
  std::optional<Loss> settle_write(uint32_t i, const Operation& write, const Loss* loss) {
    const uint32_t unit_bytes = model_.profile.tear_unit_bytes;
    auto units = allocation_.lost_units(i, write, unit_bytes, [&](uint64_t unit) { return is_lost(loss, unit); });
    if (units.empty()) return std::nullopt;
    const UnitRange range = units_of(write, unit_bytes);
    if (units.size() == range.last - range.first + 1) units.clear();  // as a whole
    const uint64_t wished = loss == nullptr ? 0 : loss->size_kept;
    return Loss{i, std::move(units), wished > 0 ? std::min(wished, allocation_.size_ahead(i, write)) : 0};
  }

  const DurabilityModel& model_;
  uint32_t point_;
  DelayedAllocation allocation_;
  bool size_lost_ = false;
};

// The files of which bytes are lost, and where that begins; `point`: of none are.
struct Losing {
  std::unordered_set<NodeId> files;
  uint32_t first;
};

Losing files_that_lose(const DurabilityModel& model, uint32_t point, const LossList& lost) {
  Losing losing{{}, point};
  for (auto at = lost.begin(); at != lost.end(); ++at) {
    const Operation& operation = model.recording.operations[at.operation()];
    if (!changes_data(operation.kind)) continue;
    losing.files.insert(operation.node);
    losing.first = std::min(losing.first, at.operation());
  }
  return losing;
}

// True when a change of a size was lost so.
bool order_fresh_blocks(const DurabilityModel& model, uint32_t point, LossList& lost) {
  if (!model.fresh) return false;
  const Losing losing = files_that_lose(model, point, lost);
  FreshOrder order(model, point);
  lost = changed(lost, losing.first, point, [&](uint32_t i, const Loss* loss) {
    const Operation& operation = model.recording.operations[i];
    return losing.files.contains(operation.node) ? order.settle(i, operation, loss) : as_it_is(loss);
  });
  return order.size_lost();
}

// The lost units of one write, after those that a later kept write covers were taken out of the loss.
std::vector<uint64_t> really_lost(const Loss* loss, UnitRange range, NumberSet& kept_later) {
  std::vector<uint64_t> units;
  for (uint64_t unit = range.first; unit <= range.last; ++unit) {
    if (is_lost(loss, unit) && !kept_later.contains(unit)) {
      units.push_back(unit);
    } else {
      kept_later.insert(unit);
    }
  }
  return units;
}

// Losses that turned out to be smaller, the last first: few beside all that is lost.
struct Smaller {
  std::vector<uint32_t> kept;  // after all
  std::vector<Loss> torn;
};

// Backwards through the writes of files that lose something.
Smaller what_later_writes_keep(const DurabilityModel& model, uint32_t point, const LossList& lost) {
  const Losing losing = files_that_lose(model, point, lost);
  std::unordered_map<NodeId, NumberSet> kept_later;
  Smaller smaller;
  for (uint32_t i = point; i-- > losing.first;) {
    const Operation& operation = model.recording.operations[i];
    if (!changes_content(operation.kind) || !losing.files.contains(operation.node)) continue;
    std::optional<Loss> loss = lost.find(i);
    NumberSet& later = kept_later[operation.node];
    if (resizes(operation.kind)) {
      if (!loss && model.recording.shrinks(i)) later.clear();
      continue;
    }
    const UnitRange range = units_of(operation, model.profile.tear_unit_bytes);
    auto units = really_lost(loss ? &*loss : nullptr, range, later);
    if (!loss) continue;
    if (units.empty()) {
      smaller.kept.push_back(i);
      continue;
    }
    if (units.size() == range.last - range.first + 1) units.clear();  // as a whole
    if (units == loss->units) continue;
    loss->units = std::move(units);
    smaller.torn.push_back(std::move(*loss));
  }
  return smaller;
}

void keep_prefixes_of_units(const DurabilityModel& model, uint32_t point, LossList& lost) {
  Smaller smaller = what_later_writes_keep(model, point, lost);
  if (smaller.kept.empty() && smaller.torn.empty()) return;
  LossList made;
  for (auto at = lost.begin(); at != lost.end(); ++at) {
    if (!smaller.kept.empty() && smaller.kept.back() == at.operation()) {
      smaller.kept.pop_back();
    } else if (!smaller.torn.empty() && smaller.torn.back().operation == at.operation()) {
      made.set(std::move(smaller.torn.back()));
      smaller.torn.pop_back();
    } else {
      made.set(*at);
    }
  }
  lost = std::move(made);
}

// A kill ends a write between two pages.
void cut_behind_pages(const DurabilityModel& model, LossList& lost) {
  const uint32_t unit_bytes = model.profile.tear_unit_bytes;
  LossList made;
  for (Loss loss : lost) {
    loss.size_kept = 0;
    if (!loss.units.empty()) {
      const UnitRange range = units_of(model.recording.operations[loss.operation], unit_bytes);
      const uint64_t page = loss.units.front() * unit_bytes / kFileBlockBytes * kFileBlockBytes;
      const uint64_t first = std::max(page / unit_bytes, range.first);
      loss.units.clear();
      for (uint64_t unit = first; first > range.first && unit <= range.last; ++unit) loss.units.push_back(unit);
    }
    made.set(std::move(loss));
  }
  lost = std::move(made);
}

// Where the last unit of a write that is kept ends; 0: none is.
uint64_t end_of_kept(const Loss& loss, const Operation& write, uint32_t unit_bytes) {
  if (loss.units.empty()) return 0;
  const UnitRange range = units_of(write, unit_bytes);
  uint64_t last = range.last;
  for (auto unit = loss.units.rbegin(); unit != loss.units.rend() && *unit == last; ++unit) --last;
  return std::min((last + 1) * unit_bytes, write.offset + write.size);
}

// A size that outlives its bytes is a change of metadata: where that goes in order, it does so only if all before it
// does.
void settle_sizes(const DurabilityModel& model, LossList& lost) {
  if (lost.torn() == 0) return;
  bool metadata_lost = false;
  LossList made;
  for (Loss loss : lost) {
    const Operation& operation = model.recording.operations[loss.operation];
    if (is_metadata(operation)) metadata_lost = true;
    if (loss.size_kept > 0) {
      const uint64_t size = size_left(loss, operation);
      const bool allowed = model.may_keep_size(loss.operation) && !(metadata_lost && model.profile.metadata_in_order);
      const bool ahead = size > end_of_kept(loss, operation, model.profile.tear_unit_bytes);
      const bool whole = size == operation.offset + operation.size;
      loss.size_kept = !allowed || !ahead ? 0 : whole ? kAsFarAsAllowed : size;
    }
    made.set(std::move(loss));
  }
  lost = std::move(made);
}

// Can a loss be followed by another one at all?
bool may_follow(const DurabilityModel& model, const CrashState& state) {
  if (model.profile.metadata_in_order || model.fresh) return true;
  const auto shrinks = [&](uint32_t index) { return model.recording.shrinks(index); };
  return first_lost(state.losses, state.point, shrinks) < state.point;
}

}  // namespace

bool is_simpler(const CrashState& a, const CrashState& b) {
  if (a.losses.size() != b.losses.size()) return a.losses.size() < b.losses.size();
  if (a.losses.torn() != b.losses.torn()) return a.losses.torn() < b.losses.torn();
  return a.point != b.point ? a.point < b.point : a.losses < b.losses;
}

void make_allowed(const DurabilityModel& model, CrashState& state) {
  if (model.hand_overs) state.point = model.hand_overs->behind(state.point);
  LossList lost = what_may_be_lost(model, state);
  if (model.profile.keeps_everything) cut_behind_pages(model, lost);
  do {
    close_metadata(model, state.point, lost);
    lose_what_stands_on_truncations(model, state.point, lost);
  } while (order_fresh_blocks(model, state.point, lost));
  keep_prefixes_of_units(model, state.point, lost);
  settle_sizes(model, lost);
  state.losses = std::move(lost);
}

// Many that follow from others stand behind each other: they are tried together, the more the longer that goes well.
LossList roots_of(const DurabilityModel& model, const CrashState& state) {
  LossList roots = state.losses;
  if (!may_follow(model, state)) return roots;
  uint64_t looked_at = 0;
  size_t together = 1;
  for (size_t end = roots.size(); end > 0 && looked_at < kRootsWorkMax;) {
    together = std::min(together, end);
    CrashState without{state.point, roots.without(end - together, end)};
    LossList fewer = without.losses;
    looked_at += state.point - state.losses.front().operation;
    make_allowed(model, without);
    const bool follow = without.losses == state.losses;
    if (follow) roots = std::move(fewer);
    if (follow || together == 1) end -= together;
    together = follow ? together * 2 : std::max<size_t>(together / 2, 1);
  }
  return roots;
}

bool is_allowed(const DurabilityModel& model, const CrashState& state) {
  CrashState allowed = state;
  make_allowed(model, allowed);
  return allowed.point == state.point && allowed.losses == state.losses;
}

}  // namespace crashwright::harness
