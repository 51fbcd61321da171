// The state of the system around the death: from the harness's facts and from the core.
#include <fmt/format.h>
#include <sys/auxv.h>

#include <algorithm>

#include "base/checksum.h"
#include "base/file.h"
#include "rca/rules.h"
#include "rca/secret.h"

namespace crashwright::rca {
namespace {

constexpr uint64_t kEnvironmentMax = 128 * 1024;
constexpr size_t kEntriesMax = 64;
constexpr size_t kEntryMax = 200;  // characters of one variable that are shown

// The kernel puts arguments, environment and the program's path next to each other at the end of the first stack.
std::vector<std::string> environment_of(const CoreFile& core) {
  const uint64_t path_at = core.auxiliary(AT_EXECFN);
  const CoreSegment* const stack = core.segment_of(path_at);
  if (stack == nullptr) return {};
  const uint64_t begin = std::max(stack->begin, path_at - std::min(path_at, kEnvironmentMax));
  std::string bytes(path_at - begin, '\0');
  if (core.read(begin, bytes.data(), bytes.size()) != bytes.size()) return {};
  std::vector<std::string> entries;
  size_t end = bytes.size();
  while (end > 0 && entries.size() < kEntriesMax) {
    const size_t before = bytes.rfind('\0', end - 2);
    if (before == std::string::npos) break;
    const std::string entry = bytes.substr(before + 1, end - before - 2);
    const size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0 || entry.find(' ') < equals) break;  // arguments begin
    entries.push_back(mask_secret(entry).substr(0, kEntryMax));
    end = before + 1;
  }
  std::ranges::sort(entries);
  return entries;
}

void tell_core(const CoreFile& core, std::vector<std::string>& system) {
  uint64_t saved = 0;
  uint64_t mapped = 0;
  for (const CoreSegment& segment : core.segments()) {
    saved += segment.saved;
    mapped += segment.end - segment.begin;
  }
  system.push_back(fmt::format("{} threads, {} mappings, {} MiB mapped, {} MiB in the core", core.threads().size(),
                               core.segments().size(), mapped >> 20, saved >> 20));
  for (const std::string& entry : environment_of(core)) system.push_back("environment " + entry);
}

void tell_facts(const ProcessFacts& process, std::vector<std::string>& system) {
  std::string command;
  for (const std::string& word : process.argv) command += (command.empty() ? "" : " ") + mask_secret(word);
  system.push_back("command " + command.substr(0, kEntryMax));
  system.push_back(fmt::format("largest resident set {} MiB, CPU time {} ms", process.max_rss_bytes >> 20,
                               process.cpu_time_ns / 1'000'000));
  if (process.address_space_limit_bytes > 0) {
    system.push_back(fmt::format("limit of the address space {} MiB", process.address_space_limit_bytes >> 20));
  }
  if (process.cgroup_memory_limit_bytes > 0) {
    system.push_back(fmt::format("cgroup: memory limit {} MiB, {} kills for memory",
                                 process.cgroup_memory_limit_bytes >> 20, process.oom_kills));
  }
  if (!process.core_way.empty()) system.push_back("core written by " + process.core_way);
}

void tell_foreign(const ForeignCore& core, std::vector<std::string>& system) {
  system.push_back(fmt::format("program {} for {}, {} threads", core.program, core.machine, core.tids.size()));
  if (!core.arguments.empty()) system.push_back("command " + core.arguments);
  for (const std::string& path : core.mapped) system.push_back("mapped " + path);
}

}  // namespace

void apply_system_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  std::vector<std::string>& system = investigation.report.system;
  if (artefacts.process) {
    tell_facts(*artefacts.process, system);
    // What the engine was configured with: two deaths are comparable only with the same.
    const size_t slash = artefacts.folder.rfind('/');
    const auto plan = read_file(artefacts.folder.substr(0, slash) + "/scenario.yaml");
    if (plan) system.push_back(fmt::format("configuration {:016x} (scenario.yaml)", fnv1a(*plan)));
  }
  if (artefacts.live) system.insert(system.end(), artefacts.live->system.begin(), artefacts.live->system.end());
  if (artefacts.core) tell_core(*artefacts.core, system);
  if (artefacts.foreign) tell_foreign(*artefacts.foreign, system);
  if (!investigation.report.build_id.empty()) system.push_back("build id " + investigation.report.build_id);
}

}  // namespace crashwright::rca
