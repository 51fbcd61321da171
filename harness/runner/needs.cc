#include "harness/runner/needs.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <memory>
#include <optional>

#include "base/file.h"
#include "harness/runner/canary.h"
#include "harness/runner/cgroup.h"
#include "harness/runner/core_file.h"
#include "harness/runner/crash_tracer.h"
#include "harness/runner/files.h"
#include "harness/runner/process.h"
#include "harness/scenario/engine_points.h"
#include "harness/storage/storage_access.h"
#include "postmortem/crash_record_reader.h"

namespace crashwright::harness {
namespace {

constexpr const char* kKernelCore = "kernel core";
constexpr const char* kOutsideCore = "outside core";
constexpr const char* kSelfCore = "self-written core";
constexpr const char* kCrashRecord = "crash record";
constexpr const char* kCoreRemedy = "a core_pattern that is a plain file name, and an unlimited hard RLIMIT_CORE";
constexpr const char* kSelfRemedy = "/proc, and room to write in the working folder of the process";
// Below it the kernel may cut the core of an engine, however complete that of a canary is.
constexpr rlim_t kCoreBytesMin = rlim_t{512} << 20;
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
  finding.what = kKernelCore;
  const CoreSearch core = find_core(folder, pid);
  finding.works = died_of_segv(status) && !core.path.empty();
  finding.text = finding.works ? "complete, in the working folder of the process" : core.absent_because;
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max < kCoreBytesMin) {
    finding.works = false;
    finding.text = "the hard limit of RLIMIT_CORE is " + std::to_string(limit.rlim_max) + " bytes";
  }
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
  finding.what = kOutsideCore;
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

struct KitFindings {
  Finding own_core{kSelfCore, false, "written by the dying process, where RLIMIT_CORE and ptrace are closed", ""};
  Finding record{kCrashRecord, false, "written by the dying process, whatever else works", ""};
};

// One death for both: the crash record is complete, then the canary writes its own core.
Result<KitFindings> probe_kit(const std::string& folder) {
  auto canary = Canary::start(folder, Canary::Fate::kCrashWithKit, true);
  if (!canary) return tl::unexpected(canary.error());
  const auto status = canary->wait([] {});
  if (!status) return tl::unexpected(status.error());
  KitFindings kit;
  const auto record = postmortem::read_crash_record(folder + "/crash.rec");
  kit.record.works = died_of_segv(*status) && record && record->crashed && record->complete;
  if (!kit.record.works) {
    kit.record.text =
        record ? "not complete: the canary ended with " + describe_wait_status(*status) : record.error().message;
    kit.record.remedy = "room to write in the working folder of the process";
  }
  const auto core = check_core_complete(folder + "/core." + std::to_string(canary->pid()));
  kit.own_core.works = died_of_segv(*status) && core.has_value();
  if (!kit.own_core.works) {
    kit.own_core.text = core ? "the canary ended with " + describe_wait_status(*status) : core.error().message;
    kit.own_core.remedy = kSelfRemedy;
  }
  return kit;
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

Finding probe_fuse(const std::string& folder, std::string& distrust) {
  Finding finding;
  finding.what = "fuse";
  const Status tried = gain_storage_layer(folder);
  finding.works = tried.has_value();
  finding.text = tried ? "the power-loss file system tells safe writers from unsafe ones" : tried.error().message;
  if (!tried && tried.error().kind == ErrorKind::kInternal) distrust = tried.error().message;
  if (!tried) finding.remedy = tried.error().remedy.empty() ? "access to /dev/fuse" : tried.error().remedy;
  return finding;
}

}  // namespace

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
  const auto kit = probe_kit(folder);
  if (!kit) return tl::unexpected(kit.error());
  machine.findings = {*verdicts,
                      probe_kernel_core(folder, crash->pid(), *crash_status),
                      *outside,
                      kit->own_core,
                      kit->record,
                      probe_cgroup(),
                      probe_fuse(folder, machine.storage_distrust)};
  machine.canary = machine.findings[0].works;
  const CoreWay ways[] = {CoreWay::kKernel, CoreWay::kOutside, CoreWay::kSelf};
  for (size_t i = 0; i < std::size(ways); ++i) {
    if (machine.findings[i + 1].works) machine.core_ways.push_back(ways[i]);
  }
  if (!machine.core_ways.empty()) machine.core = machine.core_ways.front();
  machine.cgroup_memory = machine.findings[5].works;
  machine.fuse = machine.findings[6].works;
  if (auto removed = remove_tree(folder); !removed) return tl::unexpected(removed.error());
  return machine;
}

namespace {

const char* finding_of(CoreWay way) {
  return way == CoreWay::kKernel ? kKernelCore : way == CoreWay::kOutside ? kOutsideCore : kSelfCore;
}

std::string every_way_closed(const Capabilities& machine) {
  std::string text = "no way to a core:";
  for (const Finding& finding : machine.findings) {
    const bool way = finding.what == kKernelCore || finding.what == kOutsideCore || finding.what == kSelfCore;
    if (way) text += (text.back() == ':' ? " " : "; ") + finding.what + ": " + finding.text;
  }
  return text;
}

}  // namespace

std::string distrust(const Plan& plan, const Capabilities& machine) {
  return plan.fuse ? machine.storage_distrust : std::string();
}

std::string missing_need(const Plan& plan, const Capabilities& machine) {
  const auto why = [&machine](const char* what, bool works) -> std::string {
    if (works) return {};
    for (const Finding& finding : machine.findings) {
      if (finding.what != what) continue;
      return finding.what + ": " + finding.text + (finding.remedy.empty() ? "" : " (needs " + finding.remedy + ")");
    }
    return what;
  };
  if (plan.core) {
    const bool works = std::count(machine.core_ways.begin(), machine.core_ways.end(), *plan.core) > 0;
    const std::string missing = why(finding_of(*plan.core), works);
    if (!missing.empty()) return missing;
  }
  for (const std::string& need : plan.needs) {
    std::string missing;
    if (need == "core" && machine.core == CoreWay::kNone) missing = every_way_closed(machine);
    if (need == "fuse") missing = why("fuse", machine.fuse);
    if (need == "cgroup_memory") missing = why("memory cgroup", machine.cgroup_memory);
    if (is_need_of_point(need)) missing = "the engine has no " + need;
    if (!missing.empty()) return missing;
  }
  return {};
}

}  // namespace crashwright::harness
