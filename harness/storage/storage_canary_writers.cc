// The writers of the storage canary. Each puts "committed" into `folder`/file; the unsafe ones leave one sync out.
#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "harness/storage/storage_canary.h"

namespace crashwright::harness {
namespace {

constexpr char kContent[] = "committed";
constexpr size_t kBytes = sizeof kContent - 1;

Status put(bool done, const char* what) { return done ? Status() : fail_errno(errno, std::string("canary: ") + what); }

Status sync_folder(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return put(fd && ::fsync(fd.get()) == 0, "sync the folder");
}

// A file whose name and size are durable before the content comes.
Result<UniqueFd> durable_file(const std::string& folder) {
  UniqueFd fd(::open((folder + "/file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  const bool made = fd && ::ftruncate(fd.get(), kBytes) == 0 && ::fsync(fd.get()) == 0;
  if (auto done = put(made, "make a file"); !done) return tl::unexpected(done.error());
  if (auto done = sync_folder(folder); !done) return tl::unexpected(done.error());
  return fd;
}

Status write_in(const std::string& folder, bool synced) {
  const auto fd = durable_file(folder);
  if (!fd) return tl::unexpected(fd.error());
  const bool written = ::pwrite(fd->get(), kContent, kBytes, 0) == static_cast<ssize_t>(kBytes);
  return put(written && (!synced || ::fdatasync(fd->get()) == 0), "write");
}

Status map_in(const std::string& folder, bool synced) {
  const auto fd = durable_file(folder);
  if (!fd) return tl::unexpected(fd.error());
  void* const at = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd->get(), 0);
  if (at == MAP_FAILED) return put(false, "map a file for writing");
  std::memcpy(at, kContent, kBytes);
  const bool done = !synced || ::msync(at, kBytes, MS_SYNC) == 0;
  ::munmap(at, kBytes);
  return put(done, "msync");
}

Status ring_in(const std::string& folder, bool synced) {
  const auto fd = durable_file(folder);
  if (!fd) return tl::unexpected(fd.error());
  io_uring ring;
  if (const int trouble = io_uring_queue_init(2, &ring, 0); trouble < 0) {
    errno = -trouble;
    return put(false, "io_uring");
  }
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring);
  io_uring_prep_write(sqe, fd->get(), kContent, kBytes, 0);
  sqe->rw_flags = synced ? RWF_DSYNC : 0;
  io_uring_submit(&ring);
  io_uring_cqe* cqe = nullptr;
  const bool done = io_uring_wait_cqe(&ring, &cqe) == 0 && cqe->res == static_cast<int>(kBytes);
  io_uring_queue_exit(&ring);
  return put(done, "write through io_uring");
}

// A file of another name with the content, durable under that name.
Status file_beside(const std::string& folder, const std::string& name) {
  const UniqueFd fd(::open((folder + "/" + name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  const bool written = fd && ::pwrite(fd.get(), kContent, kBytes, 0) == static_cast<ssize_t>(kBytes);
  return put(written && ::fsync(fd.get()) == 0, "write a file beside");
}

Status rename_in(const std::string& folder, bool synced) {
  if (auto done = file_beside(folder, "new"); !done) return done;
  if (auto done = sync_folder(folder); !done) return done;
  const bool renamed = ::rename((folder + "/new").c_str(), (folder + "/file").c_str()) == 0;
  if (auto done = put(renamed, "rename"); !done || !synced) return done;
  return sync_folder(folder);
}

Status entry_in(const std::string& folder, bool synced) {
  if (auto done = file_beside(folder, "file"); !done || !synced) return done;
  return sync_folder(folder);
}

}  // namespace

const std::vector<CanaryWriter>& canary_writers() {
  static const std::vector<CanaryWriter> writers{
      {"safe_write", true, [](const std::string& folder) { return write_in(folder, true); }},
      {"unsafe_write", false, [](const std::string& folder) { return write_in(folder, false); }},
      {"safe_mmap", true, [](const std::string& folder) { return map_in(folder, true); }},
      {"unsafe_mmap", false, [](const std::string& folder) { return map_in(folder, false); }},
      {"safe_io_uring", true, [](const std::string& folder) { return ring_in(folder, true); }},
      {"unsafe_io_uring", false, [](const std::string& folder) { return ring_in(folder, false); }},
      {"safe_rename", true, [](const std::string& folder) { return rename_in(folder, true); }},
      {"unsafe_rename", false, [](const std::string& folder) { return rename_in(folder, false); }},
      {"safe_entry", true, [](const std::string& folder) { return entry_in(folder, true); }},
      {"unsafe_entry", false, [](const std::string& folder) { return entry_in(folder, false); }},
  };
  return writers;
}

}  // namespace crashwright::harness
