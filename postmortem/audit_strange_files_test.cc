// Folders that hold other files than one log's own: copies, segments of another log, lone ones, forged lengths.
//
// Goal: each is named for what it is, and none is taken for a torn tail, read twice or believed for its length.
// Method: real files in segments of eight blocks, moved, copied and forged.
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "postmortem/audit_log_test_support.h"
#include "postmortem/audit_segment_reader.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kBlocks = 8;
constexpr uint64_t kSegmentBytes = kBlocks * kAuditBlockBytes;

// A log of `records`, one commit each, closed in order.
struct Log {
  explicit Log(uint64_t records) {
    auto log = must_open(options());
    for (uint64_t key = 1; key <= records; ++key) {
      AuditRecord record = make_record(key);
      BOOST_REQUIRE(log->append(record) == key);
      BOOST_REQUIRE(log->wait_durable(key, kLong));
    }
    BOOST_REQUIRE(log->close().has_value());
  }
  [[nodiscard]] AuditLogOptions options() const {
    return {.path = folder.file("audit.log"), .segment_bytes = kSegmentBytes, .read_bytes_min = 0};
  }
  [[nodiscard]] std::string segment(uint64_t number) const {
    return audit_segment_path(folder.file("audit.log"), number);
  }
  [[nodiscard]] std::string archived(uint64_t number) const {
    return audit_segment_path(folder.file("archive/audit.log"), number);
  }
  void copy_to_archive(uint64_t number) const {
    fs::create_directories(folder.file("archive"));
    fs::copy_file(segment(number), archived(number));
  }
  void take_from(const Log& other, uint64_t number) const {
    fs::copy_file(other.segment(number), segment(number), fs::copy_options::overwrite_existing);
  }
  [[nodiscard]] std::string refusal() const {
    const auto log = AuditLog::open(options(), nullptr);
    return log ? "" : log.error().message;
  }

  ScratchFolder folder;
};

AuditSegments all_of(const Log& log) { return find_audit_segments(log.segment(1), AuditArchive::kJoined).value(); }

void flip(const std::string& path, uint64_t offset) {
  std::string bytes = read_file(path).value();
  bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
  BOOST_REQUIRE(write_file(path, bytes).has_value());
}

// The head of segment 1, which claims segments of so many blocks, with the checksum right.
void forge_segment_blocks(const Log& log, uint32_t segment_blocks) {
  std::string bytes = read_file(log.segment(1)).value();
  AuditBlock head;
  std::memcpy(static_cast<void*>(&head), bytes.data(), sizeof head);
  head.header.segment_blocks = segment_blocks;
  head.header.crc = audit_block_checksum(head);
  std::memcpy(bytes.data(), &head, sizeof head);
  BOOST_REQUIRE(write_file(log.segment(1), bytes).has_value());
}

uint64_t memory_in_use_max() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string hex_id(const Log& log, uint64_t number) {
  AuditBlock head;
  const std::string bytes = read_file(log.segment(number)).value();
  std::memcpy(static_cast<void*>(&head), bytes.data(), sizeof head);
  char text[9];
  std::snprintf(text, sizeof text, "%08x", head.header.log_id);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(segments_in_the_log_and_in_the_archive_that_are_the_same_are_read_once_and_told) {
  const Log log(40);
  for (const uint64_t number : {1, 2}) log.copy_to_archive(number);
  const AuditSegments segments = all_of(log);
  BOOST_REQUIRE(segments.remarks.size() == 2U);
  BOOST_TEST(segments.remarks[1] == "segment 2 is there twice, with the same content, and read once: " +
                                        log.segment(2) + " and " + log.archived(2));
  const AuditReadout readout = must_read(log.folder.path());
  BOOST_TEST(readout.damage.empty());
  BOOST_TEST(readout.records.size() == 40U);
  BOOST_TEST(is_exact_prefix(readout.records));
}

BOOST_AUTO_TEST_CASE(segments_in_the_log_and_in_the_archive_that_differ_are_damage_with_both_paths) {
  const Log log(40);
  log.copy_to_archive(2);
  flip(log.archived(2), 2 * kAuditBlockBytes + 200);
  const AuditReadout readout = must_read(log.folder.path());
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].reason ==
             "block 8 (0 of segment 2): segment 2 is there twice, with different content: " + log.segment(2) + " and " +
                 log.archived(2));
  BOOST_TEST(readout.damage[0].size == kSegmentBytes);
  BOOST_TEST(readout.damage[0].last_sequence - readout.damage[0].first_sequence == kBlocks - 2);
  BOOST_TEST(log.refusal() == "");  // an opening does not look into the archive
}

BOOST_AUTO_TEST_CASE(a_first_segment_of_another_log_is_named_and_the_own_ones_are_read) {
  const Log log(40);
  const Log other(40);
  log.take_from(other, 1);
  const AuditReadout readout = must_read(log.folder.path());
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].reason == "block 0: " + log.segment(1) + " is of another log: log id " +
                                             hex_id(other, 1) + ", the log's is " + hex_id(log, 2));
  BOOST_TEST(readout.damage[0].size == kSegmentBytes);
  BOOST_TEST(readout.torn_tail_bytes == 0U);
  BOOST_TEST(readout.last_sequence == 40U);
  BOOST_TEST(readout.records.front().sequence == readout.damage[0].last_sequence + 1);
  BOOST_TEST(holds(log.refusal(), "is of another log"));
}

