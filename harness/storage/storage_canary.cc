#include "harness/storage/storage_canary.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "harness/storage/power_loss.h"
#include "harness/storage/storage_mount.h"
#include "harness/storage/storage_record.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kSeeds = 24;  // all of them keep an unsynced change with a chance below one in ten million
constexpr uint32_t kTearUnitBytes = 512;

Status make_durable_folders(const std::string& root) {
  for (const CanaryWriter& writer : canary_writers()) {
    const std::string folder = root + "/" + writer.name;
    if (::mkdir(folder.c_str(), 0755) != 0) return fail_errno(errno, "make folder " + folder);
  }
  const UniqueFd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno(errno, "sync " + root);
  return {};
}

}  // namespace

CanaryFinding judge_canary(const CanaryWriter& writer, const OperationList& operations) {
  CanaryFinding finding;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const PowerLossImage image = power_loss_image(operations, {'S', seed, kTearUnitBytes});
    const auto file = image.tree.find("/" + writer.name + "/file");
    const bool kept = file && image.tree.node(*file)->content.text() == "committed";
    finding.kept_always = finding.kept_always && kept;
    finding.kept_ever = finding.kept_ever || kept;
  }
  return finding;
}

Status run_storage_canary(const std::string& scratch) {
  StorageOptions options;
  options.backing = scratch + "/backing";
  options.mount_point = scratch + "/mount";
  options.record_folder = scratch + "/record";
  for (const std::string& folder : {options.backing, options.mount_point, options.record_folder}) {
    if (::mkdir(folder.c_str(), 0755) != 0) return fail_errno(errno, "make folder " + folder);
  }
  auto mount = StorageMount::start(options);
  if (!mount) return tl::unexpected(mount.error());
  if (auto made = make_durable_folders(options.mount_point); !made) return made;
  for (const CanaryWriter& writer : canary_writers()) {
    if (auto ran = writer.run(options.mount_point + "/" + writer.name); !ran) return ran;
  }
  if (auto same = (*mount)->verify_record(); !same) return same;
  const auto record = StorageRecord::open(options.record_folder);
  if (!record) return tl::unexpected(record.error());
  const auto operations = (*record)->first((*record)->size());
  for (const CanaryWriter& writer : canary_writers()) {
    if (judge_canary(writer, operations).kept_always == writer.safe) continue;
    return fail(ErrorKind::kInternal, "the storage layer takes the canary " + writer.name + " for its opposite",
                "no verdict about storage can be given on this machine");
  }
  return (*mount)->stop();
}

}  // namespace crashwright::harness
