// The audit log on real files: round trips, durability, the cut of a torn tail, sealing, replay.
#include "postmortem/audit_log.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "postmortem/audit_log_test_support.h"
#include "postmortem/control_block.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;
using std::chrono::seconds;

namespace {

uint64_t append_made(AuditLog& log, uint64_t key) {
  AuditRecord record = make_record(key);
  return log.append(record);
}

// Appends `count` records with keys from `first_key` and closes in order.
void write_log(const AuditLogOptions& options, uint64_t first_key, uint64_t count) {
  auto log = must_open(options);
  for (uint64_t i = 0; i < count; ++i) BOOST_REQUIRE(append_made(*log, first_key + i) == first_key + i);
  BOOST_REQUIRE(log->close().has_value());
}

void damage_byte(const std::string& path, uint64_t offset) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  char byte = 0;
  BOOST_REQUIRE(::pread(fd, &byte, 1, static_cast<off_t>(offset)) == 1);
  byte = static_cast<char>(byte ^ 1);
  BOOST_REQUIRE(::pwrite(fd, &byte, 1, static_cast<off_t>(offset)) == 1);
  ::close(fd);
}

void round_trip(const AuditLogOptions& options) {
  constexpr uint64_t kCount = 5'000;
  auto log = must_open(options);
  uint64_t last = 0;
  for (uint64_t key = 1; key <= kCount; ++key) last = append_made(*log, key);
  BOOST_TEST(last == kCount);
  BOOST_TEST(log->wait_durable(last, kLong));
  BOOST_TEST(log->durable_up_to() == kCount);
  BOOST_TEST(control_block().engine.audit_appended.load() == kCount);
  BOOST_TEST(control_block().engine.audit_durable.load() == kCount);
  BOOST_TEST(log->close().has_value());
  const AuditReadout readout = must_read(options.path);
  BOOST_TEST(readout.records.size() == kCount);
  BOOST_TEST(is_exact_prefix(readout.records));
  BOOST_TEST(readout.damage.empty());
  BOOST_TEST(readout.torn_tail_bytes == 0U);
  BOOST_TEST(readout.known_durable == kCount);
}

}  // namespace

BOOST_AUTO_TEST_CASE(records_come_back_as_they_were_appended) {
  const ScratchFolder folder;
  round_trip({.path = folder.file("audit.log"), .durability = Durability::kProcessDeath});
}

BOOST_AUTO_TEST_CASE(records_come_back_under_power_loss_durability) {
  const ScratchFolder folder;
  round_trip({.path = folder.file("audit.log"), .durability = Durability::kPowerLoss});
}

BOOST_AUTO_TEST_CASE(a_file_system_without_direct_io_is_served_too) {
  const ScratchFolder folder("/dev/shm");
  round_trip({.path = folder.file("audit.log"), .durability = Durability::kPowerLoss});
}

BOOST_AUTO_TEST_CASE(a_ring_smaller_than_the_load_makes_producers_wait_and_loses_nothing) {
  const ScratchFolder folder;
  round_trip({.path = folder.file("audit.log"), .durability = Durability::kProcessDeath, .ring_records = 16});
}

BOOST_AUTO_TEST_CASE(append_fills_sequence_and_both_clocks) {
  const ScratchFolder folder;
  auto log = must_open({.path = folder.file("audit.log")});
  AuditRecord record = make_record(1);
  BOOST_TEST(log->append(record) == 1U);
  BOOST_TEST(record.sequence == 1U);
  BOOST_TEST(record.wall_ns > 0U);
  BOOST_TEST(record.monotonic_ns > 0U);
}

