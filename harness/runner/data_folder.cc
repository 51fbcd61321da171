#include "harness/runner/data_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/harness_bug.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "harness/runner/files.h"
#include "harness/runner/proc_info.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kFirstBlocksBytes = 8192;  // what a planted bug leaves of the audit log

// `lose:` of the n-th loss of power of the plan; without it whatever the seed takes away.
uint64_t lost_max(const Plan& plan, uint32_t n) {
  for (const FaultPlan& fault : plan.faults) {
    if (fault.action != postmortem::FaultAction::kPowerLoss || n-- > 0) continue;
    return fault.args[0] > 0 ? static_cast<uint64_t>(fault.args[0]) : UINT64_MAX;
  }
  return UINT64_MAX;
}

}  // namespace

Result<std::unique_ptr<DataFolder>> DataFolder::create(const Plan& plan, const std::string& case_folder, int control_fd,
                                                       Ledger& ledger) {
  std::unique_ptr<DataFolder> folder(new DataFolder(plan, case_folder, control_fd, ledger));
  if (plan.fuse) {
    if (auto mounted = folder->mount(); !mounted) return tl::unexpected(mounted.error());
    return folder;
  }
  folder->path_ = case_folder + "/data";
  if (auto made = make_folder(folder->path_); !made) return tl::unexpected(made.error());
  return folder;
}

DataFolder::~DataFolder() { static_cast<void>(stop()); }

std::string DataFolder::backing(uint32_t number) const { return case_folder_ + "/backing-" + std::to_string(number); }

std::string DataFolder::mount_point(uint32_t number) const { return case_folder_ + "/data-" + std::to_string(number); }

std::string DataFolder::description() const {
  if (!plan_.fuse) return "a plain folder";
  return std::string("the power-loss file system, profile ") + profile_name(plan_.profile);
}

Status DataFolder::mount() {
  path_ = mount_point(powers_lost_);
  const std::string record = case_folder_ + "/record-" + std::to_string(powers_lost_);
  for (const std::string& needed : {path_, backing(powers_lost_), record}) {
    if (auto made = make_folder(needed); !made) return made;
  }
  if (auto recorded = ledger_.add_mount(path_); !recorded) return recorded;
  StorageOptions options;
  options.backing = backing(powers_lost_);
  options.mount_point = path_;
  options.control_fd = control_fd_;
  options.record_folder = record;
  options.profile = profile_name(plan_.profile)[0];
  options.seed = plan_.seed + powers_lost_;
  options.lost_max = lost_max(plan_, powers_lost_);
  auto mounted = StorageMount::start(options);
  if (!mounted) return tl::unexpected(mounted.error());
  mount_ = std::move(*mounted);
  const auto stat = read_process_stat(mount_->daemon_pid());
  return stat ? ledger_.add_process(stat->pid, stat->start_time, stat->name) : Status();
}

Result<std::string> DataFolder::lose_power() {
  if (!mount_) return fail(ErrorKind::kInternal, "a loss of power needs the power-loss file system");
  if (auto same = mount_->verify_record(); !same) return tl::unexpected(same.error());
  const std::string image = backing(powers_lost_ + 1);
  if (auto made = make_folder(image); !made) return tl::unexpected(made.error());
  auto lost = mount_->materialise(image);
  if (!lost) return lost;
  if (harness_bug_active("power_loss_takes_synced_bytes")) {
    std::error_code ignored;
    std::filesystem::resize_file(image + "/audit.log", kFirstBlocksBytes, ignored);
  }
  mount_->hang_up();
  ending_.push_back(std::move(mount_));
  ++powers_lost_;
  if (auto mounted = mount(); !mounted) return tl::unexpected(mounted.error());
  return lost;
}

Status DataFolder::stop() {
  if (path_.empty()) return {};
  if (mount_ && harness_bug_active("mount_left_behind")) {
    static_cast<void>(mount_.release());
    return {};
  }
  Status outcome;
  const auto keep_first = [&outcome](const Status& status) {
    if (outcome) outcome = status;
  };
  if (mount_) {
    keep_first(mount_->verify_record());
    mount_->hang_up();
    ending_.push_back(std::move(mount_));
  }
  for (const auto& ending : ending_) keep_first(ending->stop());
  ending_.clear();
  for (uint32_t number = 0; plan_.fuse && number <= powers_lost_; ++number) {
    keep_first(remove_tree(backing(number)));
    // Never through a mount that is still there.
    if (mounts_below(mount_point(number)).empty()) keep_first(remove_tree(mount_point(number)));
  }
  if (!plan_.fuse) keep_first(remove_tree(path_));
  path_.clear();
  return outcome;
}

}  // namespace crashwright::harness
