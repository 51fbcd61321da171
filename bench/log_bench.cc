// What a log call costs: the flight recorder, the floor, Debian's spdlog and glog, and every plug-in, side by side.
//
// Method: each peer in a process of its own for each repetition, repetitions of all peers interleaved. Bursts of 20
// calls, each burst timed with the time stamp counter, and 2,000 to 2,200 microseconds between two: as in the benchmark
// that Quill publishes for all these libraries (benchmarks/hot_path_latency, github.com/odygrd/quill; the same in
// github.com/odygrd/logger_benchmarks). The pause is part of what is measured: in it a library's thread takes the
// records, and their cache lines, to its own processor, from where the next round over the queue has to fetch them
// back. With pauses too short for that a library that polls looks better than in any engine. Reported per call: the
// median over the bursts of a repetition; the 99.9th percentile over eight times as many bursts, 200 microseconds
// apart; then the rate of calls straight after each other.
// The measuring thread has a processor to itself, the libraries' own threads share the other ones, where there are any.
// Samples: WHO.numbers_p50_ns numbers_p999_ns numbers_caller_stamp_p50_ns string20_p50_ns
//          saturated_per_s
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "bench/log_peers.h"
#include "bench/samples.h"

namespace crashwright::bench {
namespace {

// How many bursts are timed, and how long the pauses between them are.
struct Rhythm {
  size_t bursts;
  uint64_t pause_ns_min;
  uint64_t pause_ns_max;
};
constexpr Rhythm kMedians = {500, 2'000'000, 2'200'000};
constexpr Rhythm kTails = {4'000, 200'000, 220'000};  // a 99.9th percentile wants many
constexpr size_t kWarmUpBursts = 50;
constexpr uint64_t kSaturateNs = 100'000'000;
constexpr uint64_t kSaturateStep = 20'000;
constexpr int kPeerSecondsMax = 20;
constexpr char kText[33] = "twenty characters ok";  // a whole number of vectors may be read
constexpr size_t kTextLength = 20;

// What one process measured; zero: not available.
struct Timings {
  double numbers_p50_ns;
  double numbers_p999_ns;
  double stamped_p50_ns;
  double string_p50_ns;
  double saturated_per_s;
};

double ticks_per_ns() {
  static const double rate = [] {
    const uint64_t start_ns = monotonic_ns();
    const uint64_t start = __rdtsc();
    while (monotonic_ns() < start_ns + 50'000'000) {
    }
    return static_cast<double>(__rdtsc() - start) / static_cast<double>(monotonic_ns() - start_ns);
  }();
  return rate;
}

// Drawn, so that no library's own polling falls into step with it. Busy, so that the processor stays awake and ours.
void pause(const Rhythm& rhythm, Random& random) {
  const uint64_t until_ns =
      monotonic_ns() + rhythm.pause_ns_min + random.below(rhythm.pause_ns_max - rhythm.pause_ns_min);
  while (monotonic_ns() < until_ns) {
  }
}

// Nanoseconds per call of each burst.
template <typename Burst>
std::vector<double> time_bursts(const Rhythm& rhythm, Burst burst) {
  std::vector<double> times;
  times.reserve(rhythm.bursts);
  Random random(rhythm.bursts);
  for (size_t i = 0; i < kWarmUpBursts + rhythm.bursts; ++i) {
    pause(rhythm, random);
    unsigned processor = 0;
    const uint64_t start = __rdtscp(&processor);
    burst(static_cast<int64_t>(i * CRASHWRIGHT_LOG_BURST), start);
    const uint64_t end = __rdtscp(&processor);
    if (i >= kWarmUpBursts) {
      times.push_back(static_cast<double>(end - start) / ticks_per_ns() / CRASHWRIGHT_LOG_BURST);
    }
  }
  return times;
}

template <typename Burst>
double median(Burst burst) {
  auto times = time_bursts(kMedians, burst);
  return percentile(times, 0.5);
}

double saturated_rate(const crashwright_log_peer& peer) {
  peer.saturate(kSaturateStep);
  const uint64_t start_ns = monotonic_ns();
  uint64_t kept = 0;
  uint64_t now_ns = start_ns;
  for (; now_ns < start_ns + kSaturateNs; now_ns = monotonic_ns()) kept += peer.saturate(kSaturateStep);
  return static_cast<double>(kept) * 1e9 / static_cast<double>(now_ns - start_ns);
}

void pin(int first, int last) {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  for (int i = first; i <= last; ++i) CPU_SET(i, &processors);
  static_cast<void>(::sched_setaffinity(0, sizeof processors, &processors));
}

// Threads that a library starts in open() inherit the processors of the caller.
int open_apart(const crashwright_log_peer& peer, const char* folder) {
  const int last = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)) - 1;
  if (last > 0) pin(0, last - 1);
  const int trouble = peer.open(folder);
  if (last > 0) pin(last, last);
  return trouble;
}

Timings time_peer(const crashwright_log_peer& peer) {
  Timings timings{};
  const auto numbers = [&](int64_t i, uint64_t) { peer.burst_numbers(i); };
  timings.numbers_p50_ns = median(numbers);
  auto tails = time_bursts(kTails, numbers);
  timings.numbers_p999_ns = percentile(tails, 0.999);
  timings.string_p50_ns = median([&](int64_t, uint64_t) { peer.burst_string(kText, kTextLength); });
  if (peer.burst_numbers_stamped != nullptr) {
    timings.stamped_p50_ns = median([&](int64_t i, uint64_t stamp) { peer.burst_numbers_stamped(i, stamp); });
  }
  timings.saturated_per_s = saturated_rate(peer);
  return timings;
}

// What comes back from the process that measures; `trouble` is empty when it did.
struct Report {
  Timings timings;
  char trouble[200];
};

void time_into(const LogPeer& peer, const std::string& folder, Report& report) {
  const auto loaded = load_log_peer(peer);
  if (!loaded) {
    std::snprintf(report.trouble, sizeof report.trouble, "%s", loaded.error().message.c_str());
    return;
  }
  const int trouble = open_apart(**loaded, folder.c_str());
  if (trouble != 0) {
    std::snprintf(report.trouble, sizeof report.trouble, "cannot be opened: %s", std::strerror(trouble));
    return;
  }
  report.timings = time_peer(**loaded);
}

[[noreturn]] void be_measured(const LogPeer& peer, const std::string& folder, int to) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(kPeerSecondsMax);
  // What the libraries say belongs neither to the report nor to the terminal.
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  Report report{};
  // A library may open files where it is loaded, before it is told where they belong.
  if (::chdir(folder.c_str()) != 0) ::_exit(errno);
  time_into(peer, folder, report);
  const bool told = ::write(to, &report, sizeof report) == sizeof report;
  // Without closing the library: a queue of millions of records may take it minutes.
  ::_exit(told ? 0 : EIO);
}

