#include "harness/runner/leftovers.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "harness/runner/cgroup.h"
#include "harness/runner/detach_mount.h"
#include "harness/runner/proc_info.h"
#include "harness/runner/process.h"

namespace crashwright::harness {
namespace {

constexpr std::chrono::seconds kEndPatience{2};

// Names in the folders where programs leave shared memory and temporary files.
void find_shared_files(const std::string& run_id, std::vector<std::string>& found) {
  for (const char* folder : {"/dev/shm", "/tmp"}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().filename().string().find(run_id) != std::string::npos)
        found.push_back("file " + entry.path().string());
    }
  }
}

// They write until they are gone.
void wait_for_the_end_of(const std::vector<ProcessStat>& killed) {
  const Deadline deadline(kEndPatience);
  for (const ProcessStat& process : killed) {
    const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    pollfd ended{pidfd.get(), POLLIN, 0};
    const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(deadline.remaining()).count();
    if (pidfd) ::poll(&ended, 1, static_cast<int>(left_ms));
  }
}

// What a process wrote whose parent was no longer there to be watched.
void bound_outputs(const std::string& case_folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(case_folder, error)) {
    const std::string name = entry.path().filename();
    if (name != "stdout.txt" && name != "stderr.txt") continue;
    const UniqueFd file(::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    bound_output_file(file.get(), kChildOutputBytesMax);
  }
}

}  // namespace

std::vector<std::string> find_leftovers(const LeftoverSearch& search) {
  std::vector<std::string> found;
  const std::vector<ProcessStat> processes = find_marked_processes(search.mark);
  for (const ProcessStat& process : processes) {
    found.push_back("process " + std::to_string(process.pid) + " (" + process.name + ")");
    ::kill(process.pid, SIGKILL);
  }
  if (!processes.empty()) {
    wait_for_the_end_of(processes);
    bound_outputs(search.case_folder);
  }
  for (const std::string& mount : mounts_below(search.case_folder)) {
    found.push_back("mount " + mount);
    static_cast<void>(detach_mount(mount));
  }
  if (!search.cgroup_folder.empty() && ::access(search.cgroup_folder.c_str(), F_OK) == 0) {
    found.push_back("cgroup " + search.cgroup_folder);
    static_cast<void>(remove_cgroup(search.cgroup_folder));
  }
  find_shared_files(search.run_id, found);
  return found;
}

}  // namespace crashwright::harness
