#include "harness/storage/power_loss.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/random.h"

namespace crashwright::harness {
namespace {

// For each operation: was it durable at the end?
class Durability {
 public:
  Durability(const std::vector<Operation>& operations, char profile)
      : operations_(operations), durable_(operations.size(), profile == 'K') {
    if (profile == 'K') return;
    for (size_t i = 0; i < operations.size(); ++i) {
      if (!is_sync(operations[i].kind)) continue;
      profile == 'E' ? sync_ext4(i) : sync_strict(i);
    }
  }

  [[nodiscard]] bool operator[](size_t index) const { return durable_[index]; }

 private:
  void sync_ext4(size_t at) {
    for (size_t i = 0; i < at; ++i) {
      const Operation& earlier = operations_[i];
      const bool own_data = changes_data(earlier.kind) && earlier.node == operations_[at].node && !earlier.dropped;
      if (own_data || !changes_data(earlier.kind)) durable_[i] = true;
    }
  }

  void sync_strict(size_t at) {
    const Operation& sync = operations_[at];
    for (size_t i = 0; i < at; ++i) {
      const Operation& earlier = operations_[i];
      const bool content = earlier.kind == OperationKind::kWrite || earlier.kind == OperationKind::kTruncate;
      const bool own = content ? earlier.node == sync.node && !earlier.dropped
                               : earlier.parent == sync.node || earlier.new_parent == sync.node;
      if (own && content == (sync.kind == OperationKind::kSyncFile)) durable_[i] = true;
    }
  }

  const std::vector<Operation>& operations_;
  std::vector<bool> durable_;
};

// How the seed treats what may be lost: sometimes all of it, sometimes any subset.
class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(seed) {
    static constexpr uint64_t kKeepPpb[] = {0, 500'000'000, 900'000'000};
    keep_ppb_ = kKeepPpb[random_.below(3)];
  }
  [[nodiscard]] bool keep() { return random_.chance_ppb(keep_ppb_); }
  [[nodiscard]] size_t prefix(size_t count) { return keep_ppb_ == 0 ? 0 : random_.below(count + 1); }

 private:
  Random random_;
  uint64_t keep_ppb_;
};

// The surviving tear units of an unsynced write, each applied as a write of its own.
void apply_torn(const Operation& write, uint32_t unit, Draw& draw, PowerLossImage& image) {
  size_t kept = 0;
  size_t units = 0;
  for (uint64_t begin = 0; begin < write.data.size(); ++units) {
    const uint64_t boundary = (write.offset + begin) / unit * unit + unit;
    const uint64_t end = std::min<uint64_t>(write.data.size(), boundary - write.offset);
    if (draw.keep()) {
      Operation piece = write;
      piece.offset = write.offset + begin;
      piece.data.assign(write.data.begin() + static_cast<ptrdiff_t>(begin),
                        write.data.begin() + static_cast<ptrdiff_t>(end));
      image.tree.apply(piece);
      ++kept;
    }
    begin = end;
  }
  if (kept == 0) ++image.operations_lost;
  if (kept > 0 && kept < units) ++image.writes_torn;
}

}  // namespace

PowerLossImage power_loss_image(const std::vector<Operation>& operations, const PowerLossOptions& options) {
  CRASHWRIGHT_CHECK(options.tear_unit_bytes > 0, "a tear unit has a size");
  PowerLossImage image;
  const Durability durable(operations, options.profile);
  Draw draw(options.seed);
  size_t pending = 0;
  for (size_t i = 0; i < operations.size(); ++i) {
    const OperationKind kind = operations[i].kind;
    if (!durable[i] && !changes_data(kind) && !is_sync(kind)) ++pending;
  }
  // Profile E keeps a prefix of the metadata that was not yet durable; profile S decides change by change.
  size_t metadata_left = draw.prefix(pending);
  for (size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    if (is_sync(operation.kind)) continue;
    if (durable[i]) {
      image.tree.apply(operation);
    } else if (changes_data(operation.kind)) {
      apply_torn(operation, options.tear_unit_bytes, draw, image);
    } else if (options.profile == 'E' ? metadata_left > 0 : draw.keep()) {
      if (metadata_left > 0) --metadata_left;
      image.tree.apply(operation);
    } else {
      ++image.operations_lost;
    }
  }
  return image;
}

}  // namespace crashwright::harness
