// One memory cgroup of a case: a limit, a count of OOM kills, gone afterwards. Version 1 and 2 of the kernel interface.
//
// Threads: one owner. Errors: kEnvironment with the remedy when no memory controller can be used here.
// Names: crashwright-<run>-<number>, so that clean_up() knows them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace crashwright::harness {

class MemoryCgroup {
 public:
  // `name` must be new. Swap is closed off where the kernel counts it, so that the limit is a limit.
  [[nodiscard]] static Result<std::unique_ptr<MemoryCgroup>> create(const std::string& name, uint64_t limit_bytes);
  // Kills what is still inside and removes the cgroup.
  ~MemoryCgroup();
  MemoryCgroup(const MemoryCgroup&) = delete;
  MemoryCgroup& operator=(const MemoryCgroup&) = delete;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string procs_path() const { return folder_ + "/cgroup.procs"; }
  // Processes of this cgroup that the kernel killed since it was made.
  [[nodiscard]] uint64_t oom_kills() const;
  // How often memory was refused at this group's own limit: a kill without is the doing of a limit above it.
  [[nodiscard]] uint64_t limit_hits() const;

 private:
  explicit MemoryCgroup(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;
};

// Folder under which this process may make memory cgroups.
[[nodiscard]] Result<std::string> memory_cgroup_base();

// Kills what is inside `folder` and removes it; success when it is gone.
[[nodiscard]] Status remove_cgroup(const std::string& folder);

}  // namespace crashwright::harness
