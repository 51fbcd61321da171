// What the backing folder holds when the file system begins: recorded as made, written and synced.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include "base/clock.h"
#include "harness/storage/fs_core.h"

namespace crashwright::harness {
namespace {

constexpr size_t kChunkBytes = 1 << 20;

Operation initial(OperationKind kind, NodeId node) {
  Operation made;
  made.kind = kind;
  made.flags = kInitial;
  made.node = node;
  made.time_ns = monotonic_ns();
  return made;
}

Result<std::vector<std::string>> sorted_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code trouble;
  for (const auto& entry : std::filesystem::directory_iterator(folder, trouble)) {
    names.push_back(entry.path().filename());
  }
  if (trouble) return fail(ErrorKind::kIo, "read the backing folder " + folder + ": " + trouble.message());
  std::sort(names.begin(), names.end());
  return names;
}

OperationKind kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return OperationKind::kMakeFolder;
  if (S_ISLNK(mode)) return OperationKind::kMakeSymlink;
  return S_ISREG(mode) ? OperationKind::kCreate : OperationKind::kMakeSpecial;
}

}  // namespace

Status StorageCore::scan() {
  std::map<std::pair<dev_t, ino_t>, ServedNode*> seen;
  std::vector<ServedNode*> folders{&nodes_.root()};
  for (size_t next = 0; next < folders.size(); ++next) {
    ServedNode& folder = *folders[next];
    const auto names = sorted_names(real(folder));
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
      const std::string path = real(folder, name);
      struct stat info {};
      if (::lstat(path.c_str(), &info) != 0) return fail_errno(errno, path);
      ServedNode*& known = seen[{info.st_dev, info.st_ino}];
      const bool again = known != nullptr;
      Operation made = initial(again ? OperationKind::kLink : kind_of(info.st_mode), nodes_.next_id());
      if (again) made.node = known->id;
      made.parent = made.new_parent = folder.id;
      made.name = name;
      made.size = again ? 0 : info.st_mode;
      const std::string target = S_ISLNK(info.st_mode) ? std::filesystem::read_symlink(path).string() : "";
      made.data = std::as_bytes(std::span(target));
      if (auto put = writer_->append(made); !put) return put;
      if (again) {
        NodeTable::add_name(*known, folder, name);
        continue;
      }
      known = &nodes_.make(folder, name, info.st_mode);
      if (S_ISDIR(info.st_mode)) folders.push_back(known);
      if (!S_ISREG(info.st_mode)) continue;
      if (auto put = scan_file(*known, path); !put) return put;
    }
  }
  for (const ServedNode* const folder : folders) {
    if (auto put = writer_->append(initial(OperationKind::kSyncFolder, folder->id)); !put) return put;
  }
  return {};
}

// Copies the data of one file, and not its holes, into the record.
Status StorageCore::scan_file(ServedNode& node, const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + path);
  std::vector<std::byte> chunk(kChunkBytes);
  off_t end = 0;
  for (off_t at = ::lseek(fd.get(), 0, SEEK_DATA); at >= 0; at = ::lseek(fd.get(), end, SEEK_DATA)) {
    const off_t hole = ::lseek(fd.get(), at, SEEK_HOLE);
    for (end = at; end < hole;) {
      const ssize_t got =
          ::pread(fd.get(), chunk.data(), std::min<size_t>(chunk.size(), static_cast<size_t>(hole - end)), end);
      if (got <= 0) return fail_errno(got < 0 ? errno : EIO, "read " + path);
      Operation write = initial(OperationKind::kWrite, node.id);
      write.offset = static_cast<uint64_t>(end);
      write.data = std::span(chunk).first(static_cast<size_t>(got));
      if (auto put = writer_->append(write); !put) return put;
      end += got;
    }
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, path);
  if (info.st_size > end) {
    Operation size = initial(OperationKind::kTruncate, node.id);
    size.size = static_cast<uint64_t>(info.st_size);
    if (auto put = writer_->append(size); !put) return put;
  }
  return writer_->append(initial(OperationKind::kSyncFile, node.id));
}

}  // namespace crashwright::harness
