// The judgement of damaged, torn and crashed logs, on images in memory.
//
// Goal: nothing acknowledged is ever lost silently, nothing is invented, a torn tail is never taken for damage and
// damage never for a torn tail as long as a later block vouches for what was damaged.
// Method: exhaustive (every byte cut, every byte flipped) on small logs; for random crash images see
// audit_crash_images_test.cc.
#include "postmortem/audit_scan.h"

#include <boost/test/unit_test.hpp>

#include "base/random.h"
#include "postmortem/audit_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

constexpr uint64_t kLog = 0x1234567890abcdefU;

// File block, opening, three records, two records, and a closing block when `closed`.
ImageWriter small_log(bool closed) {
  ImageWriter image(kLog);
  image.acknowledge();
  image.add(AuditBlockKind::kOpening, 0);
  image.acknowledge();
  image.add_batch(1, 3);
  image.acknowledge();
  image.add_batch(1, 2);
  image.acknowledge();
  if (closed) image.add(AuditBlockKind::kClosing, 0);
  return image;
}

// Blocks that an intact later block of `image` vouches for.
uint64_t vouched_blocks(const ImageWriter& image) { return image.blocks().back().header.durable_blocks; }

}  // namespace

BOOST_AUTO_TEST_CASE(an_intact_log_gives_all_its_records_and_no_complaint) {
  const ImageWriter image = small_log(true);
  const auto scan = scan_image(image.bytes());
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.records.size() == 5U);
  BOOST_TEST(is_exact_prefix(scan->readout.records));
  BOOST_TEST(scan->readout.damage.empty());
  BOOST_TEST(scan->readout.torn_tail_bytes == 0U);
  BOOST_TEST(scan->readout.torn_tail_offset == image.bytes().size());
  BOOST_TEST(scan->readout.known_durable == 5U);
  BOOST_TEST(scan->position.next_sequence == 6U);
  BOOST_TEST(scan->position.next_block == image.blocks().size());
}

BOOST_AUTO_TEST_CASE(zeros_filled_ahead_of_the_data_are_a_clean_end) {
  auto bytes = small_log(true).bytes();
  const size_t end = bytes.size();
  bytes.resize(end + 3 * kAuditBlockBytes + 100);
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.torn_tail_bytes == 0U);
  BOOST_TEST(scan->readout.torn_tail_offset == end);
  BOOST_TEST(scan->readout.damage.empty());
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_an_empty_readout) {
  const auto scan = scan_image({});
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.records.empty());
  BOOST_TEST(scan->position.salt == 0U);
}

// A cut inside the file block is no legitimate crash and refused; any later cut is a torn tail with the exact prefix.
BOOST_AUTO_TEST_CASE(a_log_cut_at_every_byte_gives_the_exact_prefix_and_says_so) {
  const ImageWriter image = small_log(true);
  const auto bytes = image.bytes();
  for (size_t size = 1; size < bytes.size(); ++size) {
    const auto scan = scan_image(std::span(bytes).first(size));
    if (size < kAuditBlockBytes) {
      BOOST_REQUIRE_MESSAGE(!scan || !scan->readout.damage.empty(), "size " << size);
      continue;
    }
    BOOST_REQUIRE(scan.has_value());
    const size_t whole = size / kAuditBlockBytes;
    size_t records = 0;
    for (size_t i = 0; i < whole; ++i) records += image.blocks()[i].header.record_count;
    BOOST_REQUIRE(scan->readout.records.size() == records);
    BOOST_REQUIRE(is_exact_prefix(scan->readout.records));
    BOOST_REQUIRE(scan->readout.damage.empty());
    BOOST_REQUIRE(scan->readout.torn_tail_offset == whole * kAuditBlockBytes);
    BOOST_REQUIRE((scan->readout.torn_tail_bytes > 0) == (size % kAuditBlockBytes != 0));
  }
}

