// `crashwright audit verify`: what it says of a log's beginning and end, and whom it asks.
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/testing/audit_log_on_disk.h"
#include "postmortem/audit_log.h"
#include "postmortem/state_slot.h"

using namespace crashwright;
using namespace crashwright::harness::cli;
using namespace crashwright::harness::cli::testing;
using namespace crashwright::postmortem;

BOOST_AUTO_TEST_CASE(verify_passes_a_log_without_its_beginning_only_where_a_snapshot_holds_that) {
  const auto records = two_orders();
  const LogOnDisk log({records.begin() + 2, records.end()}, 3, true);
  const auto without = audit({"verify", log.path()});
  BOOST_TEST(without.code == kExitBroken);
  BOOST_TEST(holds(without.text, "the beginning is missing: the log starts at sequence 3"), without.text);
  BOOST_TEST(holds(without.text, "no snapshot beside it holds what lies before"), without.text);
  BOOST_TEST(audit({"verify", log.file("audit.log.seg-000002")}).code == kExitPassed);  // named by itself
  write_snapshot(log, {1});
  BOOST_TEST(audit({"verify", log.path()}).code == kExitBroken);
  write_snapshot(log, {2});
  const auto held = audit({"verify", log.path()});
  BOOST_TEST(held.code == kExitPassed);
  BOOST_TEST(holds(held.text, "the snapshot beside it, of sequence 2, holds what lies before"), held.text);
}

BOOST_AUTO_TEST_CASE(verify_judges_a_damaged_head_of_a_first_segment_as_damage_and_not_as_wrong_use) {
  const auto records = two_orders();
  LogOnDisk log({records.begin() + 2, records.end()}, 3, true);
  log.flip(300);
  const auto verdict = audit({"verify", log.path()});
  BOOST_TEST(verdict.code == kExitBroken);
  BOOST_TEST(holds(verdict.err, "damage at offset 32768, 4096 bytes: block 8 (0 of segment 2)"), verdict.err);
  BOOST_TEST(audit({"verify", log.file("audit.log.seg-000002")}).code == kExitBroken);
}

BOOST_AUTO_TEST_CASE(verify_names_the_end_that_a_closed_log_lost_where_a_snapshot_or_a_seal_knows_it) {
  const LogOnDisk whole(two_orders());
  const std::string key = whole.file("audit.key");
  BOOST_REQUIRE(write_file(key, "a key of sixteen bytes and more").has_value());
  BOOST_REQUIRE(audit({"seal", whole.path(), "--key", key}).code == kExitPassed);
  auto records = two_orders();
  records.resize(3);
  const LogOnDisk log(records, 1, true);  // it closed after the third record, and its later blocks are gone
  BOOST_TEST(audit({"verify", log.path()}).code == kExitPassed);
  BOOST_REQUIRE(write_file(log.path() + ".seal", read_file(whole.path() + ".seal").value()).has_value());
  const auto by_seal = audit({"verify", log.path()});
  BOOST_TEST(by_seal.code == kExitBroken);
  BOOST_TEST(holds(by_seal.text, "closed in order\nend: the seal " + log.path() + ".seal knows of sequence 5: 4 to 5 " +
                                     "are missing\n"),
             by_seal.text);
  BOOST_REQUIRE(std::filesystem::remove(log.path() + ".seal"));
  write_snapshot(log, {3});
  const auto has_all = audit({"verify", log.path()});
  BOOST_TEST(has_all.code == kExitPassed);
  BOOST_TEST(holds(has_all.text, "state.bin knows of sequence 3, which the log has\n"), has_all.text);
  write_snapshot(log, {4});
  const auto by_snapshot = audit({"verify", log.path()});
  BOOST_TEST(by_snapshot.code == kExitBroken);
  BOOST_TEST(holds(by_snapshot.text, "state.bin knows of sequence 4: 4 to 4 are missing\n"), by_snapshot.text);
}

BOOST_AUTO_TEST_CASE(a_last_segment_that_is_full_with_none_behind_it_is_told) {
  std::vector<AuditRecord> seven(7);
  for (size_t i = 0; i < seven.size(); ++i) seven[i].sequence = i + 1;
  const auto full = audit({"verify", LogOnDisk(seven).path()});
  BOOST_TEST(full.code == kExitPassed);
  BOOST_TEST(holds(full.text, "its last segment is full and there is none behind it"), full.text);
}

