#include "mock_engine/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <ctime>

#include "base/clock.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {
namespace {

constexpr std::chrono::seconds kTryFor{1};
constexpr timespec kPause{0, 5'000'000};

}  // namespace

Result<DataLock> DataLock::acquire(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno(errno, "create " + folder);
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "open " + path);
  for (const Deadline deadline(kTryFor);; ::nanosleep(&kPause, nullptr)) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 || CRASHWRIGHT_PLANTED("data_lock_not_taken")) {
      return DataLock(std::move(fd));
    }
    if (errno != EWOULDBLOCK && errno != EINTR) return fail_errno(errno, "lock " + path);
    if (deadline.passed()) break;
  }
  return fail(ErrorKind::kEnvironment, path + " is held by another engine", "one engine per data folder");
}

Status sync_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno == ENOENT ? Status{} : fail_errno(errno, "open " + path);
  if (::fsync(fd.get()) != 0) return fail_errno(errno, "fsync " + path);
  return {};
}

}  // namespace crashwright::mock_engine
