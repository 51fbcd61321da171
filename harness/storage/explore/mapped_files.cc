#include "harness/storage/explore/mapped_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>

#include "base/file.h"

namespace crashwright::harness {
namespace {

constexpr size_t kFilesMax = 256;  // each is a descriptor of this process

std::string path_of(pid_t pid, int fd) { return "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd); }

bool is_file_of(uint64_t device, const std::string& path, struct stat& info) {
  return ::stat(path.c_str(), &info) == 0 && info.st_dev == device && S_ISREG(info.st_mode);
}

// The mount numbers its inodes from 1 on, the record its nodes from 0 on.
NodeId node_of(uint64_t inode) { return static_cast<NodeId>(inode - 1); }

}  // namespace

void MappedFiles::note(pid_t pid, int fd) {
  const std::string path = path_of(pid, fd);
  struct stat info {};
  if (!is_file_of(device_, path, info)) return;
  const auto same = [&](const File& file) { return file.inode == info.st_ino; };
  if (std::any_of(files_.begin(), files_.end(), same)) return;
  UniqueFd own(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!own) return;
  if (files_.size() >= kFilesMax) make_room();
  files_.push_back({info.st_ino, std::move(own)});
}

// What has no name any more is in no image; otherwise the oldest goes.
void MappedFiles::make_room() {
  std::erase_if(files_, [](const File& file) {
    struct stat info {};
    return ::fstat(file.fd.get(), &info) == 0 && info.st_nlink == 0;
  });
  if (files_.size() >= kFilesMax) files_.pop_front();
}

// Closing any descriptor of a file makes the kernel write back what was stored to it, and wait for the answer
// (fuse_flush); sync_file_range would not wait where write-back goes by way of a copy of the page (before Linux 6.16).
void MappedFiles::bring_down() {
  for (const File& file : files_) UniqueFd(::dup(file.fd.get())).reset();
}

std::vector<FileRange> MappedFiles::behind(pid_t pid, uint64_t address, uint64_t size) const {
  static const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  size = (size + page - 1) / page * page;  // msync(2) is about whole pages
  std::vector<FileRange> ranges;
  std::istringstream lines(read_file("/proc/" + std::to_string(pid) + "/maps").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    unsigned long long offset = 0;
    unsigned long long inode = 0;
    unsigned major_number = 0;
    unsigned minor_number = 0;
    char permissions[5] = {};
    if (std::sscanf(line.c_str(), "%llx-%llx %4s %llx %x:%x %llu", &begin, &end, permissions, &offset, &major_number,
                    &minor_number, &inode) != 7) {
      continue;
    }
    const uint64_t from = std::max<uint64_t>(begin, address);
    const uint64_t to = std::min<uint64_t>(end, address + size);
    if (from >= to || permissions[3] != 's' || ::makedev(major_number, minor_number) != device_) continue;
    ranges.push_back({node_of(inode), offset + (from - begin), to - from});
  }
  return ranges;
}

std::vector<FileRange> MappedFiles::behind_descriptor(pid_t pid, int fd, uint64_t offset, uint64_t size) const {
  struct stat info {};
  if (!is_file_of(device_, path_of(pid, fd), info)) return {};
  const auto end = static_cast<uint64_t>(info.st_size);
  return {{node_of(info.st_ino), offset, size != 0 ? size : end - std::min(end, offset)}};
}

}  // namespace crashwright::harness