// Evidence of a torn tail and stray copies begin with the magic of a log; only another log may own the state store.
BOOST_AUTO_TEST_CASE(copies_and_kept_tails_beside_a_log_do_not_silence_the_state_store) {
  auto records = two_orders();
  records.resize(3);
  const LogOnDisk log(records, 1, true);
  write_snapshot(log, {5});
  const std::string bytes = read_file(log.path()).value();
  BOOST_REQUIRE(write_file(log.path() + ".torn-8192", bytes.substr(2 * kAuditBlockBytes)).has_value());
  BOOST_REQUIRE(write_file(log.path() + ".bak", bytes).has_value());
  BOOST_REQUIRE(write_file(log.file("junk"), bytes.substr(0, 8) + std::string(9000, 'x')).has_value());
  const auto verdict = audit({"verify", log.path()});
  BOOST_TEST(verdict.code == kExitBroken);
  BOOST_TEST(holds(verdict.text, "state.bin knows of sequence 5: 4 to 5 are missing\n"), verdict.text);
}

BOOST_AUTO_TEST_CASE(a_copy_beside_a_log_whose_beginning_is_archived_raises_no_alarm) {
  const auto records = two_orders();
  const LogOnDisk log({records.begin() + 2, records.end()}, 3, true);
  write_snapshot(log, {4});
  BOOST_REQUIRE(
      write_file(log.path() + ".torn-36864", read_file(log.file("audit.log.seg-000002")).value()).has_value());
  BOOST_TEST(audit({"verify", log.path()}).code == kExitPassed);
}

BOOST_AUTO_TEST_CASE(a_state_store_beside_two_logs_says_nothing_and_the_other_log_is_named) {
  auto records = two_orders();
  records.resize(3);
  const LogOnDisk log(records, 1, true);
  write_snapshot(log, {5});
  std::string bytes = read_file(log.path()).value();
  AuditBlock head;
  std::memcpy(static_cast<void*>(&head), bytes.data(), sizeof head);
  head.header.log_id += 1;
  head.header.crc = audit_block_checksum(head);
  std::memcpy(bytes.data(), &head, sizeof head);
  BOOST_REQUIRE(write_file(log.file("other.log"), bytes).has_value());
  const auto verdict = audit({"verify", log.path()});
  BOOST_TEST(verdict.code == kExitPassed);
  BOOST_TEST(holds(verdict.text, "says nothing: it may belong to " + log.file("other.log") + ", another log\n"),
             verdict.text);
}

BOOST_AUTO_TEST_CASE(a_damaged_slot_of_the_state_store_is_told_although_the_other_one_speaks) {
  const LogOnDisk log(two_orders(), 1, true);
  write_snapshot(log, {2});
  write_snapshot(log, {4});
  std::string bytes = read_file(log.file("state.bin")).value();
  bytes[kStateFileBlockBytes + 70] = 'x';  // the payload of the first slot
  BOOST_REQUIRE(write_file(log.file("state.bin"), bytes).has_value());
  const auto verdict = audit({"verify", log.path()});
  BOOST_TEST(verdict.code == kExitPassed);
  BOOST_TEST(holds(verdict.text, "state.bin: slot 0: "), verdict.text);
  BOOST_TEST(holds(verdict.text, "state.bin knows of sequence 4, which the log has\n"), verdict.text);
}

