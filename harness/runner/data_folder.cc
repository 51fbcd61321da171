#include "harness/runner/data_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/random.h"
#include "base/unique_fd.h"
#include "harness/runner/files.h"
#include "harness/runner/proc_info.h"

namespace crashwright::harness {
namespace {

// The last block of a preallocated file is not its last data: places are counted in what was ever written.
uint64_t written_bytes(int fd, uint64_t size) {
  char block[4096];
  for (uint64_t end = size; end > 0;) {
    const uint64_t begin = (end - 1) / sizeof block * sizeof block;
    const ssize_t got = ::pread(fd, block, end - begin, static_cast<off_t>(begin));
    for (ssize_t i = got; i > 0; --i) {
      if (block[i - 1] != 0) return begin + static_cast<uint64_t>(i);
    }
    end = begin;
  }
  return 0;
}

uint64_t place_offset(const DamagePlace& place, uint64_t bytes) {
  switch (place.from) {
    case DamagePlace::From::kStart:
      return std::min(place.offset_bytes, bytes - 1);
    case DamagePlace::From::kEnd:
      return bytes - std::clamp<uint64_t>(place.offset_bytes, 1, bytes);
    case DamagePlace::From::kFraction:
      break;
  }
  return std::min(bytes * place.fraction_ppm / 1'000'000, bytes - 1);
}

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
  mount_->hang_up();
  ending_.push_back(std::move(mount_));
  ++powers_lost_;
  if (auto mounted = mount(); !mounted) return tl::unexpected(mounted.error());
  return lost;
}

Status DataFolder::stop() {
  if (path_.empty()) return {};
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

Result<std::string> flip_bit(const std::string& file, const DamagePlace& place, uint64_t seed) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + file);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, file);
  const uint64_t bytes = written_bytes(fd.get(), static_cast<uint64_t>(info.st_size));
  if (bytes == 0) return fail(ErrorKind::kUsage, file + ": nothing in it to damage");
  const uint64_t offset = place_offset(place, bytes);
  const auto bit = static_cast<unsigned>(Random(seed).below(8));
  char byte = 0;
  if (::pread(fd.get(), &byte, 1, static_cast<off_t>(offset)) != 1) return fail_errno(errno, "read " + file);
  byte = static_cast<char>(byte ^ (1 << bit));
  if (::pwrite(fd.get(), &byte, 1, static_cast<off_t>(offset)) != 1) return fail_errno(errno, "write " + file);
  return "bit " + std::to_string(bit) + " of byte " + std::to_string(offset) + " inverted";
}

}  // namespace crashwright::harness
