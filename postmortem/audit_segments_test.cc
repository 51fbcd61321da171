// The audit log as a sequence of segment files: rotation, reading, what is missing, torn, damaged, archived, foreign.
//
// Method: real files in segments of eight blocks, so that a few hundred records cross many boundaries.
#include "postmortem/audit_segments.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "postmortem/audit_archive.h"
#include "postmortem/audit_log_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kBlocks = 8;
constexpr uint64_t kSegmentBytes = kBlocks * kAuditBlockBytes;

// A log in a folder of its own.
struct Log {
  explicit Log(Durability promised = Durability::kProcessDeath) : durability(promised) {}
  explicit Log(std::string log_name, std::string other_folder = "")
      : elsewhere(std::move(other_folder)), name(std::move(log_name)) {}

  [[nodiscard]] AuditLogOptions options() const {
    return {.path = segment(1), .durability = durability, .segment_bytes = kSegmentBytes, .read_bytes_min = 0};
  }
  // One commit for each record.
  void write(uint64_t records) {
    auto log = AuditLog::open(options(), nullptr);
    BOOST_REQUIRE_MESSAGE(log.has_value(), (log ? "" : log.error().message));
    for (uint64_t i = 0; i < records; ++i) {
      AuditRecord record = make_record(++written);
      BOOST_REQUIRE((*log)->append(record) == written);
      BOOST_REQUIRE((*log)->wait_durable(written, kLong));
    }
    BOOST_REQUIRE((*log)->close().has_value());
  }
  [[nodiscard]] std::string segment(uint64_t number) const {
    return audit_segment_path((elsewhere.empty() ? folder.path() : elsewhere) + "/" + name, number);
  }
  void flip(uint64_t number, uint64_t offset) const {
    std::string bytes = read_file(segment(number)).value();
    bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
    BOOST_REQUIRE(write_file(segment(number), bytes).has_value());
  }
  [[nodiscard]] std::string refusal(uint64_t snapshot_sequence = 0) const {
    return refusal(AuditMark{.sequence = snapshot_sequence});
  }
  [[nodiscard]] std::string refusal(const AuditMark& snapshot) const {
    AuditLogOptions behind = options();
    behind.snapshot = snapshot;
    const auto log = AuditLog::open(behind, nullptr);
    return log ? "" : log.error().message;
  }

  ScratchFolder folder;
  std::string elsewhere;  // where it lies, if not there
  std::string name = "audit.log";
  Durability durability = Durability::kProcessDeath;
  uint64_t written = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_names_of_segments_sort_and_say_their_number) {
  BOOST_TEST(audit_segment_path("d/audit.log", 1) == "d/audit.log");
  BOOST_TEST(audit_segment_path("d/audit.log", 2) == "d/audit.log.seg-000002");
  BOOST_TEST(audit_segment_path("d/audit.log", 12'345'678) == "d/audit.log.seg-12345678");
  BOOST_TEST(audit_segment_number("d/audit.log.seg-000002") == 2U);
  BOOST_TEST(audit_segment_number("d/audit.log.seg-12345678") == 12'345'678U);
  for (const char* const other :
       {"d/audit.log", "d/audit.log.seal", "d/audit.log.torn-4096", "d/audit.log.seg-000001", "d/audit.log.seg-2",
        "d/audit.log.seg-00000x", "d/audit.log.000002", "d/audit.20261128", "d/audit.log.seg-0000002",
        "d/audit.log.seg-1000000000", "d.seg-000002/audit.log"}) {
    BOOST_TEST(audit_segment_number(other) == 0U, other);
  }
}

BOOST_AUTO_TEST_CASE(a_log_whose_own_name_ends_in_a_date_is_a_log_and_no_segment_of_another) {
  Log log("audit.20261128");
  log.write(40);
  BOOST_TEST(must_read(log.segment(1)).records.size() == 40U);
  Log beside("audit", log.folder.path());
  beside.write(20);
  BOOST_TEST(must_read(beside.segment(1)).records.size() == 20U);
  BOOST_TEST(must_read(log.segment(1)).records.size() == 40U);
  BOOST_TEST(log.refusal() == "");
}

BOOST_AUTO_TEST_CASE(a_log_with_the_name_of_a_segment_is_refused) {
  const Log log("audit.log.seg-000007");
  BOOST_TEST(log.refusal() == log.segment(1) + " is the name of a later segment, not of an audit log");
  BOOST_TEST(!fs::exists(log.segment(1)));
}

