// For tests: a record of operations written down by hand, which keeps the memory that its operations point to.
//
// Nodes are numbered by the test; parents are the root unless said. Threads: one owner.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "harness/storage/operation.h"

namespace crashwright::harness {

class HandWrittenRecord {
 public:
  HandWrittenRecord& create(NodeId node, const std::string& name, NodeId parent = kRootNode) {
    return entry(OperationKind::kCreate, node, parent, name);
  }
  HandWrittenRecord& make_folder(NodeId node, const std::string& name, NodeId parent = kRootNode) {
    return entry(OperationKind::kMakeFolder, node, parent, name);
  }
  HandWrittenRecord& link(NodeId node, const std::string& name, NodeId parent = kRootNode) {
    return entry(OperationKind::kLink, node, parent, name);
  }
  HandWrittenRecord& unlink(NodeId node, const std::string& name, NodeId parent = kRootNode) {
    return entry(OperationKind::kUnlink, node, parent, name);
  }
  HandWrittenRecord& rename(NodeId node, const std::string& from, const std::string& to, NodeId replaced = kNoNode) {
    entry(OperationKind::kRename, node, kRootNode, from);
    operations_.back().new_name = keep(to);
    operations_.back().replaced = replaced;
    return *this;
  }
  HandWrittenRecord& write(NodeId node, uint64_t offset, const std::string& text) {
    Operation& operation = add(OperationKind::kWrite, node);
    operation.offset = offset;
    operation.size = text.size();
    operation.data = std::as_bytes(std::span(keep(text)));
    return *this;
  }
  HandWrittenRecord& write_direct(NodeId node, uint64_t offset, const std::string& text) {
    write(node, offset, text);
    operations_.back().flags = kDirect;
    return *this;
  }
  // sync_file_range, or with other flags msync with MS_ASYNC.
  HandWrittenRecord& ask_for(NodeId node, uint64_t offset, uint64_t size, uint8_t flags = kWritesBack) {
    sync_range(node, offset, size, flags);
    operations_.back().kind = OperationKind::kAskedFor;
    return *this;
  }
  HandWrittenRecord& drop_cache(NodeId node, uint64_t offset, uint64_t size) {
    sync_range(node, offset, size);
    operations_.back().kind = OperationKind::kDropCache;
    return *this;
  }
  HandWrittenRecord& zero(NodeId node, uint64_t offset, uint64_t size) {
    Operation& operation = add(OperationKind::kZero, node);
    operation.offset = offset;
    operation.size = size;
    return *this;
  }
  // The operation before was the layer's own, for a fault.
  HandWrittenRecord& by_fault() {
    operations_.back().flags |= kByFault;
    return *this;
  }
  HandWrittenRecord& truncate(NodeId node, uint64_t size) {
    add(OperationKind::kTruncate, node).size = size;
    return *this;
  }
  HandWrittenRecord& allocate(NodeId node, uint64_t size) {
    add(OperationKind::kAllocate, node).size = size;
    return *this;
  }
  HandWrittenRecord& set_mode(NodeId node, uint32_t mode) {
    add(OperationKind::kSetMode, node).size = mode;
    return *this;
  }
  HandWrittenRecord& set_times(NodeId node, uint64_t seconds, uint64_t nanoseconds = 0) {
    Operation& operation = add(OperationKind::kSetTimes, node);
    operation.size = seconds;
    operation.offset = nanoseconds;
    return *this;
  }
  HandWrittenRecord& sync(NodeId node, OperationKind kind = OperationKind::kSyncFile) {
    add(kind, node);
    return *this;
  }
  HandWrittenRecord& sync_range(NodeId node, uint64_t offset, uint64_t size, uint8_t flags = 0) {
    Operation& operation = add(OperationKind::kSyncRange, node);
    operation.flags = flags;
    operation.offset = offset;
    operation.size = size;
    return *this;
  }
  HandWrittenRecord& sync_folder(NodeId node = kRootNode) { return sync(node, OperationKind::kSyncFolder); }
  HandWrittenRecord& sync_all() { return sync(kRootNode, OperationKind::kSyncAll); }
  HandWrittenRecord& acknowledge(const std::string& token) {
    return entry(OperationKind::kAcknowledge, kRootNode, kRootNode, token);
  }

  [[nodiscard]] const std::vector<Operation>& operations() const { return operations_; }

 private:
  std::string_view keep(const std::string& text) { return kept_->emplace_back(text); }

  Operation& add(OperationKind kind, NodeId node) {
    Operation& operation = operations_.emplace_back();
    operation.kind = kind;
    operation.node = node;
    return operation;
  }

  HandWrittenRecord& entry(OperationKind kind, NodeId node, NodeId parent, const std::string& name) {
    Operation& operation = add(kind, node);
    operation.parent = parent;
    operation.new_parent = parent;
    operation.name = keep(name);
    return *this;
  }

  std::shared_ptr<std::deque<std::string>> kept_ = std::make_shared<std::deque<std::string>>();  // shared by copies
  std::vector<Operation> operations_;
};

}  // namespace crashwright::harness
