#include "harness/runner/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <sstream>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"

namespace crashwright::harness {
namespace {

constexpr const char* kRemedy = "run as root, or with a delegated cgroup that has the memory controller";

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// cgroup files want one write(2), without truncation.
Status put(const std::string& path, const std::string& value) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + path, kRemedy);
  if (::write(fd.get(), value.data(), value.size()) < 0) return fail_errno(errno, "write " + value + " to " + path);
  return {};
}

struct Mount {
  std::string point;
  std::string type;
  std::string options;
};

std::vector<Mount> cgroup_mounts() {
  std::vector<Mount> mounts;
  const auto text = read_file("/proc/self/mounts");
  if (!text) return mounts;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string device;
    Mount mount;
    fields >> device >> mount.point >> mount.type >> mount.options;
    if (mount.type.starts_with("cgroup")) mounts.push_back(mount);
  }
  return mounts;
}

bool has_word(const std::string& text, const std::string& word) {
  std::istringstream words(text);
  for (std::string found; words >> found;) {
    if (found == word) return true;
  }
  return false;
}

// The cgroup of version 2 this process is in, below `mount`.
std::string own_cgroup(const std::string& mount) {
  const auto text = read_file("/proc/self/cgroup");
  if (!text) return mount;
  const size_t at = text->find("0::/");
  if (at == std::string::npos) return mount;
  const size_t begin = at + 3;
  const std::string path = text->substr(begin, text->find('\n', begin) - begin);
  return path == "/" ? mount : mount + path;
}

// A folder whose children have a memory controller. Processes live in leaves only, so the parent of our own cgroup is
// tried before our own.
std::string version2_base(const std::string& mount) {
  std::string folder = own_cgroup(mount);
  for (;;) {
    const auto enabled = read_file(folder + "/cgroup.subtree_control");
    const auto offered = read_file(folder + "/cgroup.controllers");
    if (enabled && has_word(*enabled, "memory")) return folder;
    if (offered && has_word(*offered, "memory") && put(folder + "/cgroup.subtree_control", "+memory")) return folder;
    if (folder == mount) return {};
    folder.resize(folder.rfind('/'));
  }
}

uint64_t counter(const std::string& path, const std::string& key) {
  const auto text = read_file(path);
  if (!text) return 0;
  std::istringstream lines(*text);
  std::string name;
  uint64_t value = 0;
  while (lines >> name >> value) {
    if (name == key) return value;
  }
  return 0;
}

void kill_members(const std::string& folder) {
  const auto text = read_file(folder + "/cgroup.procs");
  if (!text) return;
  std::istringstream lines(*text);
  for (pid_t pid = 0; lines >> pid;) ::kill(pid, SIGKILL);
}

}  // namespace

Result<std::string> memory_cgroup_base() {
  for (const Mount& mount : cgroup_mounts()) {
    if (mount.type == "cgroup" && ("," + mount.options + ",").find(",memory,") != std::string::npos) {
      if (::access(mount.point.c_str(), W_OK) == 0) return mount.point;
      return fail(ErrorKind::kEnvironment, mount.point + " is not writable", kRemedy);
    }
  }
  for (const Mount& mount : cgroup_mounts()) {
    if (mount.type != "cgroup2") continue;
    const std::string base = version2_base(mount.point);
    if (!base.empty() && ::access(base.c_str(), W_OK) == 0) return base;
  }
  return fail(ErrorKind::kEnvironment, "no memory controller that this user may use", kRemedy);
}

Result<std::unique_ptr<MemoryCgroup>> MemoryCgroup::create(const std::string& name, uint64_t limit_bytes) {
  const auto base = memory_cgroup_base();
  if (!base) return tl::unexpected(base.error());
  const std::string folder = *base + "/" + name;
  if (::mkdir(folder.c_str(), 0755) != 0) return fail_errno(errno, "make the cgroup " + folder, kRemedy);
  std::unique_ptr<MemoryCgroup> cgroup(new MemoryCgroup(folder));
  const std::string limit = std::to_string(limit_bytes);
  const bool version1 = exists(folder + "/memory.limit_in_bytes");
  const auto limited = put(folder + (version1 ? "/memory.limit_in_bytes" : "/memory.max"), limit);
  if (!limited) return tl::unexpected(limited.error());
  // Absent without swap accounting: then there is nothing to close off.
  static_cast<void>(version1 ? put(folder + "/memory.memsw.limit_in_bytes", limit)
                             : put(folder + "/memory.swap.max", "0"));
  return cgroup;
}

MemoryCgroup::~MemoryCgroup() { static_cast<void>(remove_cgroup(folder_)); }

uint64_t MemoryCgroup::oom_kills() const {
  const std::string events = folder_ + "/memory.events";
  return counter(exists(events) ? events : folder_ + "/memory.oom_control", "oom_kill");
}

uint64_t MemoryCgroup::limit_hits() const {
  for (const char* const name : {"/memory.events.local", "/memory.events"}) {
    if (exists(folder_ + name)) return counter(folder_ + name, "oom");
  }
  const auto failures = read_file(folder_ + "/memory.failcnt");
  uint64_t value = 0;
  if (failures) std::from_chars(failures->data(), failures->data() + failures->size(), value);
  return value;
}

Status remove_cgroup(const std::string& folder) {
  const Deadline deadline(std::chrono::seconds(2));
  for (;;) {
    if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return {};
    // A process that was just reaped may still be charged for a moment.
    if (errno != EBUSY || deadline.passed()) return fail_errno(errno, "remove the cgroup " + folder);
    kill_members(folder);
    ::usleep(1000);
  }
}

}  // namespace crashwright::harness
