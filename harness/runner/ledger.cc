#include "harness/runner/ledger.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <span>
#include <sstream>

#include "base/file.h"
#include "harness/runner/proc_info.h"

namespace crashwright::harness {
namespace {

constexpr const char* kFirstWord = "crashwright-ledger";

std::string random_id() {
  uint64_t number = 0;
  // Never interrupted for so few bytes once the pool is up (getrandom(2)).
  if (::getrandom(&number, sizeof number, 0) != sizeof number) number = static_cast<uint64_t>(::getpid());
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

// A path goes to the end of the line; one with a newline in it could not be read back.
bool recordable(const std::string& path) { return !path.empty() && path.find('\n') == std::string::npos; }

std::string rest_of(std::istringstream& fields) {
  std::string rest;
  std::getline(fields >> std::ws, rest);
  return rest;
}

void parse_entry(const std::string& line, LedgerContent& content) {
  std::istringstream fields(line);
  std::string kind;
  fields >> kind;
  if (kind == "process") {
    LedgerProcess process;
    if (fields >> process.pid >> process.start_time && process.pid > 0) {
      process.name = rest_of(fields);
      content.processes.push_back(process);
    }
    return;
  }
  const std::string path = rest_of(fields);
  if (path.empty() || path[0] != '/') return;
  if (kind == "cgroup") content.cgroups.push_back(path);
  if (kind == "mount") content.mounts.push_back(path);
  if (kind == "folder") content.folders.push_back(path);
}

}  // namespace

Result<std::string> ledger_folder() {
  const char* const chosen = std::getenv("CRASHWRIGHT_STATE_DIR");
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  std::string folder = "/tmp/crashwright-" + std::to_string(::getuid());
  if (chosen != nullptr && *chosen != '\0') {
    folder = chosen;
  } else if (runtime != nullptr && *runtime != '\0') {
    folder = std::string(runtime) + "/crashwright";
  }
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(errno, "make " + folder);
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) return fail_errno(errno, folder);
  // In a shared /tmp somebody else could have made it, and would then decide what we clean up.
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::getuid()) {
    return fail(ErrorKind::kEnvironment, folder + " belongs to somebody else", "set CRASHWRIGHT_STATE_DIR");
  }
  return folder;
}

Result<std::unique_ptr<Ledger>> Ledger::create() {
  const auto folder = ledger_folder();
  if (!folder) return tl::unexpected(folder.error());
  const auto own = read_process_stat(::getpid());
  if (!own) return fail(ErrorKind::kEnvironment, "/proc is not readable", "mount /proc");
  std::unique_ptr<Ledger> ledger(new Ledger());
  ledger->run_id_ = random_id();
  ledger->path_ = *folder + "/run-" + ledger->run_id_ + ".ledger";
  ledger->fd_.reset(::open(ledger->path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (!ledger->fd_) return fail_errno(errno, "create " + ledger->path_);
  const auto written =
      ledger->append(std::string(kFirstWord) + " 1 " + ledger->run_id_ + " " + std::to_string(own->pid) + " " +
                     std::to_string(own->start_time) + " " + boot_id());
  if (!written) return tl::unexpected(written.error());
  return ledger;
}

Ledger::~Ledger() {
  if (fd_) ::unlink(path_.c_str());
}

Status Ledger::append(const std::string& line) {
  const std::string entry = line + "\n";
  return write_all(fd_.get(), std::as_bytes(std::span(entry)));
}

Status Ledger::add_process(int32_t pid, uint64_t start_time, std::string_view name) {
  return append("process " + std::to_string(pid) + " " + std::to_string(start_time) + " " + std::string(name));
}

Status Ledger::add_cgroup(const std::string& folder) {
  if (!recordable(folder)) return fail(ErrorKind::kUsage, "a path with a newline: " + folder);
  return append("cgroup " + folder);
}

Status Ledger::add_mount(const std::string& mount_point) {
  if (!recordable(mount_point)) return fail(ErrorKind::kUsage, "a path with a newline: " + mount_point);
  return append("mount " + mount_point);
}

Status Ledger::add_folder(const std::string& path) {
  if (!recordable(path)) return fail(ErrorKind::kUsage, "a path with a newline: " + path);
  return append("folder " + path);
}

Result<LedgerContent> parse_ledger(std::string_view text) {
  LedgerContent content;
  bool first = true;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    const std::string line(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (!first) {
      parse_entry(line, content);
      continue;
    }
    first = false;
    std::istringstream fields(line);
    std::string word;
    int version = 0;
    fields >> word >> version >> content.run_id >> content.owner_pid >> content.owner_start_time >> content.boot_id;
    if (!fields || word != kFirstWord || version != 1) return fail(ErrorKind::kCorrupt, "no ledger of a run");
  }
  if (first) return fail(ErrorKind::kCorrupt, "no ledger of a run");
  return content;
}

}  // namespace crashwright::harness
