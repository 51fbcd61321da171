#include "harness/storage/folder_actor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>

#include "base/check.h"
#include "base/file.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kSizeMax = 200'000;
constexpr const char* kNames[] = {"a", "b", "c", "d", "f/a", "f/b", "f/g/a", "f", "f/g", "h"};

int64_t outcome(int64_t result) { return result < 0 ? -errno : result; }

}  // namespace

FolderActor::FolderActor(std::string folder, uint64_t seed) : folder_(std::move(folder)), random_(seed) {
  CRASHWRIGHT_CHECK(io_uring_queue_init(4, &ring_, 0) == 0, "the tests run where io_uring does");
}

FolderActor::~FolderActor() { io_uring_queue_exit(&ring_); }

std::string FolderActor::name() { return kNames[random_.below(std::size(kNames))]; }

std::string FolderActor::bytes() {
  const uint64_t size = random_.below(8) == 0 ? random_.below(kSizeMax / 2) : random_.below(6000);
  std::string text(size, '\0');
  const auto first = static_cast<char>('a' + random_.below(26));
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(first + i % 7);
  return text;
}

void FolderActor::tell(const std::string& what, int64_t result) { last_ = what + " = " + std::to_string(result); }

const std::string& FolderActor::step() {
  const uint64_t choice = random_.below(100);
  if (choice < 20) {
    name_step(choice % 5);
  } else if (choice < 30) {
    make_step(choice % 5);
  } else if (choice < 45) {
    open_step();
  } else if (choice < 75) {
    write_step(choice % 6);
  } else if (choice < 88) {
    shape_step(choice % 6);
  } else {
    look_step(choice % 4);
  }
  return last_;
}

void FolderActor::name_step(uint64_t choice) {
  const std::string from = name();
  const std::string to = name();
  const auto rename = [&](const char* what, unsigned flags) {
    const int result = ::renameat2(AT_FDCWD, path(from).c_str(), AT_FDCWD, path(to).c_str(), flags);
    tell(std::string(what) + " " + from + " " + to, outcome(result));
  };
  switch (choice) {
    case 0:
      return rename("rename", 0);
    case 1:
      return rename("rename, no replace", RENAME_NOREPLACE);
    case 2:
      return rename("exchange", RENAME_EXCHANGE);
    case 3:
      return tell("link " + from + " " + to, outcome(::link(path(from).c_str(), path(to).c_str())));
    default:
      return tell("unlink " + from, outcome(::unlink(path(from).c_str())));
  }
}

void FolderActor::make_step(uint64_t choice) {
  const std::string where = name();
  switch (choice) {
    case 0:
      return tell("symlink " + where, outcome(::symlink("a", path(where).c_str())));
    case 1:
      return tell("mkfifo " + where, outcome(::mkfifo(path(where).c_str(), 0640)));
    case 2:
      return tell("rmdir " + where, outcome(::rmdir(path(where).c_str())));
    case 3: {
      const auto mode = static_cast<mode_t>(0600 | (random_.next() & 0177));
      // To give a file away takes privilege; to oneself everybody may.
      const bool privileged = ::geteuid() == 0;
      const uid_t user = privileged && random_.below(2) == 0 ? 1234 : ::geteuid();
      const uint64_t which = random_.below(3);
      if (which == 0) return tell("chmod " + where, outcome(::chmod(path(where).c_str(), mode)));
      if (which == 1) {
        const timespec times[2] = {{0, UTIME_OMIT},
                                   {1'000'000 + mode, random_.below(8) == 0 ? UTIME_NOW : mode * 1000}};
        return tell("utimens " + where,
                    outcome(::utimensat(AT_FDCWD, path(where).c_str(), times, AT_SYMLINK_NOFOLLOW)));
      }
      return tell("chown " + where, outcome(::lchown(path(where).c_str(), user, static_cast<gid_t>(-1))));
    }
    default: {
      const std::string folder = random_.below(2) == 0 ? "f" : "f/g";
      return tell("mkdir " + folder, outcome(::mkdir(path(folder).c_str(), 0755)));
    }
  }
}

void FolderActor::open_step() {
  constexpr int kFlags[] = {O_RDWR | O_CREAT,
                            O_RDWR | O_CREAT | O_TRUNC,
                            O_RDWR | O_CREAT | O_EXCL,
                            O_RDWR | O_CREAT | O_APPEND,
                            O_RDWR,
                            O_RDWR | O_CREAT | O_DSYNC,
                            O_RDONLY};
  const std::string where = name();
  const int flags = kFlags[random_.below(std::size(kFlags))] | O_CLOEXEC | O_NONBLOCK;
  UniqueFd& fd = handle();
  fd.reset(::open(path(where).c_str(), flags, 0644));
  const int trouble = fd ? 0 : -errno;
  // A fifo opened without its other end is no file to write to.
  struct stat info {};
  if (fd && ::fstat(fd.get(), &info) == 0 && !S_ISREG(info.st_mode)) fd.reset();
  tell("open " + where + " " + std::to_string(flags), trouble);
}

int64_t FolderActor::write_through_ring(const UniqueFd& fd, const std::string& text, uint64_t offset) {
  constexpr int kFlags[] = {0, RWF_DSYNC, RWF_SYNC};
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring_);
  io_uring_prep_write(sqe, fd.get(), text.data(), static_cast<unsigned>(text.size()), offset);
  sqe->rw_flags = kFlags[random_.below(std::size(kFlags))];
  io_uring_submit(&ring_);
  io_uring_cqe* cqe = nullptr;
  if (const int trouble = io_uring_wait_cqe(&ring_, &cqe); trouble < 0) return trouble;
  const int64_t result = cqe->res;
  io_uring_cqe_seen(&ring_, cqe);
  ring_writes_ += result > 0 ? 1 : 0;
  return result;
}

