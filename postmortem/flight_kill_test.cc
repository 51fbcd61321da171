// Goal: SIGKILL at any moment costs no committed record, invents none, and leaves at most one per thread in flight.
// Method: a forked writer with three threads, killed by its parent once a random number of records is committed and a
// random moment later; what its file holds is compared with counters in shared memory and with what each record must
// say. Half of the rounds with a control block attached, where the commit takes its other way.
#include <sched.h>
#include <sys/wait.h>

#include <iostream>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "postmortem/flight_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

constexpr size_t kThreads = 3;
constexpr size_t kRingBytes = 16384;

std::string tail_of(uint64_t i) { return std::string(i * 37 % 200, static_cast<char>('a' + i % 26)); }

// One to five lines long.
void log_record(uint32_t thread, uint64_t i) {
  switch (i % 4) {
    case 0:
      CRASHWRIGHT_LOG_INFO("{} of {} with {:.2f}", i, thread, static_cast<double>(i) / 4);
      break;
    case 1:
      CRASHWRIGHT_LOG_WARN("{} of {} says {}", i, thread, tail_of(i));
      break;
    default:
      CRASHWRIGHT_LOG_DEBUG("{} of {}", i, thread);
  }
}

std::string expected_text(uint32_t thread, uint64_t i) {
  std::string text = std::to_string(i) + " of " + std::to_string(thread);
  if (i % 4 == 1) text += " says " + tail_of(i);
  if (i % 4 == 0) text += " with " + std::to_string(i / 4) + ".00";
  return text;
}

uint64_t expected_lines(uint64_t i) {
  if (i % 4 != 1) return 1;
  const size_t payload = 8 + 4 + 2 + i * 37 % 200;
  return payload <= kFlightHeadPayloadBytes
             ? 1
             : 1 + (payload - kFlightHeadPayloadBytes + kFlightNextPayloadBytes - 1) / kFlightNextPayloadBytes;
}

[[noreturn]] void write_until_killed(const std::string& path, ControlBlockForTest& block, bool attach) {
  if (attach) block.attach();
  FlightRecorderOptions options;
  options.path = path;
  options.ring_bytes_per_thread = kRingBytes;
  options.threads_max = kThreads;
  options.threads_prefaulted = kThreads;
  options.sites_max = 8;
  options.signal_rings = 0;
  if (!open_flight_recorder(options)) ::_exit(1);
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&block, t] {
      ::pthread_setname_np(::pthread_self(), std::to_string(t).c_str());
      // Without an attached block the fault points stay dormant; the counter is the harness's all the same.
      detail::t_log_committed = &block->threads[t].log_committed;
      for (uint64_t i = 1;; ++i) log_record(t, i);
    });
  }
  threads[0].join();
  ::_exit(0);
}

uint64_t total_committed(ControlBlockForTest& block) {
  uint64_t total = 0;
  for (size_t t = 0; t < kThreads; ++t) total += block->threads[t].log_committed.load(std::memory_order_relaxed);
  return total;
}

// Sum of the accounts over all rounds.
struct Toll {
  uint64_t committed = 0;
  uint64_t recovered = 0;
  uint64_t in_flight = 0;
};

void check_thread(const FlightThread& thread, uint64_t committed, Toll& toll) {
  const auto number = static_cast<uint32_t>(std::stoul(thread.name));
  for (const std::string& line : thread.refused) BOOST_ERROR("refused: " << line);
  const uint64_t newest = thread.records.empty() ? 0 : thread.records.back().sequence;
  BOOST_TEST(newest >= committed);
  BOOST_TEST(newest <= committed + 1);
  BOOST_TEST(thread.in_flight <= 1U);
  uint64_t lines = 0;
  for (size_t i = 0; i < thread.records.size(); ++i) {
    const FlightRecord& record = thread.records[i];
    if (record.sequence != thread.first_sequence + i) BOOST_ERROR("out of order: " << record.sequence);
    if (record.text != expected_text(number, record.sequence)) BOOST_ERROR("not written: " << record.text);
    lines += expected_lines(record.sequence);
  }
  // Only what the ring had no more room for may be gone: the next older record, or one that was being written over it.
  if (thread.first_sequence > 1) {
    lines += expected_lines(thread.first_sequence - 1) + expected_lines(newest + 1);
    BOOST_TEST(lines > kRingBytes / sizeof(FlightLine));
  }
  toll.committed += committed;
  toll.recovered += thread.overwritten + thread.records.size();
  toll.in_flight += thread.in_flight;
}

