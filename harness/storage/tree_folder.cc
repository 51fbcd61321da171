// A tree as a real folder: written out, and compared.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/unique_fd.h"
#include "harness/storage/tree_model.h"

namespace crashwright::harness {
namespace {

using Node = TreeModel::Node;
using NodeType = TreeModel::NodeType;

tl::unexpected<Error> differs(const std::string& path, const std::string& how) {
  return fail(ErrorKind::kInternal, "storage record: " + path + " " + how);
}

Status write_node(const TreeModel& tree, const Node& node, const std::string& path);

// Whoever writes it must still be able to.
mode_t kept_mode(const Node& node) { return (node.mode & 0777) | (node.type == NodeType::kFolder ? 0700 : 0600); }

Status write_attributes(const Node& node, const std::string& path) {
  if (node.owner && ::geteuid() == 0 &&
      ::lchown(path.c_str(), static_cast<uid_t>(*node.owner >> 32), static_cast<gid_t>(*node.owner)) != 0) {
    return fail_errno(errno, "chown " + path);
  }
  const bool has_mode = node.type != NodeType::kSymlink && node.type != NodeType::kSpecial;
  if (has_mode && ::chmod(path.c_str(), (node.mode & 07000) | kept_mode(node)) != 0) {
    return fail_errno(errno, "chmod " + path);
  }
  if (!node.modified) return {};
  const timespec times[2] = {{0, UTIME_OMIT}, *node.modified};
  return ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0
             ? Status()
             : fail_errno(errno, "set the times of " + path);
}

Status write_children(const TreeModel& tree, const Node& folder, const std::string& path) {
  for (const auto& [name, id] : folder.children) {
    if (auto written = write_node(tree, *tree.node(id), path + "/" + name); !written) return written;
  }
  return {};
}

Status write_node(const TreeModel& tree, const Node& node, const std::string& path) {
  switch (node.type) {
    case NodeType::kFolder:
      if (::mkdir(path.c_str(), 0755) != 0) return fail_errno(errno, "make folder " + path);
      if (auto written = write_children(tree, node, path); !written) return written;
      return write_attributes(node, path);
    case NodeType::kSymlink:
      if (::symlink(node.content.text().c_str(), path.c_str()) != 0) return fail_errno(errno, "make link " + path);
      return write_attributes(node, path);
    case NodeType::kSpecial:
      if (::mknod(path.c_str(), node.mode, 0) != 0) return fail_errno(errno, "make node " + path);
      return write_attributes(node, path);
    case NodeType::kFile:
      break;
  }
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) return fail_errno(errno, "create " + path);
  if (auto written = node.content.write_to(file.get()); !written) return written;
  return write_attributes(node, path);
}

Status compare_node(const TreeModel& tree, const Node& node, const std::string& path);

Status compare_children(const TreeModel& tree, const Node& folder, const std::string& path) {
  size_t entries = 0;
  std::error_code trouble;
  for (const auto& entry : std::filesystem::directory_iterator(path, trouble)) {
    ++entries;
    if (!folder.children.contains(entry.path().filename().string())) {
      return differs(entry.path().string(), "exists but was never recorded");
    }
  }
  if (trouble) return fail(ErrorKind::kIo, "list " + path + ": " + trouble.message());
  if (entries != folder.children.size()) return differs(path, "lacks an entry that was recorded");
  for (const auto& [name, id] : folder.children) {
    if (auto same = compare_node(tree, *tree.node(id), path + "/" + name); !same) return same;
  }
  return {};
}

bool is_type(NodeType type, mode_t mode) {
  switch (type) {
    case NodeType::kFile:
      return S_ISREG(mode);
    case NodeType::kFolder:
      return S_ISDIR(mode);
    case NodeType::kSymlink:
      return S_ISLNK(mode);
    case NodeType::kSpecial:
      break;
  }
  return S_ISFIFO(mode) || S_ISSOCK(mode);
}

Status compare_attributes(const Node& node, const struct stat& info, const std::string& path) {
  if (node.owner && *node.owner != (uint64_t{info.st_uid} << 32 | info.st_gid)) {
    return differs(path, "belongs to another than recorded");
  }
  const timespec& modified = info.st_mtim;
  if (node.modified && (node.modified->tv_sec != modified.tv_sec || node.modified->tv_nsec != modified.tv_nsec)) {
    return differs(path, "was modified at another time than recorded");
  }
  const mode_t shown = info.st_mode & 0777;
  if (node.type != NodeType::kSymlink && kept_mode(node) != (shown | (kept_mode(node) & 0700 & ~node.mode))) {
    return differs(path, "has another mode than recorded");
  }
  return {};
}

Status compare_node(const TreeModel& tree, const Node& node, const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return fail_errno(errno, path);
  if (!is_type(node.type, info.st_mode)) return differs(path, "is of another kind than recorded");
  if (auto same = compare_attributes(node, info, path); !same) return same;
  if (node.type == NodeType::kFolder) return compare_children(tree, node, path);
  if (node.type == NodeType::kSpecial) return {};
  if (node.type == NodeType::kSymlink) {
    std::error_code trouble;
    const bool same = std::filesystem::read_symlink(path, trouble).string() == node.content.text();
    return same ? Status() : differs(path, "points elsewhere than recorded");
  }
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, "open " + path);
  const auto same = node.content.equals(file.get());
  if (!same) return tl::unexpected(same.error());
  return *same ? Status() : differs(path, "differs from the replay of its operations");
}

}  // namespace

Status TreeModel::write_out(const std::string& folder) const {
  return write_children(*this, nodes_.at(kRootNode), folder);
}

Status TreeModel::equals_folder(const std::string& folder) const {
  return compare_children(*this, nodes_.at(kRootNode), folder);
}

}  // namespace crashwright::harness
