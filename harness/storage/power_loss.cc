#include "harness/storage/power_loss.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/check.h"
#include "base/random.h"
#include "harness/storage/fresh_blocks.h"
#include "harness/storage/journal_commits.h"

namespace crashwright::harness {
namespace {

bool sets_size(OperationKind kind) { return kind == OperationKind::kTruncate || kind == OperationKind::kAllocate; }

bool is_metadata(OperationKind kind) { return changes_tree(kind) || sets_size(kind); }

// For each operation: was it durable at the end?
class Durability {
 public:
  Durability(const OperationList& operations, const FreshBlocks& fresh, char profile)
      : operations_(operations), durable_(operations.size(), profile == 'K'), dropped_(operations.size(), false) {
    if (profile == 'K') return;
    std::optional<JournalCommits> commits;
    if (profile == 'E') commits.emplace(operations, fresh);
    for (size_t i = 0; i < operations.size(); ++i) {
      if (operations[i].kind == OperationKind::kSyncFailed) drop(i);
      if (!is_sync(operations[i].kind)) continue;
      commits ? sync_ext4(i, commits->at(i)) : sync_strict(i);
    }
  }

  [[nodiscard]] bool operator[](size_t index) const { return durable_[index]; }

 private:
  // Whether the content change number `i` is among what the sync promises.
  [[nodiscard]] bool covers(const Operation& sync, size_t i) const {
    const Operation& earlier = operations_[i];
    if (sync.kind == OperationKind::kSyncAll) return !dropped_[i];
    if (earlier.node != sync.node || dropped_[i] || sync.kind == OperationKind::kSyncFolder) return false;
    if (sync.kind != OperationKind::kSyncRange || !changes_data(earlier.kind)) return true;
    return earlier.offset >= sync.offset && earlier.offset + earlier.size <= sync.offset + sync.size;
  }

  void sync_ext4(size_t at, bool commits) {
    for (size_t i = 0; i < at; ++i) {
      if (changes_data(operations_[i].kind) ? covers(operations_[at], i) : commits) durable_[i] = true;
    }
  }

  void sync_strict(size_t at) {
    const Operation& sync = operations_[at];
    for (size_t i = 0; i < at; ++i) {
      const Operation& earlier = operations_[i];
      const bool entry = sync.kind == OperationKind::kSyncFolder && changes_tree(earlier.kind) &&
                         (earlier.parent == sync.node || earlier.new_parent == sync.node);
      const bool everything = sync.kind == OperationKind::kSyncAll && !changes_content(earlier.kind);
      if (entry || everything || (changes_content(earlier.kind) && covers(sync, i))) durable_[i] = true;
    }
  }

  // What was not durable when a sync of its file failed never will be.
  void drop(size_t at) {
    for (size_t i = 0; i < at; ++i) {
      if (changes_data(operations_[i].kind) && operations_[i].node == operations_[at].node && !durable_[i]) {
        dropped_[i] = true;
      }
    }
  }

  const OperationList& operations_;
  std::vector<bool> durable_;
  std::vector<bool> dropped_;
};

// How the seed treats what may be lost: sometimes all of it, sometimes any subset. A larger `lost_max` takes away the
// same and more.
class Draw {
 public:
  Draw(uint64_t seed, uint64_t lost_max) : random_(seed), sizes_(~seed), left_(lost_max) {
    static constexpr uint64_t kKeepPpb[] = {0, 500'000'000, 900'000'000};
    keep_ppb_ = kKeepPpb[random_.below(3)];
  }
  [[nodiscard]] bool keep() { return random_.chance_ppb(keep_ppb_) || take(1) == 0; }
  // A size outlives its bytes. Of a sequence of its own: what is lost stays the same.
  [[nodiscard]] bool keep_size() { return sizes_.below(2) == 0; }
  [[nodiscard]] size_t prefix(size_t count) {
    const size_t kept = keep_ppb_ == 0 ? 0 : random_.below(count + 1);
    return count - take(count - kept);
  }

 private:
  // How many of `wanted` may still be lost.
  uint64_t take(uint64_t wanted) {
    const uint64_t taken = std::min(wanted, left_);
    left_ -= taken;
    return taken;
  }