BOOST_AUTO_TEST_CASE(a_log_goes_on_from_segment_to_segment_and_over_restarts) {
  for (const Durability durability : {Durability::kProcessDeath, Durability::kPowerLoss}) {
    Log log(durability);
    for (int run = 0; run < 3; ++run) log.write(40);
    const AuditReadout readout = must_read(log.segment(1));
    BOOST_TEST(readout.records.size() == 120U);
    BOOST_TEST(is_exact_prefix(readout.records));
    BOOST_TEST(readout.damage.empty());
    BOOST_TEST(readout.torn_tail_bytes == 0U);
    // A head and at most seven commits each, three openings, three closings.
    BOOST_TEST(fs::exists(log.segment(18)));
    for (uint64_t number = 1; number < 18; ++number) BOOST_TEST(fs::file_size(log.segment(number)) == kSegmentBytes);
  }
}

BOOST_AUTO_TEST_CASE(batches_larger_than_a_segment_are_cut_at_its_end) {
  const Log log;
  auto opened = AuditLog::open(log.options(), nullptr);
  BOOST_REQUIRE(opened.has_value());
  constexpr uint64_t kMany = 20'000;
  for (uint64_t key = 1; key <= kMany; ++key) {
    AuditRecord record = make_record(key);
    BOOST_REQUIRE((*opened)->append(record) == key);
  }
  BOOST_REQUIRE((*opened)->close().has_value());
  const AuditReadout readout = must_read(log.segment(1));
  BOOST_TEST(readout.records.size() == kMany);
  BOOST_TEST(is_exact_prefix(readout.records));
  BOOST_TEST(readout.known_durable == kMany);
}

BOOST_AUTO_TEST_CASE(a_folder_stands_for_its_log_and_a_later_segment_for_itself) {
  Log log;
  log.write(40);
  BOOST_TEST(must_read(log.folder.path()).records.size() == 40U);
  for (const char* const spelled : {"/", "//", "/./audit.log", "//audit.log"}) {
    BOOST_TEST(must_read(log.folder.path() + spelled).records.size() == 40U, spelled);
  }
  const AuditReadout third = must_read(log.segment(3));
  BOOST_TEST(third.first_block == 2 * kBlocks);
  BOOST_TEST(third.records.size() == kBlocks - 1);
  BOOST_TEST(third.records.front().sequence == third.first_sequence);
  BOOST_TEST(third.damage.empty());
  BOOST_TEST(third.torn_tail_bytes == 0U);
}

BOOST_AUTO_TEST_CASE(a_missing_middle_segment_is_damage_and_refused) {
  Log log;
  log.write(40);
  fs::remove(log.segment(3));
  const AuditReadout readout = must_read(log.segment(1));
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].offset == 2 * kSegmentBytes);
  BOOST_TEST(readout.damage[0].size == kSegmentBytes);
  BOOST_TEST(readout.damage[0].last_sequence - readout.damage[0].first_sequence == kBlocks - 2);
  BOOST_TEST(log.refusal() == "audit log " + log.segment(1) +
                                  ": damage at offset 65536, 32768 bytes: block 16 (0 of segment 3): its segment is "
                                  "missing or too short; sequences 14 to 20 are lost or in doubt");
}

BOOST_AUTO_TEST_CASE(a_middle_segment_that_was_cut_short_is_damage) {
  Log log;
  log.write(40);
  fs::resize_file(log.segment(2), 5 * kAuditBlockBytes + 100);
  const AuditReadout readout = must_read(log.segment(1));
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].offset == kSegmentBytes + 5 * kAuditBlockBytes);
  BOOST_TEST(readout.damage[0].reason == "block 13 (5 of segment 2): the file ends inside the block");
  BOOST_TEST(!log.refusal().empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_head_of_a_segment_is_damage_and_the_records_behind_it_are_read) {
  Log log;
  log.write(40);
  log.flip(3, 100);
  const AuditReadout readout = must_read(log.segment(1));
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].reason == "block 16 (0 of segment 3): checksum mismatch");
  BOOST_TEST(readout.damage[0].last_sequence == 0U);  // it held no record
  BOOST_TEST(readout.records.size() == 40U);
}

BOOST_AUTO_TEST_CASE(a_segment_filled_ahead_and_not_used_yet_is_a_clean_end_and_made_anew) {
  for (const uint64_t zeros : {uint64_t{0}, kAuditBlockBytes + 7, kSegmentBytes}) {
    Log log;
    log.write(40);
    const uint64_t next = find_audit_segments(log.segment(1)).value().files.back().number + 1;
    BOOST_REQUIRE(write_file(log.segment(next), std::string(zeros, '\0')).has_value());
    const AuditReadout readout = must_read(log.segment(1));
    BOOST_TEST(readout.damage.empty());
    BOOST_TEST(readout.torn_tail_bytes == 0U);
    log.write(40);
    BOOST_TEST(is_exact_prefix(must_read(log.segment(1)).records));
    BOOST_TEST(must_read(log.segment(1)).records.size() == 80U);
  }
}

