#include "harness/runner/detach_mount.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace crashwright::harness {
namespace {

bool detached_by_fusermount(const std::string& mount_point) {
  const char* const arguments[] = {"fusermount3", "-u", "-z", "--", mount_point.c_str(), nullptr};
  posix_spawn_file_actions_t quiet;
  ::posix_spawn_file_actions_init(&quiet);
  ::posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int trouble = ::posix_spawnp(&pid, arguments[0], &quiet, nullptr, const_cast<char* const*>(arguments), environ);
  ::posix_spawn_file_actions_destroy(&quiet);
  if (trouble != 0) return false;
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Status detach_mount(const std::string& mount_point) {
  if (::umount2(mount_point.c_str(), MNT_DETACH) == 0) return {};
  const int trouble = errno;
  if (trouble == EPERM && detached_by_fusermount(mount_point)) return {};
  return fail_errno(trouble, "unmount " + mount_point, "`fusermount3 -uz " + mount_point + "`, or umount as root");
}

}  // namespace crashwright::harness
