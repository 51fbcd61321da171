#include "harness/storage/storage_access.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "harness/storage/storage_canary.h"
#include "harness/storage/storage_mount.h"

namespace crashwright::harness {
namespace {

constexpr const char* kRemedy =
    "access to /dev/fuse, and one of: root, fusermount3 (package fuse3), or user namespaces for everybody "
    "(user.max_user_namespaces above 0, kernel.apparmor_restrict_unprivileged_userns 0)";

Status put(const char* path, const std::string& text) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  const bool done = file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return done ? Status() : fail_errno(errno, path);
}

// Same user and group inside and outside: programs that look at who they are see no difference.
Status enter_user_namespace() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return fail_errno(errno, "a user namespace");
  if (auto done = put("/proc/self/setgroups", "deny"); !done) return done;
  if (auto done = put("/proc/self/uid_map", user + " " + user + " 1"); !done) return done;
  return put("/proc/self/gid_map", group + " " + group + " 1");
}

struct Capabilities {
  static constexpr uint32_t kMount = 1U << CAP_SYS_ADMIN;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {};

  bool read() noexcept { return ::syscall(SYS_capget, &header, sets) == 0; }
  [[nodiscard]] bool may_mount() const noexcept { return (sets[0].permitted & kMount) != 0; }
};

Status try_in(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0755) != 0) return fail_errno(errno, "make folder " + folder);
  return run_storage_canary(folder);
}

}  // namespace

Status gain_storage_layer(const std::string& scratch) {
  if (auto there = StorageMount::program_exists(); !there) return there;
  const Status plain = try_in(scratch + "/plain");
  if (plain || plain.error().kind != ErrorKind::kEnvironment) return plain;
  std::string why = plain.error().message;
  if (::geteuid() != 0 && ::access("/dev/fuse", R_OK | W_OK) == 0) {
    const Status entered = enter_user_namespace();
    const Status inside = entered ? try_in(scratch + "/inside") : entered;
    if (inside || inside.error().kind == ErrorKind::kInternal) return inside;
    why += "; " + inside.error().message;
  }
  return fail(ErrorKind::kEnvironment, why, kRemedy);
}

Status gain_private_mounts() {
  Capabilities now;
  if (now.read() && now.may_mount()) return {};
  const Status entered = enter_user_namespace();
  return entered ? entered : fail(ErrorKind::kEnvironment, entered.error().message, kRemedy);
}

void keep_right_to_mount() noexcept {
  Capabilities now;
  if (!now.read() || !now.may_mount()) return;
  now.sets[0].inheritable |= Capabilities::kMount;
  if (::syscall(SYS_capset, &now.header, now.sets) != 0) return;
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0);
}

}  // namespace crashwright::harness