// The last block written up to every byte, the rest still zeros: what a torn write into a zero-filled file leaves.
BOOST_AUTO_TEST_CASE(a_last_block_torn_at_every_byte_is_a_torn_tail) {
  const ImageWriter image = small_log(false);
  const auto whole = image.bytes();
  const size_t last = whole.size() - kAuditBlockBytes;
  size_t used = whole.size();
  while (whole[used - 1] == std::byte{0}) --used;
  for (size_t size = 1; size < kAuditBlockBytes; ++size) {
    auto bytes = whole;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(last + size), bytes.end(), std::byte{0});
    const auto scan = scan_image(bytes);
    BOOST_REQUIRE(scan.has_value());
    BOOST_REQUIRE(scan->readout.damage.empty());
    const bool complete = last + size >= used;
    BOOST_REQUIRE_MESSAGE(scan->readout.records.size() == (complete ? 5U : 3U), "size " << size);
    BOOST_REQUIRE(is_exact_prefix(scan->readout.records));
    BOOST_REQUIRE((scan->readout.torn_tail_bytes > 0) == !complete);
  }
}

BOOST_AUTO_TEST_CASE(a_flip_in_every_byte_of_every_block_is_reported_and_never_accepted) {
  const ImageWriter image = small_log(true);
  const auto whole = image.bytes();
  for (size_t at = 0; at < whole.size(); ++at) {
    auto bytes = whole;
    bytes[at] ^= std::byte(1U << (at % 8));
    const auto scan = scan_image(bytes);
    BOOST_REQUIRE(scan.has_value());
    const AuditReadout& readout = scan->readout;
    const size_t block = at / kAuditBlockBytes;
    for (const AuditRecord& record : readout.records) BOOST_REQUIRE(is_made(record));
    if (block < vouched_blocks(image)) {
      BOOST_REQUIRE_MESSAGE(readout.damage.size() == 1, "byte " << at);
      BOOST_REQUIRE(readout.damage[0].offset == block * kAuditBlockBytes);
      BOOST_REQUIRE(readout.damage[0].size == kAuditBlockBytes);
      const auto& header = image.blocks()[block].header;
      const uint64_t first = header.record_count > 0 ? header.first_sequence : 0;
      BOOST_REQUIRE(readout.damage[0].first_sequence == first);
      BOOST_REQUIRE(readout.damage[0].last_sequence == (first == 0 ? 0 : first + header.record_count - 1));
      BOOST_REQUIRE(readout.records.size() == 5U - header.record_count);
    } else {
      BOOST_REQUIRE(readout.damage.empty());
      BOOST_REQUIRE(readout.torn_tail_offset == block * kAuditBlockBytes);
      BOOST_REQUIRE(readout.torn_tail_bytes > 0);
      BOOST_REQUIRE(is_exact_prefix(readout.records));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_account_of_damage_is_exact) {
  ImageWriter image = small_log(true);
  auto bytes = image.bytes();
  bytes[2 * kAuditBlockBytes + 200] ^= std::byte{1};
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(scan.has_value());
  BOOST_REQUIRE(scan->readout.damage.size() == 1U);
  const AuditDamage& damage = scan->readout.damage[0];
  BOOST_TEST(damage.offset == 8192U);
  BOOST_TEST(damage.size == 4096U);
  BOOST_TEST(damage.first_sequence == 1U);
  BOOST_TEST(damage.last_sequence == 3U);
  BOOST_TEST(damage.reason == "block 2: checksum mismatch");
  BOOST_TEST(scan->readout.records.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_lost_block_in_front_of_a_valid_one_of_the_same_commit_is_a_torn_tail) {
  ImageWriter image = small_log(false);
  const size_t start = image.blocks().size();
  image.add_batch(4, 31);
  auto bytes = image.bytes();
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>((start + 1) * kAuditBlockBytes), kAuditBlockBytes,
              std::byte{0});
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.damage.empty());
  BOOST_TEST(scan->readout.records.size() == 5U + 31U);
  BOOST_TEST(scan->readout.torn_tail_offset == (start + 1) * kAuditBlockBytes);
  BOOST_TEST(scan->readout.torn_tail_reason == "block 5: zeros where a block should be");
}

BOOST_AUTO_TEST_CASE(a_block_of_an_older_tail_behind_the_end_is_not_accepted) {
  ImageWriter older = small_log(false);
  ImageWriter newer = older;
  older.add_batch(2, 31);
  newer.add(AuditBlockKind::kOpening, 0);
  auto bytes = newer.bytes();
  const auto stale = std::as_bytes(std::span(older.blocks()).last(1));
  bytes.insert(bytes.end(), stale.begin(), stale.end());
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.records.size() == 5U);
  BOOST_TEST(scan->readout.damage.empty());
  BOOST_TEST(scan->readout.torn_tail_bytes > 0U);
  BOOST_TEST(scan->readout.torn_tail_reason == "block 5: does not continue the chain");
}

