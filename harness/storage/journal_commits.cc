#include "harness/storage/journal_commits.h"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

namespace crashwright::harness {
namespace {

struct Bytes {
  uint64_t begin = 0;
  uint64_t end = 0;
};

Bytes whole_blocks(uint64_t offset, uint64_t size) {
  return {offset / kFileBlockBytes * kFileBlockBytes,
          (offset + size + kFileBlockBytes - 1) / kFileBlockBytes * kFileBlockBytes};
}

// A hole, or a range that is zeroed, keeps the blocks that it does not cover.
Bytes blocks_within(const Operation& zero) {
  const uint64_t end = (zero.offset + zero.size) / kFileBlockBytes * kFileBlockBytes;
  return {std::min(whole_blocks(zero.offset, 0).end, end), end};
}

// One inode; times count operations, 0 is before the first.
class Inode {
 public:
  void touch(size_t time) { changed_ = time; }
  void change_data(size_t time) { changed_ = data_changed_ = time; }

  // `delayed`: blocks that it fills are given out later.
  void write(const Operation& write, std::span<const FreshRun> fresh, size_t time, bool delayed) {
    touch(time);
    if (begins_write_back(write)) write_back(whole_blocks(write.offset, write.size), time);
    const uint64_t end = write.offset + write.size;
    const uint64_t block = std::max(write.offset, size_) / kFileBlockBytes;  // of the first byte that it grows by
    const bool new_block = std::any_of(fresh.begin(), fresh.end(),
                                       [&](const FreshRun& run) { return run.first <= block && block <= run.last; });
    if ((end > size_ && !new_block) || (!delayed && !fresh.empty())) change_data(time);
    size_ = std::max(size_, end);
    for (const FreshRun& run : fresh) {
      if (delayed) add({run.first * kFileBlockBytes, (run.last + 1) * kFileBlockBytes});
    }
  }

  void resize(uint64_t size, size_t time) {
    change_data(time);
    size_ = size;
    const uint64_t end = whole_blocks(size, 0).end;
    std::erase_if(delayed_, [&](const Bytes& bytes) { return bytes.begin >= end; });
    for (Bytes& bytes : delayed_) bytes.end = std::min(bytes.end, end);
  }

  // Write-back of what stands there gives out its blocks.
  void write_back(Bytes range, size_t time) {
    if (take_delayed(range)) change_data(time);
  }

  // A hole: what waited for blocks there does so no longer.
  void zero(const Operation& zero, size_t time) {
    change_data(time);
    take_delayed(blocks_within(zero));
  }

  [[nodiscard]] bool changed_since(size_t time, bool data_only) const {
    return (data_only ? data_changed_ : changed_) > time;
  }

 private:
  // True: there were some.
  bool take_delayed(Bytes range) {
    bool some = false;
    std::vector<Bytes> left;
    for (const Bytes& bytes : delayed_) {
      if (bytes.end <= range.begin || bytes.begin >= range.end) {
        left.push_back(bytes);
        continue;
      }
      some = true;
      if (bytes.begin < range.begin) left.push_back({bytes.begin, range.begin});
      if (bytes.end > range.end) left.push_back({range.end, bytes.end});
    }
    delayed_ = std::move(left);
    return some;
  }

  void add(Bytes bytes) {
    if (!delayed_.empty() && delayed_.back().end == bytes.begin) {
      delayed_.back().end = bytes.end;
    } else {
      delayed_.push_back(bytes);
    }
  }

  uint64_t size_ = 0;
  size_t changed_ = 0;
  size_t data_changed_ = 0;
  std::vector<Bytes> delayed_;  // blocks that were written and not given out
};

constexpr Bytes kWholeFile{0, UINT64_MAX};

// Follows a record.
class Journal {
 public:
  explicit Journal(const FreshBlocks& fresh) : fresh_(fresh) {}

  // True: this operation commits.
  bool see(const Operation& operation, size_t index) {
    const size_t time = index + 1;
    if ((operation.flags & kInitial) != 0) {
      note_change(operation, index, 0);
      return false;
    }
    note_change(operation, index, time);
    if (!commits(operation, time)) return false;
    committed_ = time;
    return true;
  }

 private:
  // What was there before the run, at time 0, has its blocks.
  void note_change(const Operation& operation, size_t index, size_t time) {
    switch (operation.kind) {
      case OperationKind::kWrite:
        return inodes_[operation.node].write(operation, fresh_.of(index), time,
                                             time > 0 && !begins_write_back(operation));
      case OperationKind::kTruncate:
      case OperationKind::kAllocate:
        return inodes_[operation.node].resize(operation.size, time);
      case OperationKind::kZero:
        return inodes_[operation.node].zero(operation, time);
      case OperationKind::kAskedFor:
      case OperationKind::kDropCache:
        if (!begins_write_back(operation)) return;
        return inodes_[operation.node].write_back(whole_blocks(operation.offset, operation.size), time);
      case OperationKind::kCreate:
        return inodes_[operation.node].change_data(time);
      case OperationKind::kRename:
      case OperationKind::kExchange:
        inodes_[operation.node].touch(time);
        if (operation.replaced == kNoNode) return;
        inodes_[operation.replaced].touch(time);
        // What replaces a file is written back at once.
        if (operation.kind == OperationKind::kRename) inodes_[operation.node].write_back(kWholeFile, time);
        return;
      default:
        if (changes_tree(operation.kind)) inodes_[operation.node].touch(time);
    }
  }

  bool commits(const Operation& operation, size_t time) {
    switch (operation.kind) {
      case OperationKind::kSyncAll:
        for (auto& [node, inode] : inodes_) inode.write_back(kWholeFile, time);
        return true;
      case OperationKind::kSyncFolder:
        return true;
      case OperationKind::kSyncFile:
      case OperationKind::kSyncData:
        return syncs(operation, kWholeFile, operation.kind == OperationKind::kSyncData, time);
      case OperationKind::kSyncRange:
        return syncs(operation, whole_blocks(operation.offset, operation.size),
                     (operation.flags & kWithAttributes) == 0, time);
      default:
        return false;
    }
  }

  bool syncs(const Operation& sync, Bytes range, bool data_only, size_t time) {
    Inode& inode = inodes_[sync.node];
    inode.write_back(range, time);
    return inode.changed_since(committed_, data_only);
  }

  const FreshBlocks& fresh_;
  std::unordered_map<NodeId, Inode> inodes_;
  size_t committed_ = 0;  // when
};

}  // namespace

JournalCommits::JournalCommits(const OperationList& operations, const FreshBlocks& fresh) {
  Journal journal(fresh);
  commits_.reserve(operations.size());
  for (size_t i = 0; i < operations.size(); ++i) commits_.push_back(journal.see(operations[i], i));
}

}  // namespace crashwright::harness
