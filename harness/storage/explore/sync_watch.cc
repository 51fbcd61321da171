#include "harness/storage/explore/sync_watch.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <string>

namespace crashwright::harness {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

// The listener of a filter over the calling thread; -1 where the kernel refuses.
int install_filter() noexcept {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_sync, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_syncfs, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
  };
  const sock_fprog program{std::size(code), code};
  const auto install = [&] {
    return static_cast<int>(
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
  };
  const int listener = install();
  if (listener >= 0 || errno != EACCES) return listener;
  // Without privilege only for a process that can gain none.
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? install() : -1;
}

// One byte with a descriptor beside it.
struct Parcel {
  Parcel() {
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  char byte = 0;
  iovec bytes{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
};

UniqueFd receive_listener(int socket) {
  Parcel parcel;
  if (::recvmsg(socket, &parcel.message, MSG_CMSG_CLOEXEC) <= 0) return {};
  const cmsghdr* const header = CMSG_FIRSTHDR(&parcel.message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int listener = -1;
  std::memcpy(&listener, CMSG_DATA(header), sizeof listener);
  return UniqueFd(listener);
}

// Until `descriptor` has something; false once `stop` has.
bool wait_for(int descriptor, int stop) {
  pollfd watched[] = {{descriptor, POLLIN, 0}, {stop, POLLIN, 0}};
  while (::poll(watched, 2, -1) < 0 && errno == EINTR) {
  }
  return watched[1].revents == 0 && (watched[0].revents & POLLIN) != 0;
}

}  // namespace

void hand_over_syncs(int socket) noexcept {
  const int listener = install_filter();
  if (listener < 0) return;
  Parcel parcel;
  cmsghdr* const header = CMSG_FIRSTHDR(&parcel.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof listener);
  std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
  static_cast<void>(::sendmsg(socket, &parcel.message, MSG_NOSIGNAL));
  ::close(listener);
}

Result<std::unique_ptr<SyncWatch>> SyncWatch::create(StorageMount& mount, const std::string& mount_point) {
  struct stat info {};
  if (::stat(mount_point.c_str(), &info) != 0) return fail_errno(errno, "look at " + mount_point);
  std::unique_ptr<SyncWatch> made(new SyncWatch(mount, info.st_dev));
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno(errno, "socketpair");
  made->own_end_.reset(ends[0]);
  made->program_end_.reset(ends[1]);
  made->stop_.reset(::eventfd(0, EFD_CLOEXEC));
  if (!made->stop_) return fail_errno(errno, "eventfd");
  made->thread_ = std::thread([watch = made.get()] { watch->serve(); });
  return made;
}

SyncWatch::~SyncWatch() {
  const uint64_t one = 1;
  if (stop_) static_cast<void>(::write(stop_.get(), &one, sizeof one) < 0);
  if (thread_.joinable()) thread_.join();
}

void SyncWatch::serve() {
  if (!wait_for(own_end_.get(), stop_.get())) return;
  const UniqueFd listener = receive_listener(own_end_.get());
  // It hangs up when the last process under the filter is gone.
  while (listener && wait_for(listener.get(), stop_.get())) answer_next(listener.get());
}

void SyncWatch::answer_next(int listener) {
  seccomp_notif call{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return;  // the caller died meanwhile
  seccomp_notif_resp answer{};
  answer.id = call.id;
  struct stat info {};
  const std::string file = "/proc/" + std::to_string(call.pid) + "/fd/" + std::to_string(call.data.args[0]);
  const bool ours = call.data.nr == __NR_sync || (::stat(file.c_str(), &info) == 0 && info.st_dev == device_);
  if (!ours) {
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  } else if (auto done = mount_.sync_all(static_cast<int>(call.pid)); !done) {
    answer.error = -EIO;
  }
  static_cast<void>(::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
}

}  // namespace crashwright::harness
