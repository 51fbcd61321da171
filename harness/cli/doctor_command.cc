#include <fmt/format.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/runner/needs.h"
#include "harness/runner/run.h"

namespace crashwright::harness::cli {
namespace {

constexpr uint64_t kDiskWanted = 2ULL << 30;
constexpr uint64_t kMemoryWanted = 1ULL << 30;

// What does not run, or runs less well, without it.
std::string lost_without(const std::string& what) {
  if (what == "kernel core") return "cores are taken from outside, a tracer follows every engine";
  if (what == "outside core")
    return "hung engines leave no core; the dying engine writes its own where the kernel may not";
  if (what == "self-written core") return "no core where neither the kernel nor a tracer may write one";
  if (what == "crash record") return "the promises handler and rca judge less";
  if (what.find("core") != std::string::npos) return "the next way to a core is taken";
  if (what.find("cgroup") != std::string::npos) return "scenarios that need cgroup_memory are skipped";
  if (what.find("fuse") != std::string::npos) return "scenarios with storage faults are skipped";
  if (what.find("canary") != std::string::npos) return "no verdict can be trusted: nothing is run";
  if (what.find("io_uring") != std::string::npos) return "the audit log cannot be written: nothing is run";
  if (what.find("asan") != std::string::npos) return "cases of the asan build are skipped";
  if (what.find("planted") != std::string::npos) return "`crashwright prove` cannot be run";
  if (what == "gdb") return "`crashwright autopsy --gdb` opens nothing; the autopsy itself does not need it";
  return "runs may fail for want of it";
}

// The probe's own advice; of the file system it is for somebody who has not come here yet.
std::string how_to_get(const Finding& finding) {
  if (finding.what.find("fuse") == std::string::npos) return finding.remedy;
  return "apt-get install fuse3, and root or a user who may mount; in a container also --device /dev/fuse --cap-add "
         "SYS_ADMIN";
}

Finding probe_gdb() {
  std::istringstream folders(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = folder + "/gdb";
    if (::access(program.c_str(), X_OK) == 0) return {"gdb", true, program, ""};
  }
  return {"gdb", false, "not in PATH", "apt-get install gdb"};
}

Finding probe_io_uring() {
  Finding finding{"io_uring", false, "", "a kernel with io_uring, and a seccomp profile that allows it"};
  char parameters[256];
  std::memset(parameters, 0, sizeof parameters);
  const long fd = ::syscall(SYS_io_uring_setup, 4, parameters);
  if (fd < 0) {
    finding.text = std::strerror(errno);
    return finding;
  }
  ::close(static_cast<int>(fd));
  return {"io_uring", true, "a ring can be made", ""};
}

Finding probe_core_pattern() {
  const auto pattern = read_file("/proc/sys/kernel/core_pattern");
  if (!pattern) return {"core_pattern", false, pattern.error().message, ""};
  const std::string text = printable(pattern->substr(0, pattern->find('\n')));
  const bool plain = !text.empty() && text.front() != '|' && text.front() != '/';
  return {"core_pattern", plain, "\"" + text + "\"",
          plain ? "" : "a plain file name, for example: sysctl kernel.core_pattern=core"};
}

Finding probe_disk(const std::string& folder) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) return {"disk space", false, std::strerror(errno), "another --out"};
  const uint64_t free = static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  return {"disk space", free >= kDiskWanted,
          fmt::format("{:.1f} GiB free in {}", static_cast<double>(free) / (1 << 30), folder),
          free >= kDiskWanted ? "" : "2 GiB for cores and logs"};
}