BOOST_AUTO_TEST_CASE(a_newer_version_is_refused_and_not_called_damage) {
  ImageWriter image = small_log(true);
  AuditBlock first = image.blocks()[0];
  first.header.version = kAuditVersion + 1;
  first.header.crc = audit_block_checksum(first);
  auto bytes = image.bytes();
  std::memcpy(bytes.data(), &first, sizeof first);
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(!scan.has_value());
  BOOST_TEST((scan.error().kind == ErrorKind::kCorrupt));
  BOOST_TEST(scan.error().message == "audit log of version 7; this program reads version 6");
}

BOOST_AUTO_TEST_CASE(a_block_of_another_version_behind_our_own_is_refused_and_not_cut_as_a_torn_tail) {
  ImageWriter image = small_log(true);
  AuditBlock last = image.blocks().back();
  for (const uint32_t version : {kAuditVersion + 1, 1U, 0U}) {
    last.header.version = version;
    last.header.crc = audit_block_checksum(last);
    auto bytes = image.bytes();
    std::memcpy(bytes.data() + bytes.size() - sizeof last, &last, sizeof last);
    const auto scan = scan_image(bytes);
    BOOST_REQUIRE(!scan.has_value());
    BOOST_TEST(scan.error().message ==
               "audit log of version " + std::to_string(version) + "; this program reads version 6");
  }
}

namespace {

// Three segments of four blocks: a head and three blocks of records each, the third with one block to go.
ImageWriter segmented_log() {
  ImageWriter image(kLog, 4);
  image.acknowledge();
  for (int i = 0; i < 8; ++i) {
    image.add_batch(1, 2);
    image.acknowledge();
  }
  return image;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_log_of_several_segments_is_one_log_and_each_segment_has_a_salt_of_its_own) {
  const ImageWriter image = segmented_log();
  BOOST_TEST(image.blocks()[4].header.salt != image.blocks()[0].header.salt);
  BOOST_TEST(image.blocks()[8].header.salt != image.blocks()[4].header.salt);
  BOOST_TEST(image.blocks()[7].header.salt == image.blocks()[4].header.salt);
  BOOST_TEST((image.blocks()[8].header.kind == AuditBlockKind::kSegment));
  const auto scan = scan_image(image.bytes());
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.records.size() == 16U);
  BOOST_TEST(is_exact_prefix(scan->readout.records));
  BOOST_TEST(scan->readout.damage.empty());
  BOOST_TEST(scan->readout.torn_tail_bytes == 0U);
  BOOST_TEST(scan->position.next_block == 11U);
  BOOST_TEST(scan->position.segment() == 3U);
}