// Behind every record a snapshot of it, as fast as it goes, while the log is verified again and again.
BOOST_AUTO_TEST_CASE(a_log_that_is_being_written_is_never_said_to_have_lost_its_end) {
  constexpr uint64_t kRecords = 20'000;
  const ScratchFolder folder;
  auto log = AuditLog::open({.path = folder.file("audit.log"), .segment_bytes = 64 * kAuditBlockBytes}, nullptr);
  BOOST_REQUIRE(log.has_value());
  const auto store = StateStore::open({.path = folder.file("state.bin"), .slot_bytes = 4096});
  BOOST_REQUIRE(store.has_value());
  std::atomic<bool> over = false;
  std::thread writer([&] {
    for (uint64_t key = 1; key <= kRecords; ++key) {
      AuditRecord record = postmortem::test::make_record(key);
      const uint64_t sequence = (*log)->append(record);
      const bool durable = sequence != 0 && (*log)->wait_durable(sequence, std::chrono::seconds(60));
      if (!durable || !(*store)->write({sequence}, std::vector<std::byte>(8))) break;
    }
    over = true;
  });
  std::string alarm;
  while (!over && alarm.empty()) {
    const auto verdict = audit({"verify", folder.file("audit.log")});
    if (verdict.code != kExitPassed) alarm = verdict.text + verdict.err;
  }
  writer.join();
  BOOST_TEST(alarm == "");
  BOOST_TEST((*log)->durable_up_to() == kRecords);
}

BOOST_AUTO_TEST_CASE(verify_is_broken_by_a_snapshot_of_another_log_and_by_one_that_parted_from_this) {
  const auto records = two_orders();
  const LogOnDisk log(records);  // its id is 1
  write_snapshot(log, {.sequence = 2, .state_hash = records[1].state_hash, .log_id = 1});
  BOOST_TEST(audit({"verify", log.path()}).code == kExitPassed);
  write_snapshot(log, {.sequence = 3, .state_hash = records[2].state_hash, .log_id = 0xabcd});
  const auto foreign = audit({"verify", log.path()});
  BOOST_TEST(foreign.code == kExitBroken);
  BOOST_TEST(holds(foreign.text,
                   "state.bin is not this log's: the state snapshot of audit sequence 3 is one of audit "
                   "log 0000abcd, and " +
                       log.path() + " is log 00000001; put the state store of this log back"),
             foreign.text);
  BOOST_TEST(!holds(foreign.text, "knows of sequence"), foreign.text);
  write_snapshot(log, {.sequence = 4, .state_hash = records[2].state_hash, .log_id = 1});
  const auto parted = audit({"verify", log.path()});
  BOOST_TEST(parted.code == kExitBroken);
  BOOST_TEST(holds(parted.text, "snapshot and log have parted: "), parted.text);
}

namespace {

// In place of what `log` holds: all records in one block.
void write_in_one_block(const LogOnDisk& log, const std::vector<AuditRecord>& records) {
  std::vector<AuditBlock> blocks(2);
  AuditBlockBuilder builder({.salt = 5, .next_block = 0, .next_sequence = 1, .segment_blocks = 8});
  builder.finish(blocks[0], AuditBlockKind::kSegment, 0, 0, 0);
  std::copy(records.begin(), records.end(), blocks[1].records);
  builder.finish(blocks[1], AuditBlockKind::kRecords, records.size(), 0, 1);
  const auto bytes = std::as_bytes(std::span(blocks));
  BOOST_REQUIRE(write_file(log.path(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}).has_value());
}

}  // namespace

// Stores are told in the order of their names, records looked up in the order of the log: the store that has parted is
// found, whichever of them knows more.
BOOST_AUTO_TEST_CASE(of_two_state_stores_that_know_of_records_in_one_block_the_parted_one_is_named) {
  const auto records = two_orders();
  const uint64_t other_hash = records[3].state_hash;
  for (const bool newer_parted : {true, false}) {
    const LogOnDisk log(records);
    write_in_one_block(log, records);
    write_snapshot(log, {.sequence = 5, .state_hash = newer_parted ? other_hash : records[4].state_hash, .log_id = 1},
                   "a.bin");
    write_snapshot(log, {.sequence = 2, .state_hash = newer_parted ? records[1].state_hash : other_hash, .log_id = 1},
                   "b.bin");
    const auto verdict = audit({"verify", log.path()});
    BOOST_TEST(verdict.code == kExitBroken, verdict.text);
    const std::string parted = newer_parted ? "a.bin" : "b.bin";
    const std::string own = newer_parted ? "b.bin knows of sequence 2" : "a.bin knows of sequence 5";
    BOOST_TEST(holds(verdict.text, parted + " is not this log's: snapshot and log have parted"), verdict.text);
    BOOST_TEST(holds(verdict.text, own + ", which the log has\n"), verdict.text);
  }
}
