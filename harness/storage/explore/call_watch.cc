#include "harness/storage/explore/call_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "harness/storage/explore/call_filter.h"

namespace crashwright::harness {
namespace {

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

void hand_over_calls(int socket) noexcept {
  const int listener = install_call_filter();
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

Result<std::unique_ptr<CallWatch>> CallWatch::create(StorageMount& mount, const std::string& mount_point,
                                                     const std::vector<int>& ack_pipes) {
  struct stat info {};
  if (::stat(mount_point.c_str(), &info) != 0) return fail_errno(errno, "look at " + mount_point);
  std::unique_ptr<CallWatch> made(new CallWatch(mount, info.st_dev));
  for (const int pipe : ack_pipes) {
    if (::fstat(pipe, &info) != 0) return fail_errno(errno, "look at a pipe for acknowledgements");
    made->ack_pipes_.emplace_back(info.st_dev, info.st_ino);
  }
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno(errno, "socketpair");
  made->own_end_.reset(ends[0]);
  made->program_end_.reset(ends[1]);
  made->stop_.reset(::eventfd(0, EFD_CLOEXEC));
  if (!made->stop_) return fail_errno(errno, "eventfd");
  made->thread_ = std::thread([watch = made.get()] { watch->serve(); });
  return made;
}

CallWatch::~CallWatch() {
  const uint64_t one = 1;
  if (stop_) static_cast<void>(::write(stop_.get(), &one, sizeof one) < 0);
  if (thread_.joinable()) thread_.join();
}

void CallWatch::serve() {
  if (!wait_for(own_end_.get(), stop_.get())) return;
  const UniqueFd listener = receive_listener(own_end_.get());
  // It hangs up when the last process under the filter is gone.
  while (listener && wait_for(listener.get(), stop_.get())) answer_next(listener.get());
}

void CallWatch::answer_next(int listener) {
  seccomp_notif call{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return;  // the caller died meanwhile
  seccomp_notif_resp given = answer(call);
  given.id = call.id;
  static_cast<void>(::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &given));
}

seccomp_notif_resp CallWatch::answer(const seccomp_notif& call) {
  seccomp_notif_resp given{};
  given.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  const auto pid = static_cast<pid_t>(call.pid);
  if (call.data.nr == __NR_mmap) {
    files_.note(pid, static_cast<int>(call.data.args[4]));
    return given;
  }
  note_acknowledger(call);
  bring_down_before(pid);
  announce_msync(call);
  note_asked_for(call);
  if (call.data.nr != __NR_sync && call.data.nr != __NR_syncfs) return given;
  struct stat info {};
  const std::string file = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(call.data.args[0]);
  const bool ours = call.data.nr == __NR_sync || (::stat(file.c_str(), &info) == 0 && info.st_dev == device_);
  if (!ours) return given;
  given.flags = 0;
  if (auto done = mount_.sync_all(pid); !done) given.error = -EIO;
  return given;
}

// The thread that writes to a pipe for acknowledgements; what stands there already was another one's.
void CallWatch::note_acknowledger(const seccomp_notif& call) {
  const auto thread = static_cast<pid_t>(call.pid);
  if (thread == acknowledger_ || (call.data.nr != __NR_write && call.data.nr != __NR_writev)) return;
  struct stat info {};
  const std::string file = "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(call.data.args[0]);
  if (::stat(file.c_str(), &info) != 0 || !S_ISFIFO(info.st_mode)) return;
  const std::pair<dev_t, ino_t> pipe{info.st_dev, info.st_ino};
  if (std::find(ack_pipes_.begin(), ack_pipes_.end(), pipe) == ack_pipes_.end()) return;
  if (mount_.acknowledgements_are_of(thread)) acknowledger_ = thread;
}

// So that the record can say before which call of which thread a store was there.
void CallWatch::bring_down_before(pid_t thread) {
  if (files_.empty()) return;
  if (thread != comes_down_before_) static_cast<void>(mount_.stores_come_down_before(thread));
  comes_down_before_ = thread;
  files_.bring_down();
}

namespace {

// As the kernel sees it: neither end of a range may be negative, and some calls know only some flags.
bool is_taken(const seccomp_notif& call) {
  const auto offset = static_cast<int64_t>(call.data.args[1]);
  const auto size = static_cast<int64_t>(call.data.args[2]);
  if (call.data.nr == __NR_fadvise64) return offset >= 0 && size >= 0 && offset <= INT64_MAX - size;
  constexpr uint64_t kKnown = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  const bool known = (static_cast<uint32_t>(call.data.args[3]) & ~kKnown) == 0;
  return known && offset >= 0 && size >= 0 && offset <= INT64_MAX - size;
}

}  // namespace

void CallWatch::note_asked_for(const seccomp_notif& call) {
  const auto thread = static_cast<pid_t>(call.pid);
  const auto& arguments = call.data.args;
  std::vector<FileRange> ranges;
  auto how = WriteBackRequest::kSomeTime;
  if (call.data.nr == __NR_msync && (arguments[2] & MS_SYNC) == 0) {
    ranges = files_.behind(thread, arguments[0], arguments[1]);
  } else if ((call.data.nr == __NR_sync_file_range || call.data.nr == __NR_fadvise64) && is_taken(call)) {
    ranges = files_.behind_descriptor(thread, static_cast<int>(arguments[0]), arguments[1], arguments[2]);
    if (call.data.nr == __NR_fadvise64)
      how = WriteBackRequest::kDropCache;
    else if ((arguments[3] & SYNC_FILE_RANGE_WRITE) != 0)
      how = WriteBackRequest::kNow;
  }
  if (!ranges.empty()) static_cast<void>(mount_.note_asked_for(thread, how, ranges));
}

// Of a call that syncs nothing the record learns nothing. Nor does each msync reach the mount (a mapping that was never
// writable, a range that is not mapped): what was announced ends with the thread's next call.
void CallWatch::announce_msync(const seccomp_notif& call) {
  const auto thread = static_cast<pid_t>(call.pid);
  std::vector<FileRange> ranges;
  if (call.data.nr == __NR_msync && (call.data.args[2] & MS_SYNC) != 0) {
    ranges = files_.behind(thread, call.data.args[0], call.data.args[1]);
  }
  const bool pending = announced_.erase(thread) > 0;
  if (ranges.empty() && !pending) return;
  if (!ranges.empty()) announced_.insert(thread);
  static_cast<void>(mount_.announce_msync(thread, ranges));
}

}  // namespace crashwright::harness