// Empty: measured.
std::string measure_in_child(const LogPeer& peer, const std::string& folder, Timings& timings) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return std::strerror(errno);
  const pid_t child = ::fork();
  if (child == 0) be_measured(peer, folder, pipe[1]);
  ::close(pipe[1]);
  Report report{};
  const ssize_t got = child < 0 ? -1 : ::read(pipe[0], &report, sizeof report);
  ::close(pipe[0]);
  int status = 0;
  if (child > 0) ::waitpid(child, &status, 0);
  std::filesystem::remove_all(folder, ignored);
  if (child < 0) return "cannot fork";
  if (WIFSIGNALED(status)) return std::string("ended with ") + ::strsignal(WTERMSIG(status));
  if (got != static_cast<ssize_t>(sizeof report)) return "did not report";
  timings = report.timings;
  return report.trouble;
}

void add(Samples& samples, const std::string& name, const Timings& timings) {
  samples.add(name + ".numbers_p50_ns", timings.numbers_p50_ns);
  samples.add(name + ".numbers_p999_ns", timings.numbers_p999_ns);
  samples.add(name + ".string20_p50_ns", timings.string_p50_ns);
  samples.add(name + ".saturated_per_s", timings.saturated_per_s);
  if (timings.stamped_p50_ns > 0) samples.add(name + ".numbers_caller_stamp_p50_ns", timings.stamped_p50_ns);
}

int run(int argc, char** argv) {
  const std::vector<LogPeer> peers = find_log_peers(std::getenv("CRASHWRIGHT_BENCH_PEERS"));
  Samples samples;
  for (const char* const name : {"quill", "nanolog", "fmtlog", "xtr"}) {
    const bool given = std::any_of(peers.begin(), peers.end(), [&](const LogPeer& peer) { return peer.name == name; });
    if (!given) samples.absent(name, "not given as a plug-in (--peer)");
  }
  // A memory file system: what is measured is the call, not a disk.
  const std::string root = "/dev/shm/crashwright-log-bench-" + std::to_string(::getpid());
  static_cast<void>(ticks_per_ns());
  std::vector<std::function<void()>> parts;
  for (const LogPeer& peer : peers) {
    parts.emplace_back([&samples, &root, &peer, broken = false]() mutable {
      Timings timings{};
      if (broken) return;
      const std::string trouble = measure_in_child(peer, root + "/" + peer.name, timings);
      if (trouble.empty()) return add(samples, peer.name, timings);
      samples.absent(peer.name, trouble);
      broken = true;
    });
  }
  interleave(repetitions(argc, argv, 5), parts);
  std::error_code ignored;
  std::filesystem::remove_all(root, ignored);
  samples.print();
  return 0;
}

}  // namespace
}  // namespace crashwright::bench

int main(int argc, char** argv) { return crashwright::bench::run(argc, argv); }
