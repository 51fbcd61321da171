// Where the engine of a case keeps its durable files: a plain folder, or the power-loss file system over one.
//
// Layout in the case folder while it runs: `data` is what the engine gets; on the power-loss file system `data-<n>` is
// the mount point and `backing-<n>` holds the files, a new pair after each loss of power. All of it is gone after
// stop(); `record-<n>`, what the layer saw (storage_record_format.md), stays.
// Threads: one owner. Errors: kEnvironment when the storage layer cannot be had here; kInternal when its record does
//          not match its files, then no verdict may rest on the case.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/runner/ledger.h"
#include "harness/scenario/plan.h"
#include "harness/storage/storage_mount.h"

namespace crashwright::harness {

class DataFolder {
 public:
  // `ledger` outlives the folder. `control_fd` is the case's control block.
  [[nodiscard]] static Result<std::unique_ptr<DataFolder>> create(const Plan& plan, const std::string& case_folder,
                                                                  int control_fd, Ledger& ledger);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  // For people: what it is on.
  [[nodiscard]] std::string description() const;
  // Changes with a loss of power.
  [[nodiscard]] const std::string& path() const { return path_; }
  // No engine runs. What the profile lets survive becomes the content; answers one line for people. The old mount goes
  // in the background, so that the engine's recovery is not measured with it.
  [[nodiscard]] Result<std::string> lose_power();
  // Checks the storage layer's record against its files, unmounts, removes the folders.
  [[nodiscard]] Status stop();

 private:
  DataFolder(const Plan& plan, std::string case_folder, int control_fd, Ledger& ledger)
      : plan_(plan), case_folder_(std::move(case_folder)), control_fd_(control_fd), ledger_(ledger) {}
  [[nodiscard]] Status mount();
  [[nodiscard]] std::string backing(uint32_t number) const;
  [[nodiscard]] std::string mount_point(uint32_t number) const;

  const Plan& plan_;
  std::string case_folder_;
  int control_fd_;
  Ledger& ledger_;
  std::string path_;
  uint32_t powers_lost_ = 0;
  std::unique_ptr<StorageMount> mount_;
  std::vector<std::unique_ptr<StorageMount>> ending_;
};

}  // namespace crashwright::harness
