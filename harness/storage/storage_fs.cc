#define FUSE_USE_VERSION 314
#include "harness/storage/storage_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <fuse.h>
#include <fuse_lowlevel.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "harness/storage/recorder.h"

namespace crashwright::harness {
namespace {

using postmortem::ArmedFault;
using postmortem::FaultAction;

constexpr std::chrono::milliseconds kKillPatience{3000};

// The state behind the libfuse callbacks; libfuse hands it back as private_data.
class Served final : public StorageFs {
 public:
  Served(const StorageFsOptions& options) : options_(options), gate_(options.block) {}
  ~Served() override;

  Status start();
  int descriptor() const override { return fuse_session_fd(session_); }
  bool serve() override;
  void check_power_loss() override;
  std::vector<Operation> record() const override { return recorder_.until_cut(); }
  Status record_equals_backing() const override;

  std::string real(const char* path) const { return options_.backing + path; }
  StorageRecorder& recorder() { return recorder_; }
  int write(const char* path, const char* data, size_t size, off_t offset, int fd, bool synchronous);
  int sync(const char* path);

 private:
  void lose_power(ArmedFault& fault);

  StorageFsOptions options_;
  FaultGate gate_;
  StorageRecorder recorder_;
  fuse* fuse_ = nullptr;
  fuse_session* session_ = nullptr;
  fuse_buf buffer_{};
  bool mounted_ = false;
};

Served& served() { return *static_cast<Served*>(fuse_get_context()->private_data); }
int handle(fuse_file_info* info) { return static_cast<int>(info->fh); }
int outcome(int result) { return result < 0 ? -errno : 0; }
std::string base_name(const char* path) { return split_path(path).name; }

int fs_getattr(const char* path, struct stat* info, fuse_file_info* open_file) {
  return outcome(open_file != nullptr ? ::fstat(handle(open_file), info) : ::lstat(served().real(path).c_str(), info));
}

int fs_readdir(const char* path, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info*, fuse_readdir_flags) {
  DIR* const folder = ::opendir(served().real(path).c_str());
  if (folder == nullptr) return -errno;
  while (const dirent* entry = ::readdir(folder)) {
    if (fill(buffer, entry->d_name, nullptr, 0, fuse_fill_dir_flags{}) != 0) break;
  }
  ::closedir(folder);
  return 0;
}

int open_real(const char* path, int flags, mode_t mode, fuse_file_info* info) {
  // The layer decides what is durable and when: the backing file is never opened for synchronous or direct I/O.
  const int fd =
      ::open(served().real(path).c_str(), (flags & ~(O_DIRECT | O_SYNC | O_DSYNC | O_APPEND)) | O_CLOEXEC, mode);
  if (fd < 0) return -errno;
  info->fh = static_cast<uint64_t>(fd);
  info->direct_io = 1;  // a short write stays a short write, and nothing hides in the page cache
  return 0;
}

int fs_open(const char* path, fuse_file_info* info) {
  const int result = open_real(path, info->flags, 0, info);
  if (result == 0 && (info->flags & O_TRUNC) != 0) served().recorder().truncate(path, 0);
  return result;
}

int fs_create(const char* path, mode_t mode, fuse_file_info* info) {
  const int result = open_real(path, info->flags | O_CREAT, mode, info);
  if (result == 0) served().recorder().create(path, false);
  return result;
}

int fs_read(const char*, char* data, size_t size, off_t offset, fuse_file_info* info) {
  const ssize_t got = ::pread(handle(info), data, size, offset);
  return got < 0 ? -errno : static_cast<int>(got);
}

int fs_write(const char* path, const char* data, size_t size, off_t offset, fuse_file_info* info) {
  const bool synchronous = (info->flags & (O_DSYNC | O_SYNC)) != 0;
  return served().write(path, data, size, offset, handle(info), synchronous);
}

int fs_truncate(const char* path, off_t size, fuse_file_info* info) {
  const int result =
      outcome(info != nullptr ? ::ftruncate(handle(info), size) : ::truncate(served().real(path).c_str(), size));
  if (result == 0) served().recorder().truncate(path, static_cast<uint64_t>(size));
  return result;
}

int fs_fallocate(const char* path, int mode, off_t offset, off_t size, fuse_file_info* info) {
  if (mode != 0 && mode != FALLOC_FL_KEEP_SIZE) return -EOPNOTSUPP;
  struct stat before {};
  if (::fstat(handle(info), &before) != 0 || ::fallocate(handle(info), mode, offset, size) != 0) return -errno;
  if (mode == 0 && offset + size > before.st_size) {
    served().recorder().truncate(path, static_cast<uint64_t>(offset + size));
  }
  return 0;
}

int fs_unlink(const char* path) {
  const int result = outcome(::unlink(served().real(path).c_str()));
  if (result == 0) served().recorder().remove(path, false);
  return result;
}

int fs_rmdir(const char* path) {
  const int result = outcome(::rmdir(served().real(path).c_str()));
  if (result == 0) served().recorder().remove(path, true);
  return result;
}

int fs_mkdir(const char* path, mode_t mode) {
  const int result = outcome(::mkdir(served().real(path).c_str(), mode));
  if (result == 0) served().recorder().create(path, true);
  return result;
}

int fs_rename(const char* from, const char* to, unsigned flags) {
  if ((flags & ~1U) != 0) return -EINVAL;  // RENAME_NOREPLACE only; RENAME_EXCHANGE is refused
  const int result =
      outcome(::renameat2(AT_FDCWD, served().real(from).c_str(), AT_FDCWD, served().real(to).c_str(), flags));
  if (result == 0) served().recorder().rename(from, to);
  return result;
}

int fs_link(const char* from, const char* to) {
  const int result = outcome(::link(served().real(from).c_str(), served().real(to).c_str()));
  if (result == 0) served().recorder().link(from, to);
  return result;
}

int fs_fsync(const char* path, int, fuse_file_info*) { return served().sync(path); }

int fs_fsyncdir(const char* path, int, fuse_file_info*) {
  served().recorder().sync(path, true);
  return 0;
}

int fs_release(const char*, fuse_file_info* info) { return outcome(::close(handle(info))); }

int fs_statfs(const char* path, struct statvfs* info) { return outcome(::statvfs(served().real(path).c_str(), info)); }

int fs_chmod(const char* path, mode_t mode, fuse_file_info*) {
  return outcome(::chmod(served().real(path).c_str(), mode));
}

int fs_utimens(const char* path, const timespec times[2], fuse_file_info*) {
  return outcome(::utimensat(AT_FDCWD, served().real(path).c_str(), times, AT_SYMLINK_NOFOLLOW));
}

void* fs_init(fuse_conn_info* connection, fuse_config* config) {
  // With asynchronous direct I/O the kernel turns a short write through io_uring into EIO (fs/fuse/file.c).
  connection->want &= ~static_cast<unsigned>(FUSE_CAP_ASYNC_DIO);
  config->use_ino = 1;
  config->hard_remove = 1;  // an unlinked open file vanishes at once, as below a real file system
  config->entry_timeout = 0;
  config->attr_timeout = 0;
  config->negative_timeout = 0;
  return fuse_get_context()->private_data;
}

const fuse_operations& operations() {
  static const fuse_operations table = [] {
    fuse_operations made{};
    made.init = fs_init;
    made.getattr = fs_getattr;
    made.readdir = fs_readdir;
    made.open = fs_open;
    made.create = fs_create;
    made.read = fs_read;
    made.write = fs_write;
    made.truncate = fs_truncate;
    made.fallocate = fs_fallocate;
    made.unlink = fs_unlink;
    made.rmdir = fs_rmdir;
    made.mkdir = fs_mkdir;
    made.rename = fs_rename;
    made.link = fs_link;
    made.fsync = fs_fsync;
    made.fsyncdir = fs_fsyncdir;
    made.release = fs_release;
    made.statfs = fs_statfs;
    made.chmod = fs_chmod;
    made.utimens = fs_utimens;
    return made;
  }();
  return table;
}

Served::~Served() {
  if (mounted_) fuse_unmount(fuse_);
  if (fuse_ != nullptr) fuse_destroy(fuse_);
  std::free(buffer_.mem);
}

Status Served::start() {
  if (auto begun = recorder_.begin(options_.backing); !begun) return begun;
  std::string words[] = {"crashwright_storage", "-o", "fsname=crashwright,subtype=crashwright"};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  fuse_args args = FUSE_ARGS_INIT(3, argv);
  fuse_ = fuse_new(&args, &operations(), sizeof(fuse_operations), this);
  fuse_opt_free_args(&args);
  if (fuse_ == nullptr) return fail(ErrorKind::kInternal, "libfuse refused the file system's table");
  if (fuse_mount(fuse_, options_.mount_point.c_str()) != 0) {
    return fail(ErrorKind::kEnvironment, "cannot mount on " + options_.mount_point,
                "needs /dev/fuse, and root or fusermount3 (package fuse3)");
  }
  mounted_ = true;
  session_ = fuse_get_session(fuse_);
  // A request may be withdrawn between poll and read, when its process is killed: a blocking read would then wait for
  // somebody to use the mount again.
  const int fd = fuse_session_fd(session_);
  if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) return fail_errno(errno, "fcntl of /dev/fuse");
  return {};
}

bool Served::serve() {
  const int got = fuse_session_receive_buf(session_, &buffer_);
  if (got == -EINTR || got == -EAGAIN) return true;
  if (got <= 0) return false;
  fuse_session_process_buf(session_, &buffer_);
  return fuse_session_exited(session_) == 0;
}

void Served::lose_power(ArmedFault& fault) {
  recorder_.cut();
  static_cast<void>(gate_.request_kill(fault, kKillPatience));
  gate_.confirm(fault, static_cast<int64_t>(recorder_.until_cut().size()));
}

void Served::check_power_loss() {
  if (ArmedFault* const fault = gate_.fired(FaultAction::kPowerLoss, "")) lose_power(*fault);
}

int Served::write(const char* path, const char* data, size_t size, off_t offset, int fd, bool synchronous) {
  const std::string file = base_name(path);
  if (ArmedFault* const fault = gate_.fired(FaultAction::kEnospc, file)) {
    gate_.confirm(*fault, ENOSPC);
    return -ENOSPC;
  }
  ArmedFault* const torn = gate_.fired(FaultAction::kTornWrite, file);
  ArmedFault* const cut_short = torn != nullptr ? torn : gate_.fired(FaultAction::kShortWrite, file);
  const size_t wanted =
      cut_short == nullptr ? size : std::min(size, static_cast<size_t>(std::max<int64_t>(cut_short->args[0], 0)));
  const ssize_t put = ::pwrite(fd, data, wanted, offset);
  if (put < 0) return -errno;
  recorder_.write(path, static_cast<uint64_t>(offset), std::as_bytes(std::span(data, static_cast<size_t>(put))));
  if (torn != nullptr) {
    static_cast<void>(gate_.request_kill(*torn, kKillPatience));
    gate_.confirm(*torn, put);
    return -EIO;  // never seen: the writer is being killed
  }
  if (cut_short != nullptr) gate_.confirm(*cut_short, put);
  if (synchronous) {
    const int synced = sync(path);
    if (synced < 0) return synced;
  }
  return static_cast<int>(put);
}

int Served::sync(const char* path) {
  if (ArmedFault* const fault = gate_.fired(FaultAction::kEioFsync, base_name(path))) {
    recorder_.drop_unsynced(path);
    gate_.confirm(*fault, EIO);
    return -EIO;
  }
  recorder_.sync(path, false);
  return 0;
}

Status Served::record_equals_backing() const {
  TreeModel replay;
  for (const Operation& operation : recorder_.all()) replay.apply(operation);
  return replay.equals_folder(options_.backing);
}

}  // namespace

Result<std::unique_ptr<StorageFs>> StorageFs::mount(const StorageFsOptions& options) {
  auto made = std::make_unique<Served>(options);
  if (auto started = made->start(); !started) return tl::unexpected(started.error());
  return std::unique_ptr<StorageFs>(std::move(made));
}

}  // namespace crashwright::harness
