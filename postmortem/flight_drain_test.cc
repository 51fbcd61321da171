// Goal: what the drainer promises: in the modes that keep all, ring and segments together hold every committed record,
// whatever kills the process and however far the drainer is behind; drops are counted; segments rotate and can be read
// alone, torn and damaged.
// Method: small rings that overflow many times; a forked writer killed at random; segments cut and flipped.
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "postmortem/flight_segment_format.h"
#include "postmortem/flight_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

constexpr auto kPatience = std::chrono::seconds(60);

FlightRecorderOptions keep_all(const std::string& path, FlightMode mode = FlightMode::kKeepAllWait) {
  FlightRecorderOptions options = small_options(path);
  options.mode = mode;
  options.signal_rings = 0;
  return options;
}

// One line, now and then several.
void log_numbered(uint64_t i) {
  if (i % 7 == 0) {
    const std::string tail(i % 251, static_cast<char>('a' + i % 26));
    CRASHWRIGHT_LOG_WARN("{} tail {}", i, tail);
  } else {
    CRASHWRIGHT_LOG_INFO("{}", i);
  }
}

std::string numbered_text(uint64_t i) {
  const std::string start = std::to_string(i);
  return i % 7 == 0 ? start + " tail " + std::string(i % 251, static_cast<char>('a' + i % 26)) : start;
}

// Records `first` to `last`, each as it was written.
void check_range(const FlightThread& thread, uint64_t first, uint64_t last) {
  for (const std::string& line : thread.refused) BOOST_ERROR("refused: " << line);
  BOOST_TEST(thread.refused_records == 0U);
  BOOST_REQUIRE(thread.records.size() == last - first + 1);
  for (uint64_t i = first; i <= last; ++i) {
    const FlightRecord& record = thread.records[i - first];
    if (record.sequence != i || record.text != numbered_text(i)) BOOST_ERROR(i << " is " << record.text);
  }
}

bool exists(const std::string& path) { return std::filesystem::exists(path); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_ring_that_waits_for_its_drainer_keeps_every_record) {
  const TemporaryFolder folder;
  constexpr uint64_t kRecords = 20'000;  // some hundred times the ring
  const auto readout = record_and_read(keep_all(folder.file("a.rec")), [] {
    for (uint64_t i = 1; i <= kRecords; ++i) log_numbered(i);
  });
  const FlightThread& thread = readout.threads.at(0);
  check_range(thread, 1, kRecords);
  BOOST_TEST(thread.overwritten == 0U);
  BOOST_TEST(thread.dropped == 0U);
  BOOST_TEST((readout.mode == FlightMode::kKeepAllWait));
  BOOST_TEST(readout.notes.empty());
}