void check_file(const std::string& path, ControlBlockForTest& block, Toll& toll) {
  const uint64_t committed = total_committed(block);
  const auto readout = read_flight_file(path);
  if (!readout) {
    // Killed while opening: nothing can have been committed.
    BOOST_TEST(committed == 0U);
    return;
  }
  uint64_t seen = 0;
  for (const FlightThread& thread : readout->threads) {
    if (thread.name.empty()) {  // killed while claiming its ring
      BOOST_TEST(thread.records.empty());
      continue;
    }
    const uint64_t count = block->threads[std::stoul(thread.name)].log_committed.load();
    check_thread(thread, count, toll);
    seen += count;
  }
  BOOST_TEST(seen == committed);
}

void kill_at_random(Random& random, bool attach, Toll& toll) {
  const TemporaryFolder folder;
  const std::string path = folder.file("flight.rec");
  ControlBlockForTest block;
  // One round in eight dies while it starts.
  const uint64_t target = random.below(8) == 0 ? 0 : random.below(5000);
  const uint64_t moment_ns = target == 0 ? random.below(3'000'000) : random.below(20'000);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) write_until_killed(path, block, attach);
  const Deadline deadline(std::chrono::seconds(30));
  while (total_committed(block) < target && !deadline.passed()) ::sched_yield();
  BOOST_TEST(!deadline.passed());
  for (const uint64_t until = monotonic_ns() + moment_ns; monotonic_ns() < until;) {
  }
  ::kill(child, SIGKILL);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  check_file(path, block, toll);
}

void kill_many(uint64_t seed, int rounds, bool attach) {
  std::cout << "seed " << seed << '\n';
  Random random(seed);
  Toll toll;
  for (int round = 0; round < rounds; ++round) {
    BOOST_TEST_CONTEXT("seed " << seed << " round " << round) { kill_at_random(random, attach, toll); }
  }
  std::cout << rounds << " kills: " << toll.committed << " records committed, " << toll.recovered << " accounted for, "
            << toll.in_flight << " in flight\n";
  BOOST_TEST(toll.committed > 0U);
  BOOST_TEST(toll.recovered >= toll.committed);
}

// A child that logs until fault point `hit` asks the harness for its death; the parent plays the harness.
void kill_at_commit(uint64_t hit, uint64_t& committed, FlightReadout& readout, const std::string& path) {
  ControlBlockForTest block;
  ArmedFault& fault = block->faults[0];
  fault.point.assign("recorder.commit");
  fault.action = FaultAction::kSigkill;
  fault.hit = hit;
  fault.incarnation = kAnyIncarnation;
  fault.state.store(FaultState::kArmed);
  block->fault_count = 1;
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    block.attach();
    if (!open_flight_recorder(small_options(path))) ::_exit(1);
    register_thread("0");
    for (uint64_t i = 1; i <= 1000; ++i) log_record(0, i);
    ::_exit(0);
  }
  const Deadline deadline(std::chrono::seconds(30));
  while (block->harness_request.load() != HarnessRequest::kKill && !deadline.passed()) ::sched_yield();
  ::kill(child, SIGKILL);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  committed = block->threads[0].log_committed.load();
  auto read = read_flight_file(path);
  BOOST_REQUIRE(read);
  readout = *read;
}

}  // namespace

BOOST_AUTO_TEST_CASE(five_hundred_kills_cost_no_committed_record_and_invent_none) { kill_many(11, 500, false); }

BOOST_AUTO_TEST_CASE(five_hundred_kills_with_live_fault_points_cost_no_committed_record) { kill_many(12, 500, true); }

BOOST_AUTO_TEST_CASE(a_death_between_payload_and_commit_mark_leaves_the_record_absent) {
  for (const uint64_t hit : {1U, 2U, 5U, 6U, 64U, 65U, 200U, 201U, 500U, 501U}) {
    const TemporaryFolder folder;
    uint64_t committed = 0;
    FlightReadout readout;
    kill_at_commit(hit, committed, readout, folder.file("flight.rec"));
    BOOST_TEST(committed == hit - 1);
    BOOST_REQUIRE(readout.threads.size() == 1U);
    const FlightThread& thread = readout.threads[0];
    BOOST_TEST(thread.in_flight == 1U);
    BOOST_TEST(thread.refused.empty());
    BOOST_TEST(thread.overwritten + thread.records.size() == hit - 1);
    for (const FlightRecord& record : thread.records) BOOST_TEST(record.text == expected_text(0, record.sequence));
  }
}
