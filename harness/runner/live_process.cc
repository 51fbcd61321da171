#include "harness/runner/live_process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <sstream>
#include <thread>

#include "base/file.h"
#include "harness/runner/core_writer.h"
#include "harness/runner/flight_progress.h"
#include "harness/runner/proc_info.h"
#include "rca/secret.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kWindow = std::chrono::milliseconds(300);
constexpr size_t kEntriesMax = 64;

// Processor time of a thread in clock ticks: fields 14 and 15 of proc(5)'s stat, behind the name.
uint64_t cpu_ticks(int32_t pid, int32_t tid) {
  const auto text = read_file(fmt::format("/proc/{}/task/{}/stat", pid, tid));
  if (!text) return 0;
  std::istringstream rest(text->substr(std::min(text->rfind(')') + 1, text->size())));
  std::string skipped;
  for (int i = 0; i < 11; ++i) rest >> skipped;
  uint64_t user = 0;
  uint64_t system = 0;
  rest >> user >> system;
  return user + system;
}

// What a thread ran, and how long it was ready to run without a processor: schedstat, or else the coarser stat.
struct ProcessorTime {
  uint64_t ran_ns = 0;
  uint64_t waited_ns = 0;
};

ProcessorTime processor_time(int32_t pid, int32_t tid) {
  ProcessorTime time;
  const auto text = read_file(fmt::format("/proc/{}/task/{}/schedstat", pid, tid));
  std::istringstream fields(text ? *text : std::string());
  fields >> time.ran_ns >> time.waited_ns;
  const auto tick_ns = 1'000'000'000ULL / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
  if (time.ran_ns == 0) time.ran_ns = cpu_ticks(pid, tid) * tick_ns;
  return time;
}

uint64_t grown(uint64_t from, uint64_t to) { return to > from ? to - from : 0; }

std::string first_line(const std::string& path) {
  const auto text = read_file(path);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

// Lines of a file that begin with one of the words.
void take_lines(const std::string& path, std::initializer_list<std::string_view> words, std::vector<std::string>& to) {
  const auto text = read_file(path);
  if (!text) return;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (std::ranges::none_of(words, [&](std::string_view word) { return line.starts_with(word); })) continue;
    std::ranges::replace(line, '\t', ' ');
    to.push_back(line);
  }
}

std::vector<std::string> system_state(int32_t pid) {
  const std::string proc = fmt::format("/proc/{}", pid);
  std::vector<std::string> system;
  take_lines(proc + "/status", {"State:", "Threads:", "VmPeak:", "VmRSS:", "VmSwap:", "voluntary"}, system);
  take_lines(proc + "/limits", {"Max address space", "Max open files", "Max stack", "Max core", "Max processes"},
             system);
  std::error_code error;
  size_t descriptors = 0;
  for (fs::directory_iterator entry(proc + "/fd", error), end; !error && entry != end; entry.increment(error)) {
    ++descriptors;
  }
  system.push_back(fmt::format("{} open descriptors", descriptors));
  system.push_back("cgroup " + first_line(proc + "/cgroup"));
  const auto environment = read_file(proc + "/environ");
  std::istringstream entries(environment ? *environment : std::string());
  size_t count = 0;
  for (std::string entry; count < kEntriesMax && std::getline(entries, entry, '\0'); ++count) {
    system.push_back("environment " + rca::mask_secret(entry));
  }
  return system;
}

}  // namespace

rca::LiveObservation observe_live_process(int32_t pid) {
  rca::LiveObservation live;
  std::map<int32_t, ProcessorTime> before;
  const auto start = Clock::now();
  for (const int32_t tid : list_threads(pid)) before[tid] = processor_time(pid, tid);
  const auto records_before = committed_records(pid);
  live.system = system_state(pid);
  std::this_thread::sleep_until(start + kWindow);  // the measurement itself, not a wait for something
  live.window_ns = static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - start).count());
  const auto records_after = committed_records(pid);
  for (const auto& [tid, first_time] : before) {
    rca::LiveObservation::Thread& thread = live.threads.emplace_back();
    const ProcessorTime last_time = processor_time(pid, tid);
    thread.tid = tid;
    thread.name = first_line(fmt::format("/proc/{}/task/{}/comm", pid, tid));
    thread.cpu_ns = grown(first_time.ran_ns, last_time.ran_ns);
    thread.waited_ns = grown(first_time.waited_ns, last_time.waited_ns);
    const auto stat = read_file(fmt::format("/proc/{}/task/{}/stat", pid, tid));
    if (const auto parsed = stat ? parse_process_stat(*stat) : std::nullopt; parsed) thread.state = parsed->state;
    const auto first = records_before.find(tid);
    const auto last = records_after.find(tid);
    if (first != records_before.end() && last != records_after.end()) thread.records = last->second - first->second;
  }
  return live;
}

Result<rca::AutopsyReport> autopsy_live_process(int32_t pid, const std::string& folder) {
  if (!read_process_stat(pid)) return fail(ErrorKind::kUsage, fmt::format("there is no process {}", pid));
  rca::AutopsyOptions options;
  options.live = observe_live_process(pid);
  const std::string core = folder + "/core";
  if (auto written = write_core_from_outside(pid, core); !written) return tl::unexpected(written.error());
  std::error_code error;
  options.executable = fs::read_symlink(fmt::format("/proc/{}/exe", pid), error).string();
  return rca::autopsy_core(core, options);
}

}  // namespace crashwright::harness
