#include "harness/storage/recorder.h"

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "base/file.h"

namespace crashwright::harness {

Status StorageRecorder::begin(const std::string& backing) {
  namespace fs = std::filesystem;
  std::error_code trouble;
  std::vector<NodeId> folders{kRootNode};
  for (fs::recursive_directory_iterator it(backing, trouble), end; it != end && !trouble; it.increment(trouble)) {
    const std::string path = "/" + fs::relative(it->path(), backing).string();
    create(path, it->is_directory());
    if (it->is_directory()) {
      folders.push_back(node_of(path));
      continue;
    }
    const auto content = read_file(it->path());
    if (!content) return tl::unexpected(content.error());
    write(path, 0, std::as_bytes(std::span(*content)));
    sync(path, false);
  }
  if (trouble) return fail(ErrorKind::kIo, "read the backing folder " + backing + ": " + trouble.message());
  for (const NodeId folder : folders) {
    Operation operation;
    operation.kind = OperationKind::kSyncFolder;
    operation.node = folder;
    append(std::move(operation));
  }
  return {};
}

NodeId StorageRecorder::node_of(const std::string& path) const {
  const auto node = names_.find(path);
  CRASHWRIGHT_CHECK(node.has_value(), "the file system served a path that was never recorded");
  return *node;
}

NodeId StorageRecorder::parent_of(const std::string& path) const { return node_of(split_path(path).parent); }

void StorageRecorder::append(Operation operation) {
  if (!changes_data(operation.kind) && operation.kind != OperationKind::kTruncate) names_.apply(operation);
  operations_.push_back(std::move(operation));
}

void StorageRecorder::create(const std::string& path, bool folder) {
  Operation operation;
  operation.kind = folder ? OperationKind::kMakeFolder : OperationKind::kCreate;
  operation.node = next_node_++;
  operation.parent = parent_of(path);
  operation.new_parent = operation.parent;
  operation.name = split_path(path).name;
  append(std::move(operation));
}

void StorageRecorder::link(const std::string& from, const std::string& to) {
  Operation operation;
  operation.kind = OperationKind::kLink;
  operation.node = node_of(from);
  operation.parent = parent_of(to);
  operation.new_parent = operation.parent;
  operation.name = split_path(to).name;
  append(std::move(operation));
}

void StorageRecorder::write(const std::string& path, uint64_t offset, std::span<const std::byte> data) {
  Operation operation;
  operation.kind = OperationKind::kWrite;
  operation.node = node_of(path);
  operation.offset = offset;
  operation.data.assign(data.begin(), data.end());
  append(std::move(operation));
}

void StorageRecorder::truncate(const std::string& path, uint64_t size) {
  Operation operation;
  operation.kind = OperationKind::kTruncate;
  operation.node = node_of(path);
  operation.size = size;
  append(std::move(operation));
}

void StorageRecorder::rename(const std::string& from, const std::string& to) {
  Operation operation;
  operation.kind = OperationKind::kRename;
  operation.parent = parent_of(from);
  operation.new_parent = parent_of(to);
  operation.name = split_path(from).name;
  operation.new_name = split_path(to).name;
  append(std::move(operation));
}

void StorageRecorder::remove(const std::string& path, bool folder) {
  Operation operation;
  operation.kind = folder ? OperationKind::kRemoveFolder : OperationKind::kUnlink;
  operation.parent = parent_of(path);
  operation.new_parent = operation.parent;
  operation.name = split_path(path).name;
  append(std::move(operation));
}

void StorageRecorder::sync(const std::string& path, bool folder) {
  const auto node = names_.find(path);
  if (!node) return;  // an unlinked file that is still open: nothing of it can survive
  Operation operation;
  operation.kind = folder ? OperationKind::kSyncFolder : OperationKind::kSyncFile;
  operation.node = *node;
  append(std::move(operation));
}

void StorageRecorder::drop_unsynced(const std::string& path) {
  const NodeId node = node_of(path);
  for (auto operation = operations_.rbegin(); operation != operations_.rend(); ++operation) {
    if (operation->kind == OperationKind::kSyncFile && operation->node == node) return;
    if (operation->kind == OperationKind::kWrite && operation->node == node) operation->dropped = true;
  }
}

std::vector<Operation> StorageRecorder::until_cut() const {
  const size_t count = std::min(cut_at_, operations_.size());
  return {operations_.begin(), operations_.begin() + static_cast<ptrdiff_t>(count)};
}

}  // namespace crashwright::harness