BOOST_AUTO_TEST_CASE(a_torn_tail_across_a_boundary_is_cut_on_both_sides_and_kept_whole) {
  for (const Durability durability : {Durability::kProcessDeath, Durability::kPowerLoss}) {
    Log log(durability);
    log.write(41);
    const uint64_t end = must_read(log.segment(1)).torn_tail_offset;
    const uint64_t last = end / kSegmentBytes + 1;
    // Unacknowledged bytes to the end of the last segment and into the next one.
    std::string bytes = read_file(log.segment(last)).value();
    bytes.resize(end % kSegmentBytes);
    const uint64_t before = kSegmentBytes - bytes.size();
    bytes.resize(kSegmentBytes, 'x');
    BOOST_REQUIRE(write_file(log.segment(last), bytes).has_value());
    BOOST_REQUIRE(write_file(log.segment(last + 1), std::string(700, 'y')).has_value());
    const AuditReadout torn = must_read(log.segment(1));
    BOOST_TEST(torn.damage.empty());
    BOOST_TEST(torn.torn_tail_bytes == before + 700);
    log.write(1);
    BOOST_TEST(read_file(log.segment(1) + ".torn-" + std::to_string(end)).value() ==
               std::string(before, 'x') + std::string(700, 'y'));
    BOOST_TEST(is_exact_prefix(must_read(log.segment(1)).records));
    BOOST_TEST(must_read(log.segment(1)).torn_tail_bytes == 0U);
    log.write(40);
    BOOST_TEST(must_read(log.segment(1)).records.size() == 82U);
  }
}

BOOST_AUTO_TEST_CASE(archived_segments_are_missed_only_without_a_snapshot_that_holds_them) {
  Log log;
  log.write(40);
  fs::create_directory(log.folder.file("elsewhere"));
  const uint64_t held = must_read(log.segment(3)).first_sequence - 1;
  for (uint64_t number = 1; number <= 2; ++number) {
    fs::rename(log.segment(number), log.folder.file("elsewhere/" + fs::path(log.segment(number)).filename().string()));
  }
  const AuditReadout rest = must_read(log.folder.path());
  BOOST_TEST(rest.damage.empty());
  BOOST_TEST(rest.first_sequence == held + 1);
  BOOST_TEST(rest.records.size() == 40 - held);
  BOOST_TEST(log.refusal() == "audit log " + log.segment(1) + " begins at sequence " + std::to_string(held + 1) +
                                  ": the segments with sequences 1 to " + std::to_string(held) +
                                  " are not here, and no snapshot holds them");
  BOOST_TEST(log.refusal(held) == "");
  BOOST_TEST(log.refusal(held + 5) == "");
}

BOOST_AUTO_TEST_CASE(segments_below_a_checkpoint_are_archived_and_the_log_can_still_be_read_whole) {
  for (const auto durability : {Durability::kProcessDeath, Durability::kPowerLoss}) {
    Log log(durability);
    log.write(40);
    const uint64_t held = must_read(log.segment(3)).first_sequence - 1;
    BOOST_TEST(archive_audit_segments(log.segment(1), held - 1, durability).value() == 1U);
    BOOST_TEST(archive_audit_segments(log.segment(1), held, durability).value() == 1U);
    BOOST_TEST(archive_audit_segments(log.segment(1), held, durability).value() == 0U);
    BOOST_TEST(fs::exists(log.folder.file("archive/audit.log")));
    BOOST_TEST(fs::exists(log.folder.file("archive/audit.log.seg-000002")));
    BOOST_TEST(!fs::exists(log.segment(1)));
    const AuditReadout whole = must_read(log.folder.path());
    BOOST_TEST(whole.damage.empty());
    BOOST_TEST(whole.records.size() == 40U);
    BOOST_TEST(log.refusal().find("the segments with sequences 1 to " + std::to_string(held)) != std::string::npos);
    BOOST_TEST(log.refusal(held) == "");
  }
}

BOOST_AUTO_TEST_CASE(a_segment_that_lies_in_the_archive_already_is_not_overwritten) {
  Log log;
  log.write(40);
  const std::string before = read_file(log.segment(1)).value();
  fs::create_directory(log.folder.file("archive"));
  BOOST_REQUIRE(write_file(log.folder.file("archive/audit.log"), "of another log").has_value());
  const auto moved = archive_audit_segments(log.segment(1), 40, log.durability);
  BOOST_REQUIRE(!moved.has_value());
  BOOST_TEST(moved.error().message ==
             "move " + log.segment(1) + ": " + log.folder.file("archive/audit.log") + " is there already");
  BOOST_TEST(read_file(log.folder.file("archive/audit.log")).value() == "of another log");
  BOOST_TEST(read_file(log.segment(1)).value() == before);
}