void FolderActor::store_through_mapping(const UniqueFd& fd) {
  const uint64_t where = random_.below(kSizeMax);
  const uint64_t how = random_.below(3);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || info.st_size == 0) return tell("map nothing", 0);
  const auto size = static_cast<size_t>(info.st_size);
  void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) return tell("mmap", -errno);
  auto* const bytes_at = static_cast<char*>(at);
  const size_t begin = where % size;
  const size_t end = std::min(size, begin + 5000);
  int64_t sum = 0;
  for (size_t i = begin; i < end; ++i) {
    sum += static_cast<unsigned char>(bytes_at[i]);
    bytes_at[i] = static_cast<char>('A' + i % 26);
  }
  if (how != 0) sum += ::msync(at, size, how == 1 ? MS_SYNC : MS_ASYNC);
  ::munmap(at, size);
  ++mapped_stores_;
  tell("store through a mapping", sum);
}

void FolderActor::write_step(uint64_t choice) {
  const UniqueFd& fd = handle();
  const std::string text = bytes();
  const uint64_t offset = random_.below(kSizeMax);
  switch (choice) {
    case 0:
      return tell("write", outcome(::write(fd.get(), text.data(), text.size())));
    case 1:
    case 2:
      return tell("pwrite", outcome(::pwrite(fd.get(), text.data(), text.size(), static_cast<off_t>(offset))));
    case 3:
      return tell("write through io_uring", write_through_ring(fd, text, offset));
    case 4:
      return store_through_mapping(fd);
    default: {
      auto from = static_cast<off_t>(random_.below(kSizeMax / 4));
      auto to = static_cast<off_t>(offset);
      const UniqueFd& other = handle();
      return tell("copy", outcome(::copy_file_range(other.get(), &from, fd.get(), &to, text.size(), 0)));
    }
  }
}

void FolderActor::shape_step(uint64_t choice) {
  constexpr int kModes[] = {0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE,
                            FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE};
  const UniqueFd& fd = handle();
  const auto offset = static_cast<off_t>(random_.below(kSizeMax));
  const auto size = static_cast<off_t>(1 + random_.below(30'000));
  const int mode = kModes[random_.below(std::size(kModes))];
  const std::string where = name();
  switch (choice) {
    case 0:
      return tell("ftruncate", outcome(::ftruncate(fd.get(), offset)));
    case 1:
      return tell("truncate " + where, outcome(::truncate(path(where).c_str(), size)));
    case 2:
      return tell("fsync", outcome(::fsync(fd.get())));
    case 3:
      return tell("fdatasync", outcome(::fdatasync(fd.get())));
    default:
      return tell("fallocate " + std::to_string(mode), outcome(::fallocate(fd.get(), mode, offset, size)));
  }
}

void FolderActor::look_step(uint64_t choice) {
  const UniqueFd& fd = handle();
  const std::string where = name();
  const auto offset = static_cast<off_t>(random_.below(kSizeMax));
  struct stat info {};
  char block[5000];
  switch (choice) {
    case 0: {
      const int64_t got = outcome(::pread(fd.get(), block, sizeof block, offset));
      auto sum = static_cast<uint64_t>(got);
      for (int64_t i = 0; i < got; ++i) sum = sum * 31 + static_cast<unsigned char>(block[i]);
      return tell("pread", static_cast<int64_t>(sum));
    }
    case 1: {
      const int64_t result = outcome(::lstat(path(where).c_str(), &info));
      const bool sized = result == 0 && !S_ISDIR(info.st_mode);
      return tell("stat " + where + " " + std::to_string(info.st_mode) + " " + std::to_string(info.st_nlink),
                  sized ? info.st_size : result);
    }
    case 2:
      return tell("fstat",
                  ::fstat(fd.get(), &info) == 0 ? info.st_size * 16 + static_cast<int64_t>(info.st_nlink) : -errno);
    default: {
      std::set<std::string> names;
      std::error_code trouble;
      for (const auto& entry : std::filesystem::directory_iterator(path(random_.below(2) == 0 ? "f" : ""), trouble)) {
        names.insert(entry.path().filename());
      }
      std::string all = "list";
      for (const std::string& found : names) all += " " + found;
      return tell(all, trouble.value());
    }
  }
}

std::string FolderActor::describe_tree() const {
  std::set<std::string> lines;
  describe_folder("", lines);
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

void FolderActor::describe_folder(const std::string& below, std::set<std::string>& lines) const {
  for (const auto& entry : std::filesystem::directory_iterator(path(below))) {
    struct stat info {};
    CRASHWRIGHT_CHECK(::lstat(entry.path().c_str(), &info) == 0, "what is listed is there");
    const std::string where = below + entry.path().filename().string();
    std::string line = where + " " + std::to_string(info.st_mode) + " " + std::to_string(info.st_nlink) + " " +
                       std::to_string(info.st_uid) + ":" + std::to_string(info.st_gid);
    if (S_ISREG(info.st_mode)) line += " " + read_file(entry.path()).value();
    if (S_ISLNK(info.st_mode)) line += " -> " + std::filesystem::read_symlink(entry.path()).string();
    lines.insert(line);
    if (S_ISDIR(info.st_mode)) describe_folder(where + "/", lines);
  }
}

}  // namespace crashwright::harness
