#include "harness/runner/cleanup.h"

#include <dirent.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "harness/runner/cgroup.h"
#include "harness/runner/detach_mount.h"
#include "harness/runner/ledger.h"
#include "harness/runner/proc_info.h"

namespace crashwright::harness {
namespace {

constexpr int kEndTimeoutMs = 2000;
// The first line is written right after the file is made; a file that is still without it had its owner killed between.
constexpr uint64_t kHeadlessNsMax = 60'000'000'000;

bool owner_lives(const LedgerContent& ledger) {
  if (ledger.boot_id != boot_id()) return false;
  const auto owner = read_process_stat(ledger.owner_pid);
  return owner && owner->start_time == ledger.owner_start_time && owner->state != 'Z' && owner->state != 'X';
}

// Ends one process through a pidfd, so that a pid taken over in between cannot be hit.
void end_process(const ProcessStat& process, CleanupReport& report) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  const auto now = read_process_stat(process.pid);
  if (!pidfd || !now || now->start_time != process.start_time) return;  // it ended by itself
  const std::string what = "process " + std::to_string(process.pid) + " (" + process.name + ")";
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) != 0) {
    if (errno != ESRCH) report.failures.push_back(what + ": " + std::strerror(errno));
    return;
  }
  pollfd ended{pidfd.get(), POLLIN, 0};
  if (::poll(&ended, 1, kEndTimeoutMs) == 1) {
    report.undone.push_back(what);
  } else {
    report.failures.push_back(what + ": does not end");
  }
}

void end_processes(const LedgerContent& ledger, CleanupReport& report) {
  for (const LedgerProcess& recorded : ledger.processes) {
    const auto stat = read_process_stat(recorded.pid);
    if (stat && stat->start_time == recorded.start_time && stat->state != 'Z') end_process(*stat, report);
  }
  // Started in the instant before the owner died, or started by one of ours.
  for (const ProcessStat& marked : find_marked_processes(std::string(kRunVariable) + "=" + ledger.run_id)) {
    end_process(marked, report);
  }
}

void remove_mounts(const LedgerContent& ledger, CleanupReport& report) {
  for (const std::string& recorded : ledger.mounts) {
    for (const std::string& mount : mounts_below(recorded)) {
      if (const auto detached = detach_mount(mount); detached) {
        report.undone.push_back("mount " + mount);
      } else {
        report.failures.push_back("mount " + mount + ": " + detached.error().message);
      }
    }
  }
}

void remove_cgroups(const LedgerContent& ledger, CleanupReport& report) {
  for (const std::string& folder : ledger.cgroups) {
    if (::access(folder.c_str(), F_OK) != 0) continue;
    if (const auto removed = remove_cgroup(folder); removed) {
      report.undone.push_back("cgroup " + folder);
    } else {
      report.failures.push_back(removed.error().message);
    }
  }
}

void remove_folders(const LedgerContent& ledger, CleanupReport& report) {
  for (const std::string& folder : ledger.folders) {
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) continue;
    // A mount that could not be removed would have its content deleted through it.
    if (!mounts_below(folder).empty()) {
      report.failures.push_back("folder " + folder + ": something is mounted in it");
      continue;
    }
    std::filesystem::remove_all(folder, error);
    if (error) {
      report.failures.push_back("folder " + folder + ": " + error.message());
    } else {
      report.undone.push_back("folder " + folder);
    }
  }
}

void undo(const LedgerContent& ledger, CleanupReport& report) {
  if (ledger.boot_id == boot_id()) {
    end_processes(ledger, report);
    remove_mounts(ledger, report);
    remove_cgroups(ledger, report);
  }
  remove_folders(ledger, report);
}

bool stays_headless(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return false;
  const uint64_t changed_ns =
      static_cast<uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(info.st_mtim.tv_nsec);
  return wall_ns() > changed_ns + kHeadlessNsMax;
}

std::vector<std::string> ledger_paths(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".ledger") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

Result<CleanupReport> clean_up() {
  const auto folder = ledger_folder();
  if (!folder) return tl::unexpected(folder.error());
  CleanupReport report;
  for (const std::string& path : ledger_paths(*folder)) {
    const auto text = read_file(path);
    if (!text) continue;  // its owner has just removed it
    const auto ledger = parse_ledger(*text);
    if (!ledger) {
      if (stays_headless(path)) ::unlink(path.c_str());
      continue;
    }
    if (owner_lives(*ledger)) continue;
    const size_t failures_before = report.failures.size();
    ++report.ledgers;
    undo(*ledger, report);
    if (report.failures.size() == failures_before) ::unlink(path.c_str());
  }
  return report;
}

}  // namespace crashwright::harness
