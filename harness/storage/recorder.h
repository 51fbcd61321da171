// Keeps the record of one mounted tree: names nodes, appends operations, knows which path is which node.
//
// Threads: one owner. Errors: begin() when the backing folder cannot be read.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/storage/record_writer.h"
#include "harness/storage/tree_model.h"

namespace crashwright::harness {

// Splits "/a/b/c" into "/a/b" and "c"; the root's parent is the root.
struct SplitPath {
  std::string parent;
  std::string name;
};
[[nodiscard]] SplitPath split_path(const std::string& path);

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
  void cut() { cut_at_ = writer_->record().size(); }

  [[nodiscard]] std::vector<Operation> until_cut() const;
  [[nodiscard]] std::vector<Operation> all() const { return writer_->record().first(writer_->record().size()); }

 private:
  [[nodiscard]] NodeId node_of(const std::string& path) const;
  [[nodiscard]] NodeId parent_of(const std::string& path) const;
  void append(Operation operation);

  TreeModel names_;  // names only: writes are not applied to it
  std::unique_ptr<RecordWriter> writer_;
  uint64_t cut_at_ = UINT64_MAX;
  NodeId next_node_ = 1;
};

}  // namespace crashwright::harness