  Random random_;
  Random sizes_;
  uint64_t left_;
  uint64_t keep_ppb_;
};

// The surviving tear units of an unsynced write, each applied as a write of its own. `lost`: in order.
void apply_torn(const Operation& write, size_t index, uint32_t unit, const std::vector<uint64_t>& lost,
                PowerLossImage& image) {
  size_t kept = 0;
  size_t units = 0;
  for (uint64_t begin = 0; begin < write.size; ++units) {
    const uint64_t boundary = (write.offset + begin) / unit * unit + unit;
    const uint64_t end = std::min<uint64_t>(write.size, boundary - write.offset);
    if (!std::binary_search(lost.begin(), lost.end(), (write.offset + begin) / unit)) {
      Operation piece = write;
      piece.offset = write.offset + begin;
      piece.size = end - begin;
      piece.data = write.data.empty() ? write.data : write.data.subspan(begin, end - begin);
      image.tree.apply(piece);
      ++kept;
    }
    begin = end;
  }
  if (kept == 0) ++image.operations_lost;
  if (kept > 0 && kept < units) ++image.writes_torn;
  if (kept < units) image.lost.push_back({index, units - kept, units});
}

// How long the file is all the same when the end of an unsynced write is lost; 0: no longer than it was.
uint64_t size_ahead(const Operation& write, size_t index, const std::vector<uint64_t>& lost,
                    const std::optional<DelayedAllocation>& allocation) {
  if (lost.empty() || write.kind != OperationKind::kWrite || write.size == 0) return 0;
  return allocation ? allocation->size_ahead(index, write) : write.offset + write.size;
}

std::vector<uint64_t> lost_units(const Operation& write, size_t index, uint32_t unit, Draw& draw,
                                 std::optional<DelayedAllocation>& allocation) {
  const auto wish = [&](uint64_t) { return !draw.keep(); };
  if (allocation && write.kind == OperationKind::kWrite) return allocation->lost_units(index, write, unit, wish);
  std::vector<uint64_t> lost;
  for (uint64_t at = write.offset / unit; write.size > 0 && at <= (write.offset + write.size - 1) / unit; ++at) {
    if (wish(at)) lost.push_back(at);
  }
  return lost;
}

}  // namespace

PowerLossImage power_loss_image(const OperationList& operations, const PowerLossOptions& options) {
  CRASHWRIGHT_CHECK(options.tear_unit_bytes > 0, "a tear unit has a size");
  PowerLossImage image;
  const FreshBlocks fresh(options.profile == 'E' ? operations : OperationList());
  const Durability durable(operations, fresh, options.profile);
  Draw draw(options.seed, options.lost_max);
  std::optional<DelayedAllocation> allocation;
  if (options.profile == 'E') allocation.emplace(fresh, operations.size());
  size_t pending = 0;
  for (size_t i = 0; i < operations.size(); ++i) {
    if (!durable[i] && is_metadata(operations[i].kind)) ++pending;
  }
  // Profile E keeps a prefix of the metadata that was not yet durable; profile S decides change by change.
  size_t metadata_left = draw.prefix(pending);
  bool metadata_lost = false;
  for (size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    if (!changes_data(operation.kind) && !is_metadata(operation.kind)) continue;
    if (durable[i]) {
      image.tree.apply(operation);
      if (allocation && operation.kind == OperationKind::kWrite) allocation->keep(operation);
      if (allocation && operation.kind == OperationKind::kTruncate) allocation->cut(operation.node, operation.size);
      if (allocation && operation.kind == OperationKind::kZero) allocation->punch(operation);
    } else if (changes_data(operation.kind)) {
      const auto lost = lost_units(operation, i, options.tear_unit_bytes, draw, allocation);
      apply_torn(operation, i, options.tear_unit_bytes, lost, image);
      const uint64_t ahead = size_ahead(operation, i, lost, allocation);
      if (ahead > 0 && !(metadata_lost && options.profile == 'E') && draw.keep_size()) {
        Operation grown = operation;
        grown.kind = OperationKind::kAllocate;
        grown.size = ahead;
        image.tree.apply(grown);
      }
    } else if (allocation && sets_size(operation.kind) &&
               allocation->reaches_over_lost(operation.node, operation.size)) {
      metadata_left = 0;  // and so is everything behind it
      metadata_lost = true;
      ++image.operations_lost;
      image.lost.push_back({i, 0, 0});
    } else if (options.profile == 'E' ? metadata_left > 0 : draw.keep()) {
      if (metadata_left > 0) --metadata_left;
      image.tree.apply(operation);
      if (allocation && operation.kind == OperationKind::kTruncate) allocation->cut(operation.node, operation.size);
    } else {
      metadata_lost = true;
      ++image.operations_lost;
      image.lost.push_back({i, 0, 0});
    }
  }
  return image;
}

}  // namespace crashwright::harness
