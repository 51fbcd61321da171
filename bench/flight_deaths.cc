#include "bench/flight_deaths.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "postmortem/control_block.h"
#include "postmortem/flight_reader.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::bench {

using postmortem::FlightMode;
using postmortem::FlightRecord;
using postmortem::FlightThread;

namespace {

constexpr size_t kThreads = 3;
constexpr size_t kRingBytes = 64 << 10;
constexpr uint64_t kMemoryLimitBytes = 24 << 20;
constexpr auto kPatience = std::chrono::seconds(60);

std::string tail_of(uint64_t i) { return std::string(i * 37 % 120, static_cast<char>('a' + i % 26)); }

// One to three lines.
void log_record(uint64_t thread, uint64_t i) {
  if (i % 4 == 1) {
    CRASHWRIGHT_LOG_WARN("{} of {thread} says {}", i, thread, tail_of(i));
  } else {
    CRASHWRIGHT_LOG_INFO("{} of {thread} with {:.2f}", i, thread, static_cast<double>(i) / 4);
  }
}

std::string expected_text(uint64_t thread, uint64_t i) {
  const std::string start = std::to_string(i) + " of " + std::to_string(thread);
  if (i % 4 == 1) return start + " says " + tail_of(i);
  constexpr const char* kQuarters[] = {".00", ".25", ".50", ".75"};
  return start + " with " + std::to_string(i / 4) + kQuarters[i % 4];
}

// Until the kernel ends it.
[[noreturn]] void use_up_memory() {
  constexpr size_t kStep = 1 << 20;
  for (;;) {
    void* const more = ::mmap(nullptr, kStep, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (more != MAP_FAILED) std::memset(more, 1, kStep);
  }
}

[[noreturn]] void die(Death death) {
  switch (death) {
    case Death::kSigsegv:
      *static_cast<volatile int*>(nullptr) = 1;
      break;
    case Death::kAbort:
      std::abort();
    case Death::kOomKill:
      use_up_memory();
    case Death::kSigkill:
      for (;;) ::pause();
  }
  ::_exit(9);
}

}  // namespace

struct DeathCampaign::Witness {
  std::atomic<uint64_t> committed[kThreads];
};

namespace {

struct Child {
  std::string path;
  FlightMode mode;
  Death death;
  uint64_t dies_after;  // records of thread 0; only where the child ends itself
  std::string cgroup_procs;
};

void enter_cgroup(const std::string& procs) {
  const int fd = ::open(procs.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, "0", 1) != 1) ::_exit(5);
  ::close(fd);
}

template <typename Counters>
[[noreturn]] void log_until_death(const Child& child, Counters& committed) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (!child.cgroup_procs.empty()) enter_cgroup(child.cgroup_procs);
  postmortem::FlightRecorderOptions options;
  options.path = child.path;
  options.mode = child.mode;
  options.ring_bytes_per_thread = kRingBytes;
  options.threads_max = kThreads;
  options.threads_prefaulted = kThreads;
  options.signal_rings = 0;
  options.sites_max = 8;
  if (!postmortem::open_flight_recorder(options)) ::_exit(4);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      ::pthread_setname_np(::pthread_self(), std::to_string(t).c_str());
      postmortem::detail::t_log_committed = &committed[t];
      for (uint64_t i = 1;; ++i) {
        log_record(t, i);
        if (t == 0 && i == child.dies_after && child.death != Death::kSigkill) std::thread(die, child.death).detach();
      }
    });
  }
  threads[0].join();
  ::_exit(9);
}

bool ended_by(int status, Death death) {
  if (!WIFSIGNALED(status)) return false;
  switch (death) {
    case Death::kSigkill:
    case Death::kOomKill:
      return WTERMSIG(status) == SIGKILL;
    case Death::kSigsegv:
      return WTERMSIG(status) == SIGSEGV;
    case Death::kAbort:
      return WTERMSIG(status) == SIGABRT;
  }
  return false;
}

