#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <sstream>

#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/storage_commands.h"
#include "harness/cli/storage_work.h"
#include "harness/runner/files.h"
#include "harness/runner/interrupt.h"
#include "harness/storage/explore/scratch_folder.h"
#include "harness/storage/fault_words.h"
#include "harness/storage/storage_mount.h"

namespace crashwright::harness::cli {
namespace {

constexpr timespec kLook{0, 50'000'000};

// Mounts, waits for Ctrl-C, unmounts.
Status serve(const StorageOptions& options, const std::vector<std::string>& faults) {
  const InterruptSignals signals;
  auto mount = StorageMount::start(options);
  if (!mount) return tl::unexpected(mount.error());
  for (const std::string& fault : faults) {
    if (auto armed = (*mount)->arm(fault); !armed) return armed;
  }
  fmt::print("{} holds the files of {}; nothing is synced and every change is recorded.\nCtrl-C unmounts.\n",
             options.mount_point, options.backing);
  std::fflush(stdout);
  while (!interrupted()) ::nanosleep(&kLook, nullptr);
  std::istringstream told((*mount)->faults().value_or(""));
  for (std::string line; std::getline(told, line);) fmt::print("fault: {}\n", fault_report_in_words(line));
  const Status same = (*mount)->verify_record();
  const Status stopped = (*mount)->stop();
  if (!same) return same;
  if (stopped) fmt::print("unmounted; the record equals the files\n");
  return stopped;
}

}  // namespace

int storage_mount_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders;
  std::vector<std::string> faults;
  StorageOptions storage;
  Options options("storage mount", "Mounts the bare power-loss file system on a folder, for a shell, until Ctrl-C.");
  options.arguments("DIR", folders, "where to mount; made when it does not exist");
  options.text("--backing", "FOLDER", storage.backing, "holds the files (default a temporary folder)");
  options.text("--record", "FOLDER", storage.record_folder, "keeps the record of operations (default thrown away)");
  options.texts("--fault", "'RULE'", faults,
                "what goes wrong and when (docs/storage.md): 'eio_fsync path=*.wal nth=3'");
  options.example("crashwright storage mount /tmp/fragile --backing /tmp/files");
  if (const auto code = options.parse(arguments)) return *code;
  if (folders.size() != 1) return report_error({ErrorKind::kUsage, "storage mount takes one folder", ""});
  storage.mount_point = folders.front();
  for (const std::string& fault : faults) {
    if (auto checked = check_storage_fault(fault); !checked) return report_error(checked.error());
  }
  const auto noted = StorageWork::begin();
  if (!noted) return report_error(noted.error());
  auto scratch = ScratchFolder::create(ScratchFolder::Place::kDisk, (*noted)->ledger());
  if (!scratch) return report_error(scratch.error());
  if (storage.backing.empty()) storage.backing = scratch->path() + "/files";
  for (const std::string& folder : {storage.mount_point, storage.backing, storage.record_folder}) {
    if (folder.empty()) continue;
    if (auto made = make_folder(folder); !made) return report_error(made.error());
  }
  const Status served = serve(storage, faults);
  return served ? kExitPassed : report_error(served.error());
}

}  // namespace crashwright::harness::cli
