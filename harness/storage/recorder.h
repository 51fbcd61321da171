// Keeps the record of one mounted tree: names nodes, appends operations, knows which path is which node.
//
// Threads: one owner. Errors: begin() when the backing folder cannot be read.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/storage/operation.h"
#include "harness/storage/tree_model.h"

namespace crashwright::harness {

class StorageRecorder {
 public:
  // Records what `backing` holds as already durable.
  [[nodiscard]] Status begin(const std::string& backing);

  void create(const std::string& path, bool folder);
  void link(const std::string& from, const std::string& to);
  void write(const std::string& path, uint64_t offset, std::span<const std::byte> data);
  void truncate(const std::string& path, uint64_t size);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& path, bool folder);
  void sync(const std::string& path, bool folder);
  // A sync of `path` failed: what it should have made durable never will be.
  void drop_unsynced(const std::string& path);
  // From here on nothing counts: the power is gone.
  void cut() { cut_at_ = operations_.size(); }

  [[nodiscard]] std::vector<Operation> until_cut() const;
  [[nodiscard]] const std::vector<Operation>& all() const { return operations_; }

 private:
  [[nodiscard]] NodeId node_of(const std::string& path) const;
  [[nodiscard]] NodeId parent_of(const std::string& path) const;
  void append(Operation operation);

  TreeModel names_;  // names only: writes are not applied to it
  std::vector<Operation> operations_;
  size_t cut_at_ = SIZE_MAX;
  NodeId next_node_ = 1;
};

}  // namespace crashwright::harness