BOOST_AUTO_TEST_CASE(several_producers_get_every_sequence_once_and_no_record_mixed) {
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kEach = 20'000;
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log"), .ring_records = 1024};
  auto log = must_open(options);
  std::atomic<uint64_t> failures{0};
  std::vector<std::thread> producers;
  for (uint64_t thread = 0; thread < kThreads; ++thread) {
    producers.emplace_back([&, thread] {
      uint64_t previous = 0;
      for (uint64_t i = 0; i < kEach; ++i) {
        const uint64_t sequence = append_made(*log, thread * kEach + i + 1);
        if (sequence <= previous) failures.fetch_add(1);
        previous = sequence;
        if (i % 4096 == 0 && !log->wait_durable(sequence, kLong)) failures.fetch_add(1);
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  BOOST_TEST(log->close().has_value());
  BOOST_TEST(failures.load() == 0U);
  const AuditReadout readout = must_read(options.path);
  BOOST_REQUIRE(readout.records.size() == kThreads * kEach);
  std::vector<bool> seen(kThreads * kEach + 1);
  for (size_t i = 0; i < readout.records.size(); ++i) {
    const AuditRecord& record = readout.records[i];
    BOOST_REQUIRE(record.sequence == i + 1);
    BOOST_REQUIRE(is_made(record));
    BOOST_REQUIRE(!seen[record.feed_sequence]);
    seen[record.feed_sequence] = true;
  }
}

BOOST_AUTO_TEST_CASE(what_is_acknowledged_can_be_read_while_the_log_is_open) {
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log")};
  auto log = must_open(options);
  for (uint64_t key = 1; key <= 300; ++key) {
    append_made(*log, key);
    if (key % 50 != 0) continue;
    BOOST_REQUIRE(log->wait_durable(key, kLong));
    const AuditReadout readout = must_read(options.path);
    BOOST_REQUIRE(readout.records.size() >= key);
    BOOST_REQUIRE(is_exact_prefix(readout.records));
  }
}

BOOST_AUTO_TEST_CASE(waiting_for_a_record_that_never_comes_ends_at_its_timeout) {
  const ScratchFolder folder;
  auto log = must_open({.path = folder.file("audit.log")});
  BOOST_TEST(!log->wait_durable(1, std::chrono::milliseconds(1)));
}

BOOST_AUTO_TEST_CASE(reopening_continues_the_sequence) {
  const ScratchFolder folder;
  for (const Durability durability : {Durability::kProcessDeath, Durability::kPowerLoss, Durability::kProcessDeath}) {
    const AuditLogOptions options{.path = folder.file("audit.log"), .durability = durability};
    const uint64_t before = must_read(options.path).records.size();
    AuditReadout readout;
    auto log = must_open(options, &readout);
    BOOST_TEST(readout.records.size() == before);
    BOOST_TEST(log->durable_up_to() == before);
    for (uint64_t i = 1; i <= 100; ++i) BOOST_REQUIRE(append_made(*log, before + i) == before + i);
    BOOST_TEST(log->close().has_value());
  }
  const AuditReadout readout = must_read(folder.file("audit.log"));
  BOOST_TEST(readout.records.size() == 300U);
  BOOST_TEST(is_exact_prefix(readout.records));
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_empty_readout) {
  const ScratchFolder folder;
  BOOST_TEST(must_read(folder.file("audit.log")).records.empty());
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_missing_is_named) {
  const auto log = AuditLog::open({.path = "/nonexistent/audit.log"}, nullptr);
  BOOST_REQUIRE(!log.has_value());
  BOOST_TEST(log.error().message == "create /nonexistent/audit.log.new: No such file or directory");
}

BOOST_AUTO_TEST_CASE(replay_returns_exactly_the_suffix) {
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log")};
  write_log(options, 1, 100);
  AuditReadout readout = must_read(options.path);
  for (uint64_t from = 0; from <= 102; ++from) {
    const auto suffix = replay_from_sequence(readout, from);
    const uint64_t first = std::max<uint64_t>(from, 1);
    BOOST_REQUIRE(suffix.size() == (first > 100 ? 0 : 101 - first));
    if (!suffix.empty()) BOOST_REQUIRE(suffix.front().sequence == first);
  }
  // Times of our own, with a wall clock that stepped back in the middle.
  for (size_t i = 0; i < 100; ++i) readout.records[i].wall_ns = i < 50 ? 1000 + 10 * i : 900 + 10 * i;
  BOOST_TEST(replay_from_time(readout, 0).size() == 100U);
  BOOST_TEST(replay_from_time(readout, 1000).size() == 100U);
  BOOST_TEST(replay_from_time(readout, 1001).front().sequence == 2U);
  BOOST_TEST(replay_from_time(readout, 1490).front().sequence == 50U);
  BOOST_TEST(replay_from_time(readout, 1491).front().sequence == 61U);
  BOOST_TEST(replay_from_time(readout, 1890).size() == 1U);
  BOOST_TEST(replay_from_time(readout, 1891).empty());
}

BOOST_AUTO_TEST_CASE(a_torn_tail_is_cut_its_bytes_are_kept_and_the_log_goes_on) {
  for (const Durability durability : {Durability::kProcessDeath, Durability::kPowerLoss}) {
    const ScratchFolder folder;
    const AuditLogOptions options{.path = folder.file("audit.log"), .durability = durability};
    write_log(options, 1, 40);
    const AuditReadout before = must_read(options.path);
    const uint64_t end = before.torn_tail_offset;
    const std::string garbage(700, 'x');
    const int fd = ::open(options.path.c_str(), O_WRONLY | O_CLOEXEC);
    BOOST_REQUIRE(::pwrite(fd, garbage.data(), garbage.size(), static_cast<off_t>(end)) == 700);
    ::close(fd);
    AuditReadout readout;
    auto log = must_open(options, &readout);
    BOOST_TEST(readout.torn_tail_offset == end);
    BOOST_TEST(readout.torn_tail_bytes == 700U);
    BOOST_TEST(readout.torn_tail_reason.ends_with(
        durability == Durability::kPowerLoss ? "wrong magic" : "the file ends inside the block"));
    BOOST_TEST(read_file(options.path + ".torn-" + std::to_string(end)).value() == garbage);
    BOOST_TEST(append_made(*log, 41) == 41U);
    BOOST_TEST(log->close().has_value());
    const AuditReadout after = must_read(options.path);
    BOOST_TEST(after.records.size() == 41U);
    BOOST_TEST(is_exact_prefix(after.records));
    BOOST_TEST(after.torn_tail_bytes == 0U);
  }
}

BOOST_AUTO_TEST_CASE(damage_is_refused_with_an_exact_account_and_nothing_is_changed) {
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log"), .ring_records = 16};
  write_log(options, 1, 40);
  // Block 0 is the file's, block 1 the opening: block 2 holds the first records.
  damage_byte(options.path, 2 * kAuditBlockBytes + 300);
  const std::string before = read_file(options.path).value();
  const auto readout = must_read(options.path);
  BOOST_REQUIRE(readout.damage.size() == 1U);
  const auto log = AuditLog::open(options, nullptr);
  BOOST_REQUIRE(!log.has_value());
  BOOST_TEST((log.error().kind == ErrorKind::kCorrupt));
  BOOST_TEST(log.error().message ==
             "audit log " + options.path +
                 ": damage at offset 8192, 4096 bytes: block 2: checksum mismatch; sequences 1 to " +
                 std::to_string(readout.damage[0].last_sequence) + " are lost or in doubt");
  BOOST_TEST((read_file(options.path).value() == before));
}

BOOST_AUTO_TEST_CASE(after_an_orderly_close_damage_to_the_last_record_is_not_taken_for_a_torn_tail) {
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log")};
  write_log(options, 1, 1);
  damage_byte(options.path, 2 * kAuditBlockBytes + 130);
  const auto readout = must_read(options.path);
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].first_sequence == 1U);
  BOOST_TEST(readout.damage[0].last_sequence == 1U);
}

BOOST_AUTO_TEST_CASE(an_idle_log_vouches_for_its_last_records_by_itself) {
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log")};
  auto log = must_open(options);
  BOOST_REQUIRE(log->wait_durable(append_made(*log, 1), kLong));
  const Deadline deadline(kLong);
  while (must_read(options.path).known_durable < 1 && !deadline.passed()) std::this_thread::yield();
  BOOST_TEST(must_read(options.path).known_durable == 1U);
}

BOOST_AUTO_TEST_CASE(a_write_error_seals_the_log_and_the_next_opening_finds_every_acknowledged_record) {
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log")};
  const SealStep first = [](AuditLog& log) { return log.wait_durable(append_made(log, 1), kLong) ? 0 : 1; };
  const SealStep until_refused = [](AuditLog& log) {
    uint64_t key = 2;
    while (key <= 100 && append_made(log, key) != 0) ++key;
    if (log.wait_durable(100, kLong)) return 2;
    return log.durable_up_to() >= 1 ? 0 : 3;
  };
  BOOST_TEST(seal_in_child(options, first, until_refused) == 0);
  AuditReadout readout;
  auto log = must_open(options, &readout);
  BOOST_TEST(readout.records.size() >= 1U);
  BOOST_TEST(is_exact_prefix(readout.records));
  BOOST_TEST(readout.damage.empty());
  BOOST_TEST(append_made(*log, readout.records.size() + 1) == readout.records.size() + 1);
}