BOOST_AUTO_TEST_CASE(a_ring_that_drops_counts_what_it_drops_and_keeps_the_rest) {
  const TemporaryFolder folder;
  constexpr uint64_t kCalls = 50'000;
  const auto readout = record_and_read(keep_all(folder.file("a.rec"), FlightMode::kKeepAllDrop), [] {
    for (uint64_t i = 1; i <= kCalls; ++i) CRASHWRIGHT_LOG_INFO("{}", i);
  });
  const FlightThread& thread = readout.threads.at(0);
  BOOST_TEST(thread.dropped > 0U);
  BOOST_TEST(thread.committed + thread.dropped == kCalls);
  BOOST_TEST(thread.records.size() == thread.committed);
  BOOST_TEST(thread.refused_records == 0U);
  uint64_t previous = 0;
  for (const FlightRecord& record : thread.records) {
    const uint64_t number = std::stoull(record.text);
    if (number <= previous) BOOST_ERROR(number << " stands behind " << previous);
    previous = number;
  }
  BOOST_TEST(readout.notes.at(0).find("dropped " + std::to_string(thread.dropped) + " records") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(segments_rotate_by_size_and_each_can_be_read_without_those_before) {
  const TemporaryFolder folder;
  auto options = keep_all(folder.file("a.rec"));
  options.segment_bytes = 1;  // the least there is
  options.segments_max = 2;
  constexpr uint64_t kRecords = 20'000;
  const auto readout = record_and_read(options, [] {
    for (uint64_t i = 1; i <= kRecords; ++i) log_numbered(i);
  });
  BOOST_TEST(!exists(flight_segment_path(options.path, 1)));
  const FlightThread& thread = readout.threads.at(0);
  BOOST_TEST(thread.first_sequence > 1U);
  BOOST_TEST(thread.overwritten == thread.first_sequence - 1);
  check_range(thread, thread.first_sequence, kRecords);
}

BOOST_AUTO_TEST_CASE(a_flush_returns_once_everything_is_in_the_segments) {
  const TemporaryFolder folder;
  for (const Durability survives : {Durability::kProcessDeath, Durability::kPowerLoss}) {
    auto options = small_options(folder.file("a.rec"));
    options.survives = survives;
    if (survives == Durability::kProcessDeath) options.mode = FlightMode::kKeepAllDrop;
    BOOST_REQUIRE(open_flight_recorder(options));
    std::thread([] {
      for (uint64_t i = 1; i <= 50; ++i) log_numbered(i);
    }).join();
    BOOST_TEST(flush_flight_recorder(kPatience).has_value());
    // What a power loss may leave: the ring, which is never synced, is gone.
    BOOST_REQUIRE(::rename(options.path.c_str(), folder.file("gone").c_str()) == 0);
    const auto readout = read_flight_file(options.path);
    close_flight_recorder();
    BOOST_REQUIRE(readout);
    check_range(readout->threads.at(0), 1, 50);
    BOOST_TEST(readout->notes.at(0).find("read from its drained segments alone") != std::string::npos);
    std::filesystem::remove(flight_segment_path(options.path, 1));
  }
}

BOOST_AUTO_TEST_CASE(without_a_drainer_a_flush_has_nothing_to_wait_for) {
  const TemporaryFolder folder;
  BOOST_REQUIRE(open_flight_recorder(small_options(folder.file("a.rec"))));
  BOOST_TEST(flush_flight_recorder(std::chrono::nanoseconds(0)).has_value());
  close_flight_recorder();
  BOOST_TEST(!exists(flight_segment_path(folder.file("a.rec"), 1)));
}

BOOST_AUTO_TEST_CASE(a_ring_that_keeps_the_newest_is_copied_out_without_ever_waiting) {
  const TemporaryFolder folder;
  auto options = small_options(folder.file("a.rec"));
  options.survives = Durability::kPowerLoss;
  constexpr uint64_t kRecords = 100'000;
  const auto readout = record_and_read(options, [] {
    for (uint64_t i = 1; i <= kRecords; ++i) log_numbered(i);
  });
  const FlightThread& thread = readout.threads.at(0);
  BOOST_TEST(thread.committed == kRecords);
  BOOST_TEST(thread.records.back().sequence == kRecords);
  BOOST_TEST(thread.overwritten + thread.records.size() == kRecords);
  for (const FlightRecord& record : thread.records) {
    if (record.text != numbered_text(record.sequence)) BOOST_ERROR(record.sequence << " is " << record.text);
  }
}

BOOST_AUTO_TEST_CASE(a_drainer_that_cannot_write_is_told_and_stops_nobody) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    // Every write beyond the ring's own size fails.
    ::signal(SIGXFSZ, SIG_IGN);
    if (!open_flight_recorder(keep_all(folder.file("a.rec")))) ::_exit(1);
    const rlimit none{0, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &none);
    for (uint64_t i = 1; i <= 5'000; ++i) log_numbered(i);
    const Status flushed = flush_flight_recorder(kPatience);
    ::_exit(flushed || flushed.error().kind != ErrorKind::kIo ? 2 : 0);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  const auto readout = read_flight_file(folder.file("a.rec"));
  BOOST_REQUIRE(readout);
  const FlightThread& thread = readout->threads.at(0);
  BOOST_TEST(thread.committed + thread.dropped == 5'000U);
  check_range(thread, 1, thread.committed);
}

BOOST_AUTO_TEST_CASE(kills_at_any_moment_cost_no_committed_record) {
  constexpr uint64_t kSeed = 31;
  std::cout << "seed " << kSeed << '\n';
  Random random(kSeed);
  uint64_t kept = 0;
  for (int round = 0; round < 60; ++round) {
    const TemporaryFolder folder;
    const auto options = keep_all(folder.file("a.rec"));
    ControlBlockForTest block;
    std::atomic<uint64_t>& committed = block->threads[0].log_committed;
    const uint64_t target = random.below(3000);
    const pid_t child = ::fork();
    if (child == 0) {
      if (!open_flight_recorder(options)) ::_exit(1);
      detail::t_log_committed = &committed;
      for (uint64_t i = 1;; ++i) log_numbered(i);
    }
    const Deadline deadline(kPatience);
    while (committed.load() < target && !deadline.passed()) ::sched_yield();
    ::kill(child, SIGKILL);
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    const auto readout = read_flight_file(options.path);
    if (committed.load() == 0 && (!readout || readout->threads.empty())) continue;  // killed while it opened
    BOOST_REQUIRE(readout);
    const FlightThread& thread = readout->threads.at(0);
    const uint64_t newest = thread.records.empty() ? 0 : thread.records.back().sequence;
    BOOST_TEST(newest >= committed.load());
    BOOST_TEST(newest <= committed.load() + 1);
    check_range(thread, 1, newest);
    kept += newest;
  }
  std::cout << kept << " records kept\n";
  BOOST_TEST(kept > 0U);
}

BOOST_AUTO_TEST_CASE(damaged_and_torn_segments_give_what_is_intact_and_say_the_rest) {
  constexpr uint64_t kSeed = 32;
  std::cout << "seed " << kSeed << '\n';
  Random random(kSeed);
  const TemporaryFolder folder;
  const auto options = keep_all(folder.file("a.rec"));
  constexpr uint64_t kRecords = 3'000;
  record_and_read(options, [] {
    for (uint64_t i = 1; i <= kRecords; ++i) log_numbered(i);
  });
  const std::string segment = flight_segment_path(options.path, 1);
  const std::string pristine = *read_file(segment);
  BOOST_REQUIRE(std::filesystem::remove(segment));
  for (int round = 0; round < 150; ++round) {
    std::string bytes = pristine;
    if (round % 2 == 0) {
      bytes.resize(random.below(bytes.size()));
    } else {
      for (int i = 0; i < 3; ++i) bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
    }
    BOOST_REQUIRE(write_file(segment, bytes));
    const auto readout = read_flight_file(options.path);
    BOOST_REQUIRE(readout);
    const FlightThread& thread = readout->threads.at(0);
    for (const FlightRecord& record : thread.records) {
      if (record.text != numbered_text(record.sequence) && !record.text.starts_with("(call site ")) {
        BOOST_ERROR(record.text);
      }
    }
    const uint64_t accounted = thread.records.size() + thread.refused_records + thread.overwritten;
    BOOST_TEST(accounted == kRecords);
  }
}
