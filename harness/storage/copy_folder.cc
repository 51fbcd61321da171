#include "harness/storage/copy_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 1 << 20;

// The bytes between holes.
Status copy_bytes(const std::string& from, const std::string& to, const struct stat& info) {
  const UniqueFd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!in) return fail_errno(errno, "open " + from);
  const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info.st_mode & 07777));
  if (!out) return fail_errno(errno, "make " + to);
  if (::ftruncate(out.get(), info.st_size) != 0) return fail_errno(errno, "size " + to);
  std::vector<std::byte> chunk(std::clamp<size_t>(static_cast<size_t>(info.st_size), 1, kChunkBytes));
  off_t end = 0;
  for (off_t at = ::lseek(in.get(), 0, SEEK_DATA); at >= 0; at = ::lseek(in.get(), end, SEEK_DATA)) {
    end = ::lseek(in.get(), at, SEEK_HOLE);
    while (at < end) {
      const size_t wanted = std::min<size_t>(chunk.size(), static_cast<size_t>(end - at));
      const ssize_t got = ::pread(in.get(), chunk.data(), wanted, at);
      if (got < 0) return fail_errno(errno, "read " + from);
      if (got == 0) return {};  // it has been cut meanwhile
      if (::pwrite(out.get(), chunk.data(), static_cast<size_t>(got), at) != got)
        return fail_errno(errno, "write " + to);
      at += got;
    }
  }
  return {};
}

Status keep_attributes(const std::string& to, const struct stat& info) {
  const timespec times[] = {info.st_atim, info.st_mtim};
  if (!S_ISLNK(info.st_mode) && ::chmod(to.c_str(), info.st_mode & 07777) != 0) return fail_errno(errno, to);
  if (::utimensat(AT_FDCWD, to.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno(errno, to);
  return {};
}

class FolderCopy {
 public:
  Status copy(const std::string& from, const std::string& to) {
    struct stat info {};
    if (::lstat(from.c_str(), &info) != 0) return fail_errno(errno, from);
    std::error_code trouble;
    fs::create_directory(to, trouble);
    if (trouble) return fail(ErrorKind::kIo, "make " + to + ": " + trouble.message());
    fs::directory_iterator entries(from, trouble);
    if (trouble) return fail(ErrorKind::kIo, "read " + from + ": " + trouble.message());
    for (const auto& entry : entries) {
      if (auto done = copy_entry(entry.path(), to + "/" + entry.path().filename().string()); !done) return done;
    }
    return keep_attributes(to, info);
  }

 private:
  Status copy_entry(const std::string& from, const std::string& to) {
    struct stat info {};
    if (::lstat(from.c_str(), &info) != 0) return fail_errno(errno, from);
    if (S_ISDIR(info.st_mode)) return copy(from, to);
    if (info.st_nlink > 1) {
      const auto [first, fresh] = first_names_.try_emplace({info.st_dev, info.st_ino}, to);
      if (!fresh) {
        if (::link(first->second.c_str(), to.c_str()) != 0) return fail_errno(errno, "link " + to);
        return {};
      }
    }
    if (auto made = make(from, to, info); !made) return made;
    return keep_attributes(to, info);
  }

  static Status make(const std::string& from, const std::string& to, const struct stat& info) {
    if (S_ISREG(info.st_mode)) return copy_bytes(from, to, info);
    if (S_ISLNK(info.st_mode)) {
      std::error_code trouble;
      fs::copy_symlink(from, to, trouble);
      return trouble ? Status(fail(ErrorKind::kIo, "copy " + from + ": " + trouble.message())) : Status();
    }
    if (!S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode)) {
      return fail(ErrorKind::kUsage, from + " is a device", "take it out of the folder");
    }
    if (::mknod(to.c_str(), info.st_mode, 0) != 0) return fail_errno(errno, "make " + to);
    return {};
  }

  std::map<std::pair<dev_t, ino_t>, std::string> first_names_;  // of files with several
};

}  // namespace

Status copy_folder(const std::string& from, const std::string& to) {
  std::error_code trouble;
  if (!fs::is_directory(from, trouble)) return fail(ErrorKind::kUsage, from + " is no folder");
  return FolderCopy().copy(fs::canonical(from, trouble).string(), to);
}

}  // namespace crashwright::harness
