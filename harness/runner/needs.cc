#include "harness/runner/needs.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>

#include "base/file.h"
#include "harness/runner/canary.h"
#include "harness/runner/cgroup.h"
#include "harness/runner/core_file.h"
#include "harness/runner/crash_tracer.h"
#include "harness/runner/files.h"
#include "harness/runner/process.h"
#include "harness/storage/storage_mount.h"

namespace crashwright::harness {
namespace {

constexpr const char* kCoreRemedy = "a core_pattern that is a plain file name, and a hard RLIMIT_CORE above zero";
constexpr const char* kPtraceRemedy =
    "allow ptrace of own processes (kernel.yama.ptrace_scope, seccomp of the container)";

bool died_of_segv(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV; }

// A crash must look like a crash and an orderly end like an orderly end, or no verdict means anything.
Result<Finding> probe_verdicts(const std::string& folder, int crash_status) {
  auto safe = Canary::start(folder, Canary::Fate::kEnd, true);
  if (!safe) return tl::unexpected(safe.error());
  const auto end_status = safe->wait([] {});
  if (!end_status) return tl::unexpected(end_status.error());
  Finding finding;
  finding.what = "canary";
  finding.works = died_of_segv(crash_status) && WIFEXITED(*end_status) && WEXITSTATUS(*end_status) == 0;
  finding.text = "the crashing child ended with " + describe_wait_status(crash_status) + ", the safe one with " +
                 describe_wait_status(*end_status);
  if (!finding.works) finding.remedy = "nothing can be judged here: look for what intercepts signals of children";
  return finding;
}

Finding probe_kernel_core(const std::string& folder, int32_t pid, int status) {
  Finding finding;
  finding.what = "kernel core";
  const CoreSearch core = find_core(folder, pid);
  finding.works = died_of_segv(status) && !core.path.empty();
  finding.text = finding.works ? "complete, in the working folder of the process" : core.absent_because;
  if (!finding.works) finding.remedy = kCoreRemedy;
  return finding;
}

Result<Finding> probe_outside_core(const std::string& folder) {
  auto canary = Canary::start(folder, Canary::Fate::kCrash, true);
  if (!canary) return tl::unexpected(canary.error());
  const std::string path = folder + "/outside.core";
  auto tracer = CrashTracer::attach(canary->pid(), path);
  const auto status = canary->wait([&tracer] {
    if (tracer) (*tracer)->serve();
  });
  if (!status) return tl::unexpected(status.error());
  Finding finding;
  finding.what = "outside core";
  finding.works =
      tracer && died_of_segv(*status) && !(*tracer)->core_path().empty() && check_core_complete(path).has_value();
  finding.text = "written through ptrace, for hangs and where the kernel writes none";
  if (!finding.works) {
    finding.text = !tracer ? tracer.error().message
                           : "the canary ended with " + describe_wait_status(*status) + " " + (*tracer)->failure();
    finding.remedy = kPtraceRemedy;
  }
  return finding;
}

Finding probe_cgroup() {
  Finding finding;
  finding.what = "memory cgroup";
  const auto cgroup = MemoryCgroup::create("crashwright-probe-" + std::to_string(::getpid()), uint64_t{64} << 20);
  finding.works = cgroup.has_value();
  finding.text = cgroup ? (*cgroup)->folder().substr(0, (*cgroup)->folder().rfind('/')) : cgroup.error().message;
  if (!cgroup) finding.remedy = cgroup.error().remedy;
  return finding;
}

Status try_storage(const std::string& folder) {
  StorageOptions options;
  options.backing = folder + "/backing";
  options.mount_point = folder + "/mount";
  if (auto made = make_folder(options.backing); !made) return made;
  if (auto made = make_folder(options.mount_point); !made) return made;
  auto mount = StorageMount::start(options);
  if (!mount) return tl::unexpected(mount.error());
  if (auto written = write_file(options.mount_point + "/canary", "alive"); !written) return written;
  if (auto same = (*mount)->verify_record(); !same) return same;
  return (*mount)->stop();
}

Finding probe_fuse(const std::string& folder) {
  Finding finding;
  finding.what = "fuse";
  const Status tried = try_storage(folder);
  finding.works = tried.has_value();
  finding.text = tried ? "the power-loss file system mounts, records and unmounts" : tried.error().message;
  if (!tried) finding.remedy = tried.error().remedy.empty() ? "access to /dev/fuse" : tried.error().remedy;
  return finding;
}

}  // namespace

const char* core_way_name(CoreWay way) noexcept {
  switch (way) {
    case CoreWay::kKernel:
      return "kernel";
    case CoreWay::kOutside:
      return "outside";
    case CoreWay::kNone:
      break;
  }
  return "none";
}

Result<Capabilities> probe_machine(const std::string& scratch) {
  const std::string folder = scratch + "/canary";
  if (auto made = make_folder(folder); !made) return tl::unexpected(made.error());
  Capabilities machine;
  auto crash = Canary::start(folder, Canary::Fate::kCrash, false);
  if (!crash) return tl::unexpected(crash.error());
  const auto crash_status = crash->wait([] {});
  if (!crash_status) return tl::unexpected(crash_status.error());
  const auto verdicts = probe_verdicts(folder, *crash_status);
  if (!verdicts) return tl::unexpected(verdicts.error());
  const auto outside = probe_outside_core(folder);
  if (!outside) return tl::unexpected(outside.error());
  machine.findings = {*verdicts, probe_kernel_core(folder, crash->pid(), *crash_status), *outside, probe_cgroup(),
                      probe_fuse(folder)};
  machine.canary = machine.findings[0].works;
  if (machine.findings[1].works) {
    machine.core = CoreWay::kKernel;
  } else if (machine.findings[2].works) {
    machine.core = CoreWay::kOutside;
  }
  machine.cgroup_memory = machine.findings[3].works;
  machine.fuse = machine.findings[4].works;
  if (auto removed = remove_tree(folder); !removed) return tl::unexpected(removed.error());
  return machine;
}

std::string missing_need(const Plan& plan, const Capabilities& machine) {
  const auto why = [&machine](const char* what, bool works) -> std::string {
    if (works) return {};
    for (const Finding& finding : machine.findings) {
      if (finding.what == what) return finding.what + ": " + finding.text;
    }
    return what;
  };
  for (const std::string& need : plan.needs) {
    std::string missing;
    if (need == "core") missing = why("kernel core", machine.core != CoreWay::kNone);
    if (need == "fuse") missing = why("fuse", machine.fuse);
    if (need == "cgroup_memory") missing = why("memory cgroup", machine.cgroup_memory);
    if (!missing.empty()) return missing;
  }
  return {};
}

}  // namespace crashwright::harness
