// Producers that commit their own records: append_durable() beside append(), the committer's thread and its duties.
//
// Method: real files; the kernel's count of write calls of a thread tells who wrote.
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "postmortem/audit_log_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

constexpr Durability kBoth[] = {Durability::kProcessDeath, Durability::kPowerLoss};

// Returns the sequence, 0 when the record did not become durable.
uint64_t commit(AuditLog& log, uint64_t key) {
  AuditRecord record = make_record(key);
  return log.append_durable(record, kLong) && log.durable_up_to() >= record.sequence ? record.sequence : 0;
}

// Write calls of the calling thread so far.
uint64_t writes_of_this_thread() {
  std::ifstream counters("/proc/thread-self/io");
  for (std::string name; counters >> name;) {
    uint64_t value = 0;
    counters >> value;
    if (name == "syscw:") return value;
  }
  return 0;
}

// True when `condition` came true in time.
template <typename Condition>
bool comes_true(Condition condition) {
  const Deadline deadline(kLong);
  while (!condition()) {
    if (deadline.passed()) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_producer_that_waits_alone_writes_its_records_itself) {
  for (const Durability durability : kBoth) {
    const ScratchFolder folder;
    const AuditLogOptions options{.path = folder.file("audit.log"), .durability = durability};
    auto log = must_open(options);
    constexpr uint64_t kRecords = 400;
    const uint64_t before = writes_of_this_thread();
    for (uint64_t key = 1; key <= kRecords; ++key) BOOST_REQUIRE(commit(*log, key) == key);
    // Now and then the committer's thread is about, for zeros or for its watch.
    BOOST_TEST(writes_of_this_thread() - before > kRecords / 2);
    BOOST_TEST(log->close().has_value());
    const AuditReadout readout = must_read(options.path);
    BOOST_TEST(readout.records.size() == kRecords);
    BOOST_TEST(is_exact_prefix(readout.records));
    BOOST_TEST(readout.known_durable == kRecords);
  }
}

BOOST_AUTO_TEST_CASE(who_commits_and_who_only_appends_get_every_sequence_once) {
  constexpr uint64_t kEach = 1'500;
  for (const Durability durability : kBoth) {
    const ScratchFolder folder;
    const AuditLogOptions options{.path = folder.file("audit.log"),
                                  .durability = durability,
                                  .ring_records = 256,
                                  .segment_bytes = 64 * kAuditBlockBytes};
    auto log = must_open(options);
    std::atomic<uint64_t> failures{0};
    std::vector<std::thread> producers;
    for (uint64_t thread = 0; thread < 4; ++thread) {
      producers.emplace_back([&, thread] {
        for (uint64_t i = 0; i < kEach; ++i) {
          const uint64_t key = thread * kEach + i + 1;
          AuditRecord record = make_record(key);
          // Two of them commit; of the others each waits now and then.
          const bool taken = thread < 2 ? commit(*log, key) != 0 : log->append(record) != 0;
          if (!taken) failures.fetch_add(1);
          if (thread >= 2 && i % 256 == 0 && !log->wait_durable(record.sequence, kLong)) failures.fetch_add(1);
        }
      });
    }
    for (std::thread& producer : producers) producer.join();
    BOOST_TEST(log->close().has_value());
    BOOST_TEST(failures.load() == 0U);
    const AuditReadout readout = must_read(options.path);
    BOOST_REQUIRE(readout.records.size() == 4 * kEach);
    std::vector<bool> seen(4 * kEach + 1);
    for (const AuditRecord& record : readout.records) {
      BOOST_REQUIRE(is_made(record));
      BOOST_REQUIRE(!seen[record.feed_sequence]);
      seen[record.feed_sequence] = true;
    }
    BOOST_TEST(readout.damage.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_record_that_nobody_waits_for_becomes_durable_although_producers_led_before) {
  const ScratchFolder folder;
  auto log = must_open({.path = folder.file("audit.log"), .durability = Durability::kPowerLoss});
  for (uint64_t key = 1; key <= 300; ++key) {
    if (key % 3 != 0) {
      BOOST_REQUIRE(commit(*log, key) == key);
      continue;
    }
    AuditRecord record = make_record(key);
    BOOST_REQUIRE(log->append(record) == key);
    BOOST_REQUIRE(comes_true([&] { return log->durable_up_to() >= key; }));
  }
}

BOOST_AUTO_TEST_CASE(producers_that_lead_go_from_segment_to_segment) {
  for (const Durability durability : kBoth) {
    const ScratchFolder folder;
    const AuditLogOptions options{
        .path = folder.file("audit.log"), .durability = durability, .segment_bytes = 8 * kAuditBlockBytes};
    auto log = must_open(options);
    for (uint64_t key = 1; key <= 100; ++key) BOOST_REQUIRE(commit(*log, key) == key);
    BOOST_TEST(log->close().has_value());
    BOOST_TEST(std::filesystem::exists(options.path + ".seg-000010"));
    BOOST_TEST(is_exact_prefix(must_read(options.path).records));
    BOOST_TEST(must_read(options.path).records.size() == 100U);
  }
}

BOOST_AUTO_TEST_CASE(a_heartbeat_vouches_for_the_record_that_a_producer_committed_last) {
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log"), .durability = Durability::kPowerLoss};
  auto log = must_open(options);
  for (uint64_t key = 1; key <= 30; ++key) BOOST_REQUIRE(commit(*log, key) == key);
  BOOST_TEST(comes_true([&] { return must_read(options.path).known_durable == 30; }));
  BOOST_REQUIRE(commit(*log, 31) == 31U);  // after its committer slept with nothing to watch
  BOOST_TEST(comes_true([&] { return must_read(options.path).known_durable == 31; }));
}

BOOST_AUTO_TEST_CASE(an_error_under_a_producer_that_commits_seals_the_log_and_ends_its_committer) {
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log")};
  const SealStep twenty = [](AuditLog& log) {
    for (uint64_t key = 1; key <= 20; ++key) {
      if (commit(log, key) != key) return 1;
    }
    return 0;
  };
  const SealStep refused = [](AuditLog& log) {
    AuditRecord record = make_record(21);
    if (log.append_durable(record, kLong)) return 2;
    if (log.durable_up_to() != 20) return 3;
    return log.append_durable(record, kLong) ? 4 : 0;
  };
  BOOST_TEST(seal_in_child(options, twenty, refused) == 0);
  auto log = must_open(options);
  BOOST_TEST(log->durable_up_to() == 20U);
  BOOST_TEST(commit(*log, 21) == 21U);
  BOOST_TEST(log->close().has_value());
  BOOST_TEST(is_exact_prefix(must_read(options.path).records));
}
