// Names: making, linking, renaming, removing, listing.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>

#include "harness/storage/fs_core.h"

namespace crashwright::harness {
namespace {

int outcome(int result) { return result < 0 ? -errno : 0; }

OperationKind kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return OperationKind::kMakeFolder;
  return S_ISREG(mode) ? OperationKind::kCreate : OperationKind::kMakeSpecial;
}

// Makes it for real. The layer must be able to read and write it, whatever the mode that the program sees.
int make_real(const std::string& path, mode_t mode) {
  if (S_ISDIR(mode)) return outcome(::mkdir(path.c_str(), (mode & 07777) | 0700));
  return outcome(::mknod(path.c_str(), mode | 0600, 0));
}

// As its caller would own it; without privilege everything belongs to whoever serves, who is the caller then.
void give_to(const Caller& caller, const std::string& path) {
  if (::geteuid() == 0 && (caller.uid != 0 || caller.gid != 0)) {
    static_cast<void>(::lchown(path.c_str(), caller.uid, caller.gid) == 0);
  }
}

}  // namespace

int StorageCore::make(const Caller& caller, NodeId parent, std::string_view name, mode_t mode, struct stat& info) {
  if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISFIFO(mode) && !S_ISSOCK(mode)) return -EPERM;  // no devices
  const std::lock_guard guard(lock_);
  ServedNode* const folder = nodes_.find(parent);
  if (folder == nullptr) return -ENOENT;
  if (const int refused = refuse(OperationClass::kCreate, *folder, name); refused < 0) return refused;
  Operation made = operation(kind_of(mode), caller, *folder);
  made.node = nodes_.next_id();
  made.parent = made.new_parent = parent;
  made.name = name;
  made.size = mode;
  const std::string path = real(*folder, name);
  if (const int trouble = perform(made, [&] { return make_real(path, mode); }); trouble < 0) return trouble;
  give_to(caller, path);
  return answer(nodes_.make(*folder, name, mode), info);
}

int StorageCore::make_symlink(const Caller& caller, NodeId parent, std::string_view name, const std::string& target,
                              struct stat& info) {
  const std::lock_guard guard(lock_);
  ServedNode* const folder = nodes_.find(parent);
  if (folder == nullptr) return -ENOENT;
  if (const int refused = refuse(OperationClass::kCreate, *folder, name); refused < 0) return refused;
  Operation made = operation(OperationKind::kMakeSymlink, caller, *folder);
  made.node = nodes_.next_id();
  made.parent = made.new_parent = parent;
  made.name = name;
  made.data = std::as_bytes(std::span(target));
  const std::string path = real(*folder, name);
  const auto change = [&] { return outcome(::symlink(target.c_str(), path.c_str())); };
  if (const int trouble = perform(made, change); trouble < 0) return trouble;
  give_to(caller, path);
  return answer(nodes_.make(*folder, name, S_IFLNK | 0777), info);
}

int StorageCore::link(const Caller& caller, NodeId id, NodeId parent, std::string_view name, struct stat& info) {
  const std::lock_guard guard(lock_);
  ServedNode* const node = nodes_.find(id);
  ServedNode* const folder = nodes_.find(parent);
  if (node == nullptr || folder == nullptr || node->names.empty()) return -ENOENT;
  if (const int refused = refuse(OperationClass::kCreate, *folder, name); refused < 0) return refused;
  Operation made = operation(OperationKind::kLink, caller, *node);
  made.parent = made.new_parent = parent;
  made.name = name;
  const auto change = [&] { return outcome(::link(real(*node).c_str(), real(*folder, name).c_str())); };
  if (const int trouble = perform(made, change); trouble < 0) return trouble;
  NodeTable::add_name(*node, *folder, name);
  return answer(*node, info);
}

int StorageCore::remove(const Caller& caller, NodeId parent, std::string_view name, bool folder) {
  const std::lock_guard guard(lock_);
  ServedNode* const holder = nodes_.find(parent);
  ServedNode* const node = holder == nullptr ? nullptr : NodeTable::child(*holder, name);
  if (node == nullptr) return -ENOENT;
  if (const int refused = refuse(OperationClass::kUnlink, *holder, name); refused < 0) return refused;
  Operation made = operation(folder ? OperationKind::kRemoveFolder : OperationKind::kUnlink, caller, *node);
  made.parent = made.new_parent = parent;
  made.name = name;
  const std::string path = real(*holder, name);
  const auto change = [&] { return outcome(folder ? ::rmdir(path.c_str()) : ::unlink(path.c_str())); };
  if (const int trouble = perform(made, change); trouble < 0) return trouble;
  nodes_.remove_name(*holder, name);
  return 0;
}

int StorageCore::rename(const Caller& caller, NodeId parent, std::string_view name, NodeId new_parent,
                        std::string_view new_name, unsigned flags) {
  const std::lock_guard guard(lock_);
  ServedNode* const from = nodes_.find(parent);
  ServedNode* const to = nodes_.find(new_parent);
  ServedNode* const node = from == nullptr ? nullptr : NodeTable::child(*from, name);
  if (node == nullptr || to == nullptr) return -ENOENT;
  if ((flags & ~unsigned{RENAME_NOREPLACE | RENAME_EXCHANGE}) != 0) return -EINVAL;
  if (const int refused = refuse(OperationClass::kRename, *from, name); refused < 0) return refused;
  const bool exchange = (flags & RENAME_EXCHANGE) != 0;
  ServedNode* const replaced = NodeTable::child(*to, new_name);
  const auto change = [&] {
    return outcome(::renameat2(AT_FDCWD, real(*from, name).c_str(), AT_FDCWD, real(*to, new_name).c_str(), flags));
  };
  if (replaced == node) return change();  // two names of one file: nothing happens
  Operation made = operation(exchange ? OperationKind::kExchange : OperationKind::kRename, caller, *node);
  made.parent = parent;
  made.new_parent = new_parent;
  made.replaced = replaced == nullptr ? kNoNode : replaced->id;
  made.name = name;
  made.new_name = new_name;
  if (const int trouble = perform(made, change); trouble < 0) return trouble;
  if (exchange) {
    NodeTable::exchange(*from, name, *to, new_name);
  } else {
    nodes_.rename(*from, name, *to, new_name);
  }
  return 0;
}

int StorageCore::read_link(NodeId id, std::string& target) {
  const std::lock_guard guard(lock_);
  const ServedNode* const node = nodes_.find(id);
  if (node == nullptr) return -ENOENT;
  char text[PATH_MAX];
  const ssize_t got = ::readlink(real(*node).c_str(), text, sizeof text);
  if (got < 0) return -errno;
  target.assign(text, static_cast<size_t>(got));
  return 0;
}

int StorageCore::list(NodeId id, std::vector<std::pair<std::string, NodeId>>& entries) {
  const std::lock_guard guard(lock_);
  const ServedNode* const folder = nodes_.find(id);
  if (folder == nullptr) return -ENOENT;
  const NodeId above = folder->names.empty() ? folder->id : folder->names.front().first->id;
  entries = {{".", folder->id}, {"..", above}};
  for (const auto& [name, node] : folder->children) entries.emplace_back(name, node->id);
  return 0;
}

}  // namespace crashwright::harness
