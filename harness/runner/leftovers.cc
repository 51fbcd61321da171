#include "harness/runner/leftovers.h"

#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "harness/runner/cgroup.h"
#include "harness/runner/proc_info.h"

namespace crashwright::harness {
namespace {

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

}  // namespace

std::vector<std::string> find_leftovers(const LeftoverSearch& search) {
  std::vector<std::string> found;
  for (const ProcessStat& process : find_marked_processes(search.mark)) {
    found.push_back("process " + std::to_string(process.pid) + " (" + process.name + ")");
    ::kill(process.pid, SIGKILL);
  }
  for (const std::string& mount : mounts_below(search.case_folder)) {
    found.push_back("mount " + mount);
    ::umount2(mount.c_str(), MNT_DETACH);
  }
  if (!search.cgroup_folder.empty() && ::access(search.cgroup_folder.c_str(), F_OK) == 0) {
    found.push_back("cgroup " + search.cgroup_folder);
    static_cast<void>(remove_cgroup(search.cgroup_folder));
  }
  find_shared_files(search.run_id, found);
  return found;
}

}  // namespace crashwright::harness