BOOST_AUTO_TEST_CASE(the_segment_that_is_written_to_is_never_archived) {
  Log log;
  auto open = AuditLog::open(log.options(), nullptr);
  BOOST_REQUIRE(open.has_value());
  for (uint64_t i = 1; i <= 60; ++i) {
    AuditRecord record = make_record(i);
    BOOST_REQUIRE((*open)->append(record) == i);
    BOOST_REQUIRE((*open)->wait_durable(i, kLong));
    BOOST_REQUIRE(archive_audit_segments(log.segment(1), i, log.durability).has_value());
  }
  BOOST_REQUIRE((*open)->close().has_value());
  BOOST_TEST(must_read(log.folder.path()).records.size() == 60U);
  BOOST_TEST(find_audit_segments(log.segment(1))->files.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_start_with_a_snapshot_reads_from_its_segment_on_and_does_not_look_at_what_lies_before) {
  Log log;
  log.write(60);
  log.flip(2, 2 * kAuditBlockBytes + 200);
  BOOST_TEST(!log.refusal().empty());
  const uint64_t fourth = must_read(log.segment(4)).first_sequence;
  const AuditReadout readout = read_audit_log_behind(log.segment(1), fourth + 2, 0).value();
  BOOST_TEST(readout.first_block == 3 * kBlocks);
  BOOST_TEST(readout.records.front().sequence == fourth);
  BOOST_TEST(readout.last_sequence == 60U);
  BOOST_TEST(readout.damage.empty());
  BOOST_TEST(log.refusal(fourth + 2) == "");
  // The snapshot may end right before a segment.
  BOOST_TEST(read_audit_log_behind(log.segment(1), fourth - 1, 0)->first_block == 3 * kBlocks);
  BOOST_TEST(read_audit_log_behind(log.segment(1), fourth - 2, 0)->first_block == 2 * kBlocks);
  // So much of the end is read in any case.
  BOOST_TEST(read_audit_log_behind(log.segment(1), 60, 3 * kSegmentBytes)->first_block <= 6 * kBlocks);
  BOOST_TEST(read_audit_log_behind(log.segment(1), 60)->first_block == 0U);
}

BOOST_AUTO_TEST_CASE(an_existing_log_keeps_the_size_of_its_segments) {
  Log log;
  log.write(20);
  AuditLogOptions larger = log.options();
  larger.segment_bytes = 100 * kAuditBlockBytes;
  auto opened = AuditLog::open(larger, nullptr);
  BOOST_REQUIRE(opened.has_value());
  for (uint64_t key = 21; key <= 400; ++key) {
    AuditRecord record = make_record(key);
    BOOST_REQUIRE((*opened)->append(record) == key);
  }
  BOOST_REQUIRE((*opened)->close().has_value());
  BOOST_TEST(fs::file_size(log.segment(2)) == kSegmentBytes);
  BOOST_TEST(is_exact_prefix(must_read(log.segment(1)).records));
}

BOOST_AUTO_TEST_CASE(a_log_that_is_not_the_snapshots_own_is_refused_before_its_tail_is_cut) {
  Log log;
  log.write(10);
  const AuditReadout readout = must_read(log.segment(1));
  const AuditRecord& seventh = readout.records[6];
  BOOST_REQUIRE(seventh.state_hash != 0);
  std::string bytes = read_file(log.segment(1)).value();
  bytes.resize(readout.torn_tail_offset);
  bytes.append(300, 'x');  // a torn tail
  BOOST_REQUIRE(write_file(log.segment(1), bytes).has_value());
  BOOST_TEST(log.refusal({.sequence = 7, .log_id = readout.log_id ^ 1}) ==
             "the state snapshot of audit sequence 7 is one of audit log " + audit_log_id_text(readout.log_id ^ 1) +
                 ", and " + log.segment(1) + " is log " + audit_log_id_text(readout.log_id));
  BOOST_TEST(log.refusal({.sequence = 700, .log_id = readout.log_id ^ 1}).find("is one of audit log") !=
             std::string::npos);  // rather than missed records
  for (const uint64_t hash : {seventh.state_hash ^ 1, readout.records[5].state_hash}) {
    const std::string parted = log.refusal({.sequence = 7, .state_hash = hash, .log_id = readout.log_id});
    BOOST_TEST(parted.starts_with("snapshot and log have parted: "), parted);
  }
  BOOST_TEST(read_file(log.segment(1)).value() == bytes);
  BOOST_TEST(log.refusal({.sequence = 7, .state_hash = seventh.state_hash, .log_id = readout.log_id}) == "");
}
