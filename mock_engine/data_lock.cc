#include "mock_engine/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "mock_engine/lock_holder.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

constexpr std::chrono::seconds kTryFor{1};
constexpr timespec kPause{0, 5'000'000};

tl::unexpected<StopReason> cannot(const std::string& what, int error_number) {
  const bool no_place = error_number == ENOENT || error_number == ENOTDIR;
  return stop(no_place ? ExitCode::kUsage : ExitCode::kStorageSealed,
              with_remedy(fail_errno(error_number, what,
                                     no_place ? "--data wants a folder, or the name of one in a folder that is there"
                                              : "the engine must be able to write its data folder")
                              .value()));
}

// False while somebody else holds it.
tl::expected<bool, StopReason> take(int fd, const std::string& path) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return false;
    return cannot("lock " + path, errno);
  }
  return true;
}

// Somebody may have removed the file, or put another one there, while this one was being locked.
bool still_named(int fd, const std::string& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &named) == 0 && ours.st_ino == named.st_ino &&
         ours.st_dev == named.st_dev;
}

tl::unexpected<StopReason> held(const std::string& path, const std::optional<LockHolder>& holder) {
  const std::string who = holder ? ", process " + std::to_string(holder->pid) : "";
  return stop(ExitCode::kLocked, path + " is held by another engine" + who + "; one engine per data folder");
}

void tell_of_waiting(const std::string& path, pid_t pid) {
  const std::string text =
      path + ": waits for process " + std::to_string(pid) + ", which is dead or dying and still holds the data folder";
  CRASHWRIGHT_LOG_WARN("{}", text);
  std::fprintf(stderr, "mock_engine: %s\n", text.c_str());
}

}  // namespace

tl::expected<DataLock, StopReason> DataLock::acquire(const std::string& path) {
  const std::string name = path.substr(0, path.rfind('/'));
  if (::mkdir(name.c_str(), 0755) != 0 && errno != EEXIST) return cannot("create " + name, errno);
  UniqueFd folder(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return cannot("open " + name, errno);
  bool told = false;
  for (const Deadline patience(kTryFor);; ::nanosleep(&kPause, nullptr)) {
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));  // each time: it may be another one
    if (!file) return cannot("open " + path, errno);
    auto taken = take(file.get(), path);
    if (taken && *taken) taken = take(folder.get(), name);
    if (!taken) return tl::unexpected(taken.error());
    if ((*taken && still_named(file.get(), path)) || CRASHWRIGHT_PLANTED("data_lock_not_taken")) {
      if (const auto own = holder_of(::getpid())) write_lock_holder(file.get(), *own);
      return DataLock(std::move(file), std::move(folder));
    }
    const auto holder = read_lock_holder(file.get());
    const bool dying = holder && life_of(*holder) == HolderLife::kDying;
    if (!patience.passed()) continue;
    if (!dying) return held(path, holder);
    if (!std::exchange(told, true)) tell_of_waiting(path, holder->pid);
  }
}

}  // namespace crashwright::mock_engine