BOOST_AUTO_TEST_CASE(a_missing_segment_in_the_middle_is_damage_with_an_exact_account) {
  const auto bytes = segmented_log().bytes();
  AuditScanner scanner;
  for (size_t block = 0; block < bytes.size() / kAuditBlockBytes; ++block) {
    if (block == 4) scanner.feed_missing(4);
    if (block >= 4 && block < 8) continue;
    scanner.feed(std::span(bytes).subspan(block * kAuditBlockBytes, kAuditBlockBytes));
  }
  const auto scan = scanner.finish();
  BOOST_REQUIRE(scan.has_value());
  BOOST_REQUIRE(scan->readout.damage.size() == 1U);
  const AuditDamage& damage = scan->readout.damage[0];
  BOOST_TEST(damage.offset == 4 * kAuditBlockBytes);
  BOOST_TEST(damage.size == 4 * kAuditBlockBytes);
  BOOST_TEST(damage.first_sequence == 7U);
  BOOST_TEST(damage.last_sequence == 12U);
  BOOST_TEST(damage.reason == "block 4 (0 of segment 2): its segment is missing or too short");
  BOOST_TEST(scan->readout.records.size() == 10U);
}

BOOST_AUTO_TEST_CASE(a_segment_of_another_log_is_not_taken_for_the_next_one) {
  auto bytes = segmented_log().bytes();
  ImageWriter other(99, 4);
  other.acknowledge();
  for (int i = 0; i < 8; ++i) {
    other.add_batch(1, 2);
    other.acknowledge();
  }
  // The third segment comes from another log, which claims that all before it is durable.
  const auto foreign = std::as_bytes(std::span(other.blocks()).subspan(8));
  std::copy(foreign.begin(), foreign.end(), bytes.begin() + 8 * kAuditBlockBytes);
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.damage.empty());  // nothing of our own is left to vouch for what stood there
  BOOST_TEST(scan->readout.records.size() == 12U);
  BOOST_TEST(scan->readout.torn_tail_reason == "block 8 (0 of segment 3): block of another log");
}

// An opening cut the third segment and made it anew; then the device gave one of its old blocks back.
BOOST_AUTO_TEST_CASE(a_block_of_an_earlier_use_of_its_segment_does_not_continue_the_log_whatever_its_chain_says) {
  ImageWriter image = segmented_log();
  auto bytes = image.bytes();
  AuditBlock stale = image.blocks()[10];
  stale.header.salt += 2;
  stale.header.crc = audit_block_checksum(stale);
  std::memcpy(bytes.data() + 10 * kAuditBlockBytes, &stale, sizeof stale);
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.damage.empty());  // it was the last one: nobody vouches for it
  BOOST_TEST(scan->readout.records.size() == 14U);
  BOOST_TEST(scan->readout.torn_tail_reason == "block 10 (2 of segment 3): of an earlier use of its segment");
}

BOOST_AUTO_TEST_CASE(a_damaged_head_and_the_loss_of_a_whole_segment_leave_the_later_ones_their_word) {
  const ImageWriter image = segmented_log();
  auto bytes = image.bytes();
  std::fill_n(bytes.begin() + 4 * kAuditBlockBytes, 5 * kAuditBlockBytes, std::byte{0});  // and the head behind it
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(scan.has_value());
  BOOST_REQUIRE(scan->readout.damage.size() == 1U);
  BOOST_TEST(scan->readout.damage[0].offset == 4 * kAuditBlockBytes);
  BOOST_TEST(scan->readout.damage[0].size == 5 * kAuditBlockBytes);
  BOOST_TEST(scan->readout.damage[0].last_sequence == 12U);
  BOOST_TEST(scan->readout.records.size() == 10U);
}

BOOST_AUTO_TEST_CASE(a_file_of_something_else_is_refused) {
  Random random(1);
  std::vector<std::byte> bytes(5 * kAuditBlockBytes);
  for (std::byte& byte : bytes) byte = std::byte(random.next());
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(!scan.has_value());
  BOOST_TEST(scan.error().message == "not an audit log: wrong magic and no intact block");
}
