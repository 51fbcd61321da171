// What fsync means here: a mark in the record, and never a sync of the backing folder. And how it fails.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "harness/storage/file_content.h"
#include "harness/storage/fs_core.h"

namespace crashwright::harness {
namespace {

using postmortem::FaultAction;

bool covered(const Operation& write, const Operation& range) {
  return write.offset >= range.offset && write.offset + write.size <= range.offset + range.size;
}

void apply(FileContent& content, const Operation& change) {
  if (change.kind == OperationKind::kWrite) content.write(change.offset, change.data);
  if (change.kind == OperationKind::kZero) content.zero(change.offset, change.size);
  if (change.kind == OperationKind::kTruncate) content.resize(change.size);
  if (change.kind == OperationKind::kAllocate) content.resize(std::max(content.size(), change.size));
}

// One file at some place of the record: what is durable, and what is not yet.
struct FileState {
  FileContent durable;
  std::vector<Operation> unsynced;

  void see(const Operation& next) {
    if (changes_content(next.kind)) unsynced.push_back(next);
    const bool whole = is_sync(next.kind) && next.kind != OperationKind::kSyncRange;
    if (!whole && next.kind != OperationKind::kSyncRange) return;
    std::erase_if(unsynced, [&](const Operation& change) {
      const bool synced = whole || !changes_data(change.kind) || covered(change, next);
      if (synced) apply(durable, change);
      return synced;
    });
  }
};

}  // namespace

int StorageCore::sync(const Caller& caller, ServedNode& node, bool data_only) {
  std::unique_lock guard(lock_);
  // A synchronous write through the page cache is followed by the kernel's own fsync, which promises no more than the
  // bytes of that write: they are on record as durable already.
  if (std::erase(node.implied_syncs, caller.tid) > 0) return 0;
  if (power_lost_) return -EIO;
  if (!gate_.idle()) {
    if (const auto lost = gate_.power_loss()) lose_power(*lost);
    if (const auto met = gate_.meet(site(OperationClass::kSync, node))) {
      if (met->action == FaultAction::kSlowFsync) {
        guard.unlock();  // others are served meanwhile
        std::this_thread::sleep_for(std::chrono::nanoseconds(met->argument));
        guard.lock();
      }
      const int failed = sync_met(caller, node, *met);
      if (failed < 0) return failed;
    }
  }
  if (!writer_->append(sync_operation(caller, node, data_only))) return -ENOSPC;
  let_held_go(node, true);
  return 0;
}

Operation StorageCore::sync_operation(const Caller& caller, ServedNode& node, bool data_only) {
  const auto called = msyncs_.find(caller.tid);
  if (called != msyncs_.end()) {
    std::vector<FileRange>& ranges = called->second;
    const auto meant =
        std::find_if(ranges.begin(), ranges.end(), [&](const FileRange& range) { return range.node == node.id; });
    if (meant != ranges.end()) {
      Operation made = operation(OperationKind::kSyncRange, caller, node);
      made.flags = kFromMapping;
      made.offset = meant->offset;
      made.size = meant->size;
      ranges.erase(meant);
      if (ranges.empty()) msyncs_.erase(called);
      return made;
    }
    msyncs_.erase(called);  // it came to nothing
  }
  return operation(data_only ? OperationKind::kSyncData : OperationKind::kSyncFile, caller, node);
}

void StorageCore::expect_msync(pid_t tid, std::vector<FileRange> ranges) {
  const std::lock_guard guard(lock_);
  if (ranges.empty()) {
    msyncs_.erase(tid);
  } else {
    msyncs_[tid] = std::move(ranges);
  }
}

// What a fault does to the sync of `node`: a negative errno, or 0 when the sync goes on.
int StorageCore::sync_met(const Caller& caller, ServedNode& node, const MetFault& fault) {
  switch (fault.action) {
    case FaultAction::kSlowFsync:
      gate_.confirm(fault, fault.argument);
      return 0;
    case FaultAction::kPowerLoss:
      return lose_power(fault) ? -EIO : 0;
    case FaultAction::kReadOnly:
      read_only_ = true;
      gate_.confirm(fault, EROFS);
      return -EROFS;
    default:
      break;
  }
  const uint64_t until = writer_->record().size();
  if (!writer_->append(operation(OperationKind::kSyncFailed, caller, node))) return -ENOSPC;
  if (fault.action == FaultAction::kStaleRead) revert_unsynced(caller, node, until);
  const int error = fault.action == FaultAction::kEnospc ? ENOSPC : EIO;
  gate_.confirm(fault, error);
  return -error;
}

// The failed pages left the cache: reads give what was durable before them.
void StorageCore::revert_unsynced(const Caller& caller, ServedNode& node, uint64_t until) {
  FileState state;
  const StorageRecord& record = writer_->record();
  for (uint64_t i = 0; i < until; ++i) {
    const Operation next = record[i];
    if (next.node == node.id || next.kind == OperationKind::kSyncAll) state.see(next);
  }
  const std::string old = state.durable.text();
  for (const Operation& lost : state.unsynced) {
    if (!changes_data(lost.kind)) continue;
    std::string bytes(lost.size, '\0');
    if (lost.offset < old.size())
      bytes.replace(0, std::min<size_t>(bytes.size(), old.size() - lost.offset), old, lost.offset, bytes.size());
    FileWrite back;
    back.offset = lost.offset;
    back.data = std::as_bytes(std::span(bytes));
    static_cast<void>(put(caller, node, back, kByFault));
  }
  if (forget_pages_) forget_pages_(node.id);
}

int StorageCore::sync_folder(const Caller& caller, NodeId id) {
  const std::lock_guard guard(lock_);
  ServedNode* const folder = nodes_.find(id);
  if (folder == nullptr) return -ENOENT;
  if (power_lost_) return -EIO;
  if (!gate_.idle()) {
    if (const auto met = gate_.meet(site(OperationClass::kSync, *folder))) {
      const int failed = sync_met(caller, *folder, *met);
      if (failed < 0) return failed;
    }
  }
  return writer_->append(operation(OperationKind::kSyncFolder, caller, *folder)) ? 0 : -ENOSPC;
}

Status StorageCore::sync_all(pid_t tid) {
  const std::lock_guard guard(lock_);
  const ServedNode* const root = nodes_.find(kRootNode);
  if (writer_->append(operation(OperationKind::kSyncAll, {tid, 0, 0}, *root))) return {};
  return fail(ErrorKind::kIo, "the record cannot grow");
}

Status StorageCore::note_asked_for(pid_t tid, WriteBackRequest how, const std::vector<FileRange>& ranges) {
  const auto kind = how == WriteBackRequest::kDropCache ? OperationKind::kDropCache : OperationKind::kAskedFor;
  const std::lock_guard guard(lock_);
  for (const FileRange& range : ranges) {
    const ServedNode* const node = nodes_.find(range.node);
    if (node == nullptr) continue;
    Operation made = operation(kind, {tid, 0, 0}, *node);
    if (how == WriteBackRequest::kNow) made.flags = kWritesBack;
    made.offset = range.offset;
    made.size = range.size;
    if (auto put = writer_->append(made); !put) return put;
  }
  return {};
}

void StorageCore::acknowledgements_are_of(pid_t tid) {
  const std::lock_guard guard(lock_);
  note_acknowledgements();
  acknowledger_ = tid;
}

void StorageCore::stores_come_down_before(pid_t tid) {
  const std::lock_guard guard(lock_);
  stores_before_ = tid;
}

// Writes that a fault held back reach the file now.
void StorageCore::let_held_go(const ServedNode& node, bool after_sync) {
  if (held_.empty()) return;
  std::vector<HeldWrite> going;
  std::erase_if(held_, [&](HeldWrite& held) {
    if (held.node != node.id) return false;
    going.push_back(std::move(held));
    return true;
  });
  held_count_.store(held_.size(), std::memory_order_release);
  for (const HeldWrite& held : going) {
    ServedNode* const file = nodes_.find(held.node);
    FileWrite late;
    late.offset = held.offset;
    late.data = held.data;
    const int64_t put_bytes = put(held.caller, *file, late, kByFault);
    if (after_sync && put_bytes > 0) gate_.confirm(held.fault, put_bytes);
  }
}

}  // namespace crashwright::harness
