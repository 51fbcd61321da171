#include "harness/storage/explore/crash_state.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace crashwright::harness {
namespace {

bool resizes(OperationKind kind) { return kind == OperationKind::kTruncate || kind == OperationKind::kAllocate; }

// In profiles with ordered metadata everything behind the first lost change of metadata is lost, too.
void close_metadata(const DurabilityModel& model, CrashState& state, std::map<uint32_t, Loss>& lost) {
  if (!model.profile.metadata_in_order) return;
  const auto first = std::find_if(lost.begin(), lost.end(), [&](const auto& entry) {
    return is_metadata(model.recording.operations[entry.first]);
  });
  if (first == lost.end()) return;
  for (uint32_t i = first->first; i < state.point; ++i) {
    if (is_metadata(model.recording.operations[i]) && model.may_lose(i, state.point)) lost[i] = {i, {}};
  }
}

// Bytes behind a lost truncation belong to blocks that were given out after it.
void lose_what_stands_on_truncations(const DurabilityModel& model, uint32_t point, std::map<uint32_t, Loss>& lost) {
  std::unordered_map<NodeId, uint64_t> cut;  // from this offset on
  const auto& operations = model.recording.operations;
  const auto first =
      std::find_if(lost.begin(), lost.end(), [&](const auto& entry) { return model.recording.shrinks(entry.first); });
  if (first == lost.end()) return;
  for (uint32_t i = first->first; i < point; ++i) {
    const Operation& operation = operations[i];
    if (!changes_content(operation.kind)) continue;
    const auto node_cut = cut.find(operation.node);
    if (node_cut != cut.end() && model.may_lose(i, point)) {
      const uint64_t reach = resizes(operation.kind) ? operation.size : operation.offset + operation.size;
      if (resizes(operation.kind) || reach > node_cut->second) lost[i] = {i, {}};
    }
    if (model.recording.shrinks(i) && lost.contains(i)) {
      const auto [entry, fresh] = cut.emplace(operation.node, operation.size);
      if (!fresh) entry->second = std::min(entry->second, operation.size);
    }
  }
}

bool is_lost(const Loss* loss, uint64_t unit) {
  return loss != nullptr && (loss->units.empty() || std::binary_search(loss->units.begin(), loss->units.end(), unit));
}

// Blocks that a write is the first to fill are lost or kept as the first unit of them is, what comes later with them.
// True when a change of a size was lost so: changes of metadata behind it may have to follow.
bool order_fresh_blocks(const DurabilityModel& model, uint32_t point, std::map<uint32_t, Loss>& lost) {
  std::unordered_set<NodeId> files;
  uint32_t first = point;
  for (const auto& [index, loss] : lost) {
    if (!changes_data(model.recording.operations[index].kind)) continue;
    files.insert(model.recording.operations[index].node);
    first = std::min(first, index);
  }
  if (!model.fresh || files.empty()) return false;
  bool size_lost = false;
  DelayedAllocation allocation(*model.fresh, point);
  const uint32_t unit_bytes = model.profile.tear_unit_bytes;
  for (uint32_t i = first; i < point; ++i) {
    const Operation& operation = model.recording.operations[i];
    if (!files.contains(operation.node)) continue;
    const auto entry = lost.find(i);
    if (model.recording.shrinks(i) && entry == lost.end()) allocation.cut(operation.node, operation.size);
    if (resizes(operation.kind) && entry == lost.end() && model.may_lose(i, point) &&
        allocation.reaches_over_lost(operation.node, operation.size)) {
      lost[i] = {i, {}};
      size_lost = true;
    }
    if (operation.kind == OperationKind::kZero && entry == lost.end()) allocation.punch(operation);
    if (operation.kind != OperationKind::kWrite) continue;
    if (!model.may_lose(i, point)) {
      allocation.keep(operation);
      continue;
    }
    const Loss* const meant = entry == lost.end() ? nullptr : &entry->second;
    auto units = allocation.lost_units(i, operation, unit_bytes, [&](uint64_t unit) { return is_lost(meant, unit); });
    const UnitRange range = units_of(operation, unit_bytes);
    if (units.empty()) {
      if (entry != lost.end()) lost.erase(entry);
      continue;
    }
    if (units.size() == range.last - range.first + 1) units.clear();  // as a whole
    const uint64_t wished = meant == nullptr ? 0 : meant->size_kept;
    lost[i] = {i, std::move(units), wished > 0 ? std::min(wished, allocation.size_ahead(i, operation)) : 0};
  }
  return size_lost;
}

using Kept = std::unordered_map<NodeId, std::unordered_set<uint64_t>>;

// The lost units of one write, after those that a later kept write covers were taken out of the loss.
std::vector<uint64_t> really_lost(const Loss* loss, UnitRange range, std::unordered_set<uint64_t>& kept_later) {
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

// Backwards through the writes of files that lose something.
void keep_prefixes_of_units(const DurabilityModel& model, uint32_t point, std::map<uint32_t, Loss>& lost) {
  const auto& operations = model.recording.operations;
  Kept kept_later;
  uint32_t first = point;
  for (const auto& [index, loss] : lost) {
    if (!changes_data(operations[index].kind)) continue;
    first = std::min(first, index);
    kept_later[operations[index].node];
  }
  for (uint32_t i = point; i-- > first;) {
    const Operation& operation = operations[i];
    const auto kept = kept_later.find(operation.node);
    if (kept == kept_later.end() || !changes_content(operation.kind)) continue;
    const auto entry = lost.find(i);
    if (resizes(operation.kind)) {
      if (entry == lost.end() && model.recording.shrinks(i)) kept->second.clear();
      continue;
    }
    const UnitRange range = units_of(operation, model.profile.tear_unit_bytes);
    auto units = really_lost(entry == lost.end() ? nullptr : &entry->second, range, kept->second);
    if (entry == lost.end()) continue;
    if (units.empty()) {
      lost.erase(entry);
    } else {
      const bool whole = units.size() == range.last - range.first + 1;
      entry->second.units = whole ? std::vector<uint64_t>{} : std::move(units);
    }
  }
}

// A kill ends a write between two pages.
void cut_behind_pages(const DurabilityModel& model, std::map<uint32_t, Loss>& lost) {
  const uint32_t unit_bytes = model.profile.tear_unit_bytes;
  for (auto& [index, loss] : lost) {
    loss.size_kept = 0;
    if (loss.units.empty()) continue;
    const UnitRange range = units_of(model.recording.operations[index], unit_bytes);
    const uint64_t page = loss.units.front() * unit_bytes / kFileBlockBytes * kFileBlockBytes;
    const uint64_t first = std::max(page / unit_bytes, range.first);
    loss.units.clear();
    for (uint64_t unit = first; first > range.first && unit <= range.last; ++unit) loss.units.push_back(unit);
  }
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
void settle_sizes(const DurabilityModel& model, std::map<uint32_t, Loss>& lost) {
  bool metadata_lost = false;
  for (auto& [index, loss] : lost) {
    const Operation& operation = model.recording.operations[index];
    if (is_metadata(operation)) metadata_lost = true;
    if (loss.size_kept == 0) continue;
    loss.size_kept = std::min(loss.size_kept, operation.offset + operation.size);
    const bool allowed = model.may_keep_size(index) && !(metadata_lost && model.profile.metadata_in_order);
    const bool ahead = loss.size_kept > end_of_kept(loss, operation, model.profile.tear_unit_bytes);
    if (!allowed || !ahead) loss.size_kept = 0;
  }
}

}  // namespace

bool is_simpler(const CrashState& a, const CrashState& b) {
  const auto torn_units = [](const CrashState& state) {
    size_t count = 0;
    for (const Loss& loss : state.losses) count += loss.units.size() + (loss.size_kept > 0 ? 1 : 0);
    return count;
  };
  if (a.losses.size() != b.losses.size()) return a.losses.size() < b.losses.size();
  if (torn_units(a) != torn_units(b)) return torn_units(a) < torn_units(b);
  return a.point != b.point ? a.point < b.point : a.losses < b.losses;
}

void make_allowed(const DurabilityModel& model, CrashState& state) {
  std::map<uint32_t, Loss> lost;
  for (Loss& loss : state.losses) {
    if (model.may_lose(loss.operation, state.point)) lost[loss.operation] = std::move(loss);
  }
  if (model.profile.keeps_everything) cut_behind_pages(model, lost);
  do {
    close_metadata(model, state, lost);
    lose_what_stands_on_truncations(model, state.point, lost);
  } while (order_fresh_blocks(model, state.point, lost));
  keep_prefixes_of_units(model, state.point, lost);
  settle_sizes(model, lost);
  state.losses.clear();
  for (auto& [index, loss] : lost) state.losses.push_back(std::move(loss));
}

std::vector<Loss> roots_of(const DurabilityModel& model, const CrashState& state) {
  std::vector<Loss> roots = state.losses;
  for (size_t i = roots.size(); i-- > 0;) {
    CrashState without{state.point, roots};
    without.losses.erase(without.losses.begin() + static_cast<ptrdiff_t>(i));
    const std::vector<Loss> fewer = without.losses;
    make_allowed(model, without);
    if (without.losses == state.losses) roots = fewer;
  }
  return roots;
}

bool is_allowed(const DurabilityModel& model, const CrashState& state) {
  CrashState allowed = state;
  make_allowed(model, allowed);
  return allowed.losses == state.losses;
}

}  // namespace crashwright::harness