Finding probe_memory() {
  const auto text = read_file("/proc/meminfo");
  if (!text) return {"memory", false, text.error().message, ""};
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    unsigned long kibibytes = 0;
    if (std::sscanf(line.c_str(), "MemAvailable: %lu kB", &kibibytes) != 1) continue;
    const uint64_t bytes = static_cast<uint64_t>(kibibytes) << 10;
    return {"memory", bytes >= kMemoryWanted,
            fmt::format("{:.1f} GiB available", static_cast<double>(bytes) / (1 << 30)),
            bytes >= kMemoryWanted ? "" : "1 GiB, or fewer --jobs"};
  }
  return {"memory", false, "/proc/meminfo does not say", ""};
}

void add_programs(std::vector<Finding>& findings) {
  const auto programs = find_programs("");
  if (!programs) {
    findings.push_back({"mock engine", false, programs.error().message, programs.error().remedy});
    return;
  }
  findings.push_back({"mock engine", true, programs->release, ""});
  findings.push_back({"asan engine", !programs->asan.empty(), programs->asan.empty() ? "not built" : programs->asan,
                      programs->asan.empty() ? "build the target mock_engine_asan" : ""});
  findings.push_back({"planted engine", !programs->planted.empty(),
                      programs->planted.empty() ? "not built" : programs->planted,
                      programs->planted.empty() ? "build the target mock_engine_planted" : ""});
}

Result<std::vector<Finding>> examine_machine() {
  char scratch[] = "/tmp/crashwright-doctor-XXXXXX";
  if (::mkdtemp(scratch) == nullptr) return fail_errno(errno, "make a folder in /tmp", "a writable /tmp");
  const auto machine = probe_machine(scratch);
  ::rmdir(scratch);
  if (!machine) return tl::unexpected(machine.error());
  std::vector<Finding> findings = machine->findings;
  findings.push_back(probe_core_pattern());
  findings.push_back(probe_io_uring());
  findings.push_back(probe_gdb());
  add_programs(findings);
  findings.push_back(probe_disk("."));
  findings.push_back(probe_memory());
  return findings;
}

void print_findings(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    fmt::print("{:<5} {:<22} {}\n", finding.works ? "yes" : "NO", finding.what, wrap(printable(finding.text), 29));
    if (finding.works) continue;
    fmt::print("{:<5} {:<22} without: {}\n", "", "", wrap(lost_without(finding.what), 38));
    const std::string remedy = how_to_get(finding);
    if (!remedy.empty()) fmt::print("{:<5} {:<22} get it:  {}\n", "", "", wrap(remedy, 38));
  }
  const auto unmet = std::count_if(findings.begin(), findings.end(), [](const Finding& one) { return !one.works; });
  if (unmet == 0) {
    fmt::print("\nEverything is there: nothing is skipped on this machine.\n");
  } else {
    fmt::print("\n{} of {} needs {} not met. What is not said to be skipped works without.\n", unmet, findings.size(),
               unmet == 1 ? "is" : "are");
  }
}

}  // namespace

int doctor_command(const std::vector<std::string>& arguments) {
  std::string format = "human";
  Options options("doctor",
                  "Tries what runs need: a canary child really crashes, a cgroup and a mount are really "
                  "made. Shows what is missing, what is skipped without it, and how to get it.");
  options.word("--format", "FORMAT", format, {"human", "json"}, "human or json");
  options.note("Ends with 10 when nothing could be run here.");
  options.example("crashwright doctor");
  if (const auto code = options.parse(arguments)) return *code;
  const auto findings = examine_machine();
  if (!findings) return report_error(findings.error());
  bool usable = true;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Finding& finding : *findings) {
    const bool vital = finding.what == "canary" || finding.what == "io_uring" || finding.what == "mock engine";
    usable = usable && (finding.works || !vital);
    all.push_back({{"what", finding.what},
                   {"works", finding.works},
                   {"text", finding.text},
                   {"without", finding.works ? "" : lost_without(finding.what)},
                   {"remedy", finding.works ? "" : how_to_get(finding)}});
  }
  if (format == "json") {
    fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    print_findings(*findings);
  }
  return usable ? kExitPassed : kExitEnvironment;
}

}  // namespace crashwright::harness::cli
