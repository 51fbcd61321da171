#include "harness/storage/recorder.h"

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "base/file.h"

namespace crashwright::harness {

Status StorageRecorder::begin(const std::string& backing) {
  namespace fs = std::filesystem;
  std::error_code trouble;
  auto writer = RecordWriter::create_unnamed(fs::path(backing).parent_path().string());
  if (!writer) return tl::unexpected(writer.error());
  writer_ = std::move(*writer);
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
  if (changes_tree(operation.kind)) names_.apply(operation);
  CRASHWRIGHT_CHECK(writer_->append(operation), "the storage record takes what happened");
}

void StorageRecorder::create(const std::string& path, bool folder) {
  Operation operation;
  operation.kind = folder ? OperationKind::kMakeFolder : OperationKind::kCreate;
  operation.node = next_node_++;
  operation.parent = parent_of(path);
  operation.new_parent = operation.parent;
  const std::string name = split_path(path).name;
  operation.name = name;
  append(std::move(operation));
}

void StorageRecorder::link(const std::string& from, const std::string& to) {
  Operation operation;
  operation.kind = OperationKind::kLink;
  operation.node = node_of(from);
  operation.parent = parent_of(to);
  operation.new_parent = operation.parent;
  const std::string name = split_path(to).name;
  operation.name = name;
  append(std::move(operation));
}

void StorageRecorder::write(const std::string& path, uint64_t offset, std::span<const std::byte> data) {
  Operation operation;
  operation.kind = OperationKind::kWrite;
  operation.node = node_of(path);
  operation.offset = offset;
  operation.size = data.size();
  operation.data = data;
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
  const std::string name = split_path(from).name;
  operation.name = name;
  const std::string new_name = split_path(to).name;
  operation.new_name = new_name;
  append(std::move(operation));
}

void StorageRecorder::remove(const std::string& path, bool folder) {
  Operation operation;
  operation.kind = folder ? OperationKind::kRemoveFolder : OperationKind::kUnlink;
  operation.parent = parent_of(path);
  operation.new_parent = operation.parent;
  const std::string name = split_path(path).name;
  operation.name = name;
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
  Operation operation;
  operation.kind = OperationKind::kSyncFailed;
  operation.node = node_of(path);
  append(operation);
}

SplitPath split_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"/", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::vector<Operation> StorageRecorder::until_cut() const {
  return writer_->record().first(std::min(cut_at_, writer_->record().size()));
}

}  // namespace crashwright::harness
