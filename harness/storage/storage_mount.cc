#include "harness/storage/storage_mount.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "base/clock.h"
#include "harness/runner/detach_mount.h"
#include "harness/storage/storage_access.h"
#include "harness/storage/storage_wire.h"

namespace crashwright::harness {
namespace {

constexpr std::chrono::seconds kPatience{300};  // a large folder is compared byte for byte
// The kernel takes a file system down only after its write-back worker had a turn, which a busy machine may delay.
constexpr std::chrono::seconds kEndPatience{60};

std::string daemon_path() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string self(path, size > 0 ? static_cast<size_t>(size) : 0);
  return self.substr(0, self.rfind('/') + 1) + "crashwright_storage";
}

std::string joined(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) text += std::to_string(number) + ",";
  return text;
}

struct Arguments {
  explicit Arguments(const StorageOptions& options, int socket)
      : words{daemon_path(),
              options.backing,
              options.mount_point,
              std::string(1, options.profile),
              std::to_string(options.seed),
              std::to_string(options.tear_unit_bytes),
              std::to_string(options.control_fd),
              std::to_string(socket),
              options.record_folder,
              joined(options.ack_pipes),
              std::to_string(options.echo_fd),
              std::to_string(options.lost_max),
              options.places ? "places" : "",
              std::to_string(options.power_end)} {
    for (size_t i = 0; i < words.size(); ++i) pointers[i] = words[i].data();
  }
  std::array<std::string, 14> words;
  std::array<char*, 15> pointers{};
};

// In the child between fork and exec: only async-signal-safe calls.
[[noreturn]] void become_daemon(Arguments& arguments, int socket, const StorageOptions& options) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, 0);
  ::fcntl(socket, F_SETFD, 0);
  if (options.control_fd >= 0) ::fcntl(options.control_fd, F_SETFD, 0);
  if (options.echo_fd >= 0) ::fcntl(options.echo_fd, F_SETFD, 0);
  if (options.power_end >= 0) ::fcntl(options.power_end, F_SETFD, 0);
  for (const int pipe : options.ack_pipes) ::fcntl(pipe, F_SETFD, 0);
  keep_right_to_mount();
  ::execv(arguments.pointers[0], arguments.pointers.data());
  ::_exit(127);
}

}  // namespace

Status StorageMount::program_exists() {
  const std::string path = daemon_path();
  if (::access(path.c_str(), X_OK) == 0) return {};
  return fail(ErrorKind::kEnvironment, path + ": no program that can be run",
              "crashwright_storage beside crashwright: a build makes it where libfuse3-dev is installed, and an "
              "install brings it along");
}

Result<std::unique_ptr<StorageMount>> StorageMount::start(const StorageOptions& options) {
  if (auto there = program_exists(); !there) return tl::unexpected(there.error());
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno(errno, "socketpair");
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  Arguments arguments(options, theirs.get());
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, "fork the storage layer");
  if (pid == 0) become_daemon(arguments, theirs.get(), options);
  theirs.reset();
  std::unique_ptr<StorageMount> mount(new StorageMount(std::move(ours), pid, options.mount_point));
  auto ready = mount->ask("");
  if (!ready) return tl::unexpected(ready.error());
  return mount;
}

Result<std::string> StorageMount::ask(const std::string& request) {
  if (!request.empty() && ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    return fail_errno(errno, "ask the storage layer");
  }
  const Deadline deadline(kPatience);
  char answer[kStorageAnswerBytesMax];
  pollfd readable{socket_.get(), POLLIN, 0};
  const auto left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.remaining()).count();
  if (::poll(&readable, 1, static_cast<int>(left_ms)) <= 0) {
    return fail(ErrorKind::kInternal, "the storage layer does not answer");
  }
  const ssize_t got = ::recv(socket_.get(), answer, sizeof answer, 0);
  if (got <= 0) {
    return fail(ErrorKind::kInternal, "the storage layer ended", "`crashwright doctor` tells what it needs");
  }
  return decode_storage_answer({answer, static_cast<size_t>(got)});
}

Status StorageMount::tell(const std::string& request) {
  auto answer = ask(request);
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

Status StorageMount::verify_record() { return tell("verify"); }

Status StorageMount::acknowledge(const std::string& token) { return tell("acknowledge " + token); }

Status StorageMount::settle() { return tell("settle"); }

Status StorageMount::arm(const std::string& fault) { return tell("fault " + fault); }

Result<std::string> StorageMount::faults() { return ask("faults"); }

Result<uint64_t> StorageMount::operations_until_cut() {
  const auto answer = ask("operations");
  if (!answer) return tl::unexpected(answer.error());
  return std::strtoull(answer->c_str(), nullptr, 10);
}

Status StorageMount::flush() { return tell("flush"); }

Status StorageMount::sync_all(int pid) { return tell("sync_all " + std::to_string(pid)); }

Status StorageMount::announce_msync(int tid, const std::vector<FileRange>& ranges) {
  return tell_ranges("msync ", tid, ranges);
}

Status StorageMount::note_asked_for(int tid, WriteBackRequest how, const std::vector<FileRange>& ranges) {
  return tell_ranges(write_back_word(how) + " ", tid, ranges);
}

Status StorageMount::acknowledgements_are_of(int tid) { return tell("acknowledger " + std::to_string(tid)); }

Status StorageMount::stores_come_down_before(int tid) { return tell("stores_before " + std::to_string(tid)); }

Status StorageMount::tell_ranges(const std::string& what, int tid, const std::vector<FileRange>& ranges) {
  std::string request = what + std::to_string(tid);
  for (const FileRange& range : ranges) {
    request += " " + std::to_string(range.node) + " " + std::to_string(range.offset) + " " + std::to_string(range.size);
  }
  return tell(request);
}

Result<std::string> StorageMount::materialise(const std::string& folder) { return ask("materialise " + folder); }

Status StorageMount::stop() {
  if (pid_ < 0) return {};
  hang_up();
  const Deadline deadline(kEndPatience);
  int status = 0;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (deadline.passed()) {
      ::kill(pid_, SIGKILL);
      static_cast<void>(detach_mount(mount_point_));
      ::waitpid(pid_, &status, 0);
      break;
    }
    const timespec pause{0, 500'000};
    ::nanosleep(&pause, nullptr);
  }
  pid_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(ErrorKind::kInternal, "the storage layer on " + mount_point_ + " did not end in order");
  }
  return {};
}

StorageMount::~StorageMount() { static_cast<void>(stop()); }

}  // namespace crashwright::harness