BOOST_AUTO_TEST_CASE(a_last_segment_of_another_log_is_named_and_not_cut_as_a_torn_tail) {
  const Log log(40);
  const Log other(40);
  const uint64_t last = all_of(log).files.back().number;
  log.take_from(other, last);
  const AuditReadout readout = must_read(log.folder.path());
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(holds(readout.damage[0].reason, log.segment(last) + " is of another log"));
  BOOST_TEST(readout.torn_tail_bytes == 0U);
  BOOST_TEST(holds(log.refusal(), "is of another log"));
  BOOST_TEST(read_file(log.segment(last)).value() == read_file(other.segment(last)).value());
}

BOOST_AUTO_TEST_CASE(of_two_segments_of_two_logs_either_may_be_the_stranger) {
  const Log log(10);
  const Log other(10);
  log.take_from(other, 1);
  const AuditReadout readout = must_read(log.folder.path());
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].reason == "block 8 (0 of segment 2): " + log.segment(2) + " is of another log: log id " +
                                             hex_id(log, 2) + ", the log's is " + hex_id(other, 1) +
                                             " by its first segment, which may be the stranger as well");
  BOOST_TEST(holds(log.refusal(), "is of another log"));
}

BOOST_AUTO_TEST_CASE(a_lone_later_segment_with_a_damaged_head_is_damage_and_its_records_are_read) {
  for (const uint64_t bad_blocks : {1, 3}) {
    const Log log(40);
    const uint64_t first = must_read(log.segment(3)).first_sequence;
    for (uint64_t block = 0; block < bad_blocks; ++block) flip(log.segment(3), block * kAuditBlockBytes + 200);
    const AuditReadout readout = must_read(log.segment(3));
    BOOST_REQUIRE(readout.damage.size() == 1U);
    BOOST_TEST(readout.damage[0].offset == 2 * kSegmentBytes);
    BOOST_TEST(readout.damage[0].size == bad_blocks * kAuditBlockBytes);
    BOOST_TEST(readout.damage[0].reason == "block 16 (0 of segment 3): checksum mismatch");
    BOOST_TEST(readout.damage[0].last_sequence == (bad_blocks == 1 ? 0 : first + bad_blocks - 2));
    BOOST_TEST(readout.records.front().sequence == first + bad_blocks - 1);
    BOOST_TEST(readout.records.size() == kBlocks - bad_blocks);
    BOOST_TEST(readout.torn_tail_bytes == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_log_that_begins_with_a_damaged_head_is_damage_and_refused) {
  const Log log(40);
  fs::remove(log.segment(1));
  flip(log.segment(2), 200);
  const AuditReadout readout = must_read(log.folder.path());
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].reason == "block 8 (0 of segment 2): checksum mismatch");
  BOOST_TEST(readout.last_sequence == 40U);
  BOOST_TEST(holds(log.refusal(), "damage at offset 32768, 4096 bytes"));
}

BOOST_AUTO_TEST_CASE(a_head_that_claims_segments_of_any_size_costs_no_memory) {
  for (const uint32_t blocks : {~uint32_t{0}, kAuditSegmentBlocksMax + 1, kAuditSegmentBlocksMax, 1'000'000U, 1U}) {
    const Log log(40);
    forge_segment_blocks(log, blocks);
    const uint64_t before = memory_in_use_max();
    const AuditReadout readout = must_read(log.folder.path());
    BOOST_TEST(!readout.damage.empty());
    BOOST_TEST(memory_in_use_max() - before < uint64_t{8} << 20);
    BOOST_TEST(!log.refusal().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_segment_far_behind_the_others_is_damage_whose_account_is_one_range) {
  const Log log(40);
  forge_segment_blocks(log, kAuditSegmentBlocksMax);
  fs::rename(log.segment(2), log.segment(999'999'999));
  const uint64_t before = memory_in_use_max();
  const AuditReadout readout = must_read(log.folder.path());
  BOOST_TEST(readout.damage.size() < 20U);
  BOOST_TEST(memory_in_use_max() - before < uint64_t{8} << 20);
  BOOST_TEST(!log.refusal().empty());
}

BOOST_AUTO_TEST_CASE(zeros_of_any_length_cost_no_memory) {
  const Log log(4);
  const uint64_t end = must_read(log.segment(1)).torn_tail_offset;
  forge_segment_blocks(log, kAuditSegmentBlocksMax);
  fs::resize_file(log.segment(1), uint64_t{256} << 20);
  const uint64_t before = memory_in_use_max();
  static_cast<void>(must_read(log.segment(1)));
  BOOST_TEST(memory_in_use_max() - before < uint64_t{8} << 20);
  BOOST_TEST(end > 0U);
}

// Bytes that this process has asked the kernel for.
uint64_t bytes_read() {
  const std::string io = read_file("/proc/self/io").value();
  return std::stoull(io.substr(io.find("rchar: ") + 7));
}

BOOST_AUTO_TEST_CASE(a_hole_is_not_read) {
  const Log log(4);
  forge_segment_blocks(log, kAuditSegmentBlocksMax);
  fs::resize_file(log.segment(1), uint64_t{4} << 30);
  const uint64_t before = bytes_read();
  const AuditReadout readout = must_read(log.segment(1));
  BOOST_TEST(readout.last_sequence == readout.records.size());
  BOOST_TEST(bytes_read() - before < uint64_t{32} << 20);
}
