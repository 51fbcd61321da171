#include "harness/storage/storage_fs.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/clock.h"
#include "harness/storage/fuse_calls.h"
#include "harness/storage/page_dropper.h"

namespace crashwright::harness {
namespace {

constexpr size_t kWorkers = 4;  // one that sleeps in a slow fsync must not stop the others
// Workers end when nobody uses the mount any more; who still does cannot be waited for.
constexpr std::chrono::milliseconds kEndPatience{500};

void call_init(void*, fuse_conn_info* connection) {
  // With asynchronous direct I/O the kernel turns a short write through io_uring into EIO (fs/fuse/file.c). Splicing
  // costs more than it saves for writes that are recorded anyway. Nothing changes behind the kernel's back.
  connection->want &=
      ~static_cast<unsigned>(FUSE_CAP_ASYNC_DIO | FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE |
                             FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_WRITEBACK_CACHE);
  connection->want |= connection->capable & static_cast<unsigned>(FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_CACHE_SYMLINKS |
                                                                  FUSE_CAP_EXPLICIT_INVAL_DATA);
}

const fuse_lowlevel_ops& calls() {
  static const fuse_lowlevel_ops table = [] {
    fuse_lowlevel_ops made{};
    made.init = call_init;
    add_name_calls(made);
    add_folder_calls(made);
    add_file_calls(made);
    return made;
  }();
  return table;
}

class Served final : public StorageFs {
 public:
  explicit Served(const StorageFsOptions& options) : options_(options), core_(options.core) {}
  ~Served() override;

  Status start();
  StorageCore& core() override { return core_; }
  int end_descriptor() const override { return ended_.get(); }
  void flush() override;

 private:
  void serve();
  [[nodiscard]] bool workers_ended() const { return running_.load() == 0; }

  StorageFsOptions options_;
  StorageCore core_;
  fuse_session* session_ = nullptr;
  std::unique_ptr<PageDropper> dropper_;
  std::array<std::thread, kWorkers> workers_;
  std::atomic<size_t> running_{0};
  UniqueFd ended_;
  bool mounted_ = false;
};

Status Served::start() {
  if (auto begun = core_.begin(); !begun) return begun;
  ended_.reset(::eventfd(0, EFD_CLOEXEC));
  if (!ended_) return fail_errno(errno, "eventfd");
  ::umask(0);  // the program's own mask has been applied by the kernel
  // Root's programs may give up being root (most servers do); everybody else's may not become others.
  const std::string others = ::geteuid() == 0 ? ",allow_other" : "";
  std::string words[] = {"crashwright_storage", "-o",
                         "fsname=crashwright,subtype=crashwright,default_permissions" + others};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  fuse_args args = FUSE_ARGS_INIT(3, argv);
  session_ = fuse_session_new(&args, &calls(), sizeof(fuse_lowlevel_ops), &core_);
  fuse_opt_free_args(&args);
  if (session_ == nullptr) return fail(ErrorKind::kInternal, "libfuse refused the file system's table");
  if (fuse_session_mount(session_, options_.mount_point.c_str()) != 0) {
    return fail(ErrorKind::kEnvironment, "cannot mount on " + options_.mount_point,
                "needs /dev/fuse, and root, a user namespace (unshare -Urm) or fusermount3 (package fuse3)");
  }
  mounted_ = true;
  dropper_ = std::make_unique<PageDropper>(
      [this](NodeId node) { static_cast<void>(fuse_lowlevel_notify_inval_inode(session_, node + 1, 0, 0)); });
  core_.on_forget_pages([this](NodeId node) { dropper_->drop(node); });
  running_ = kWorkers;
  for (std::thread& worker : workers_) worker = std::thread([this] { serve(); });
  return {};
}

void Served::serve() {
  fuse_buf buffer{};
  while (fuse_session_exited(session_) == 0) {
    const int got = fuse_session_receive_buf(session_, &buffer);
    if (got == -EINTR || got == -EAGAIN) continue;
    if (got <= 0) break;
    fuse_session_process_buf(session_, &buffer);
  }
  std::free(buffer.mem);
  if (running_.fetch_sub(1) == 1) {
    const uint64_t one = 1;
    static_cast<void>(::write(ended_.get(), &one, sizeof one) > 0);
  }
}

void Served::flush() {
  const UniqueFd root(::open(options_.mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root) static_cast<void>(::syncfs(root.get()));
}

Served::~Served() {
  // First the mount, so that the workers end in order, then libfuse's descriptor. Without privilege libfuse does both.
  const bool detached = mounted_ && ::umount2(options_.mount_point.c_str(), MNT_DETACH) == 0;
  if (mounted_ && !detached) fuse_session_unmount(session_);
  pollfd end{ended_.get(), POLLIN, 0};
  if (running_ > 0 && ::poll(&end, 1, static_cast<int>(kEndPatience.count())) == 0) {
    // Somebody still sits in the mount. Only the end of this process takes it away from him.
    ::_exit(0);
  }
  dropper_.reset();
  for (std::thread& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
  if (detached) fuse_session_unmount(session_);
  if (session_ != nullptr) fuse_session_destroy(session_);
}

}  // namespace

Result<std::unique_ptr<StorageFs>> StorageFs::mount(const StorageFsOptions& options) {
  auto made = std::make_unique<Served>(options);
  if (auto started = made->start(); !started) return tl::unexpected(started.error());
  return std::unique_ptr<StorageFs>(std::move(made));
}

}  // namespace crashwright::harness