void judge_thread(const FlightThread& thread, uint64_t number, uint64_t committed, FlightMode mode, DeathToll& toll) {
  uint64_t expected = thread.first_sequence;
  uint64_t gaps = 0;
  for (const FlightRecord& record : thread.records) {
    gaps += record.sequence - expected;
    expected = record.sequence + 1;
    if (record.text != expected_text(number, record.sequence) || record.sequence > committed + 1) ++toll.wrong;
  }
  const uint64_t newest = thread.records.empty() ? 0 : thread.records.back().sequence;
  const uint64_t before = thread.first_sequence > 0 ? thread.first_sequence - 1 : 0;
  toll.lost += std::max(gaps + (committed > newest ? committed - newest : 0), thread.refused_records);
  // A ring that keeps all overwrites nothing; one that keeps the newest does so only once it is full.
  const bool may_overwrite =
      mode == FlightMode::kKeepNewest && newest > kRingBytes / sizeof(postmortem::FlightLine) / 4;
  (may_overwrite ? toll.overwritten : toll.lost) += before;
  toll.committed += committed;
  toll.recovered += thread.records.size();
  toll.in_flight += thread.in_flight;
}

}  // namespace

Result<std::unique_ptr<DeathCampaign>> DeathCampaign::make(const std::string& folder, uint64_t seed) {
  std::string name = folder + "/crashwright-deaths-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return fail_errno(errno, "make a folder in " + folder);
  std::unique_ptr<DeathCampaign> campaign(new DeathCampaign(name, seed));
  void* const shared = ::mmap(nullptr, sizeof(Witness), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return fail_errno(errno, "map the witness");
  campaign->witness_ = new (shared) Witness{};
  return campaign;
}

DeathCampaign::~DeathCampaign() {
  if (witness_ != nullptr) ::munmap(witness_, sizeof(Witness));
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Status DeathCampaign::start_cgroup() {
  if (cgroup_) return {};
  auto made = harness::MemoryCgroup::create("crashwright-deaths-" + std::to_string(::getpid()), kMemoryLimitBytes);
  if (!made) return tl::unexpected<Error>(std::move(made.error()));
  cgroup_ = std::move(*made);
  return {};
}

Result<DeathToll> DeathCampaign::run(Death death, uint64_t count) {
  if (death == Death::kOomKill) {
    if (auto good = start_cgroup(); !good) return tl::unexpected<Error>(std::move(good.error()));
  }
  DeathToll toll;
  for (uint64_t i = 0; i < count; ++i) {
    const FlightMode mode = i % 2 == 0 ? FlightMode::kKeepNewest : FlightMode::kKeepAllWait;
    if (auto good = die_once(death, mode, toll); !good) return tl::unexpected<Error>(std::move(good.error()));
  }
  return toll;
}

Status DeathCampaign::die_once(Death death, FlightMode mode, DeathToll& toll) {
  const std::string folder = folder_ + "/death";
  std::filesystem::create_directory(folder);
  Child child{folder + "/flight.rec", mode, death, 1 + random_.below(3000), {}};
  if (death == Death::kOomKill) child.cgroup_procs = cgroup_->procs_path();
  for (auto& counter : witness_->committed) counter.store(0);
  const uint64_t ooms_before = cgroup_ ? cgroup_->oom_kills() : 0;
  const uint64_t target = random_.below(6000);
  const uint64_t moment_ns = random_.below(30'000);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, "fork");
  if (pid == 0) log_until_death(child, witness_->committed);
  const Deadline deadline(kPatience);
  if (death == Death::kSigkill) {
    while (witness_->committed[0].load() + witness_->committed[1].load() < target && !deadline.passed()) {
      ::sched_yield();
    }
    for (const uint64_t until = monotonic_ns() + moment_ns; monotonic_ns() < until;) {
    }
    ::kill(pid, SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (deadline.passed()) ::kill(pid, SIGKILL);
    ::sched_yield();
  }
  const bool confirmed =
      ended_by(status, death) && !deadline.passed() && (death != Death::kOomKill || cgroup_->oom_kills() > ooms_before);
  ++toll.deaths;
  if (!confirmed) ++toll.unconfirmed;
  const auto readout = postmortem::read_flight_file(child.path);
  uint64_t judged = 0;
  if (readout) {
    for (const FlightThread& thread : readout->threads) {
      if (thread.name.empty()) continue;  // died while claiming its ring
      const uint64_t number = std::stoull(thread.name);
      judge_thread(thread, number, witness_->committed[number].load(), mode, toll);
      judged += witness_->committed[number].load();
    }
  }
  for (auto& counter : witness_->committed) toll.lost += counter.load();
  toll.lost -= judged;  // of threads that the file does not know
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return {};
}

}  // namespace crashwright::bench
