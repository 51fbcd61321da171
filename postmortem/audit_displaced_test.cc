// Intact blocks where they do not belong, and a reader that is slower than the writer.
//
// Goal: a displaced block's word counts, so that what was acknowledged is never cut as a torn tail; a stranger's file
// is named whatever its number; of a log that is being written no block is called damaged.
// Method: images in memory and real files, shifted, swapped, renamed, and written to while they are read.
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "postmortem/audit_log_test_support.h"
#include "postmortem/audit_segment_reader.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

constexpr uint64_t kLog = 0x1234567890abcdefU;
constexpr uint32_t kBlocks = 4;

// Three segments of four blocks: a head and three blocks of two records each.
ImageWriter whole_log(uint64_t seed = kLog) {
  ImageWriter image(seed, kBlocks);
  image.acknowledge();
  for (int i = 0; i < 9; ++i) {
    image.add_batch(1, 2);
    image.acknowledge();
  }
  return image;
}

std::string text_of(std::span<const AuditBlock> blocks) {
  const auto bytes = std::as_bytes(blocks);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

AuditReadout read_image(const std::vector<AuditBlock>& blocks) {
  const auto scan = scan_image(std::as_bytes(std::span(blocks)));
  BOOST_REQUIRE(scan.has_value());
  return scan->readout;
}

void put(const std::string& path, std::span<const AuditBlock> blocks) {
  BOOST_REQUIRE(write_file(path, text_of(blocks)).has_value());
}

// One segment file for every four blocks.
void put_segments(const std::string& log, std::span<const AuditBlock> blocks) {
  for (size_t at = 0; at < blocks.size(); at += kBlocks) {
    put(audit_segment_path(log, at / kBlocks + 1), blocks.subspan(at, std::min<size_t>(kBlocks, blocks.size() - at)));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_last_segment_shifted_by_a_block_is_damage_and_no_torn_tail) {
  auto blocks = whole_log().blocks();
  blocks.insert(blocks.begin() + 8, AuditBlock{});
  const AuditReadout readout = read_image(blocks);
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].offset == 8 * kAuditBlockBytes);
  BOOST_TEST(readout.damage[0].first_sequence == 13U);
  BOOST_TEST(readout.damage[0].last_sequence == 16U);  // the last block claims what lay before it, not itself
  BOOST_TEST(readout.last_sequence == 12U);
}

BOOST_AUTO_TEST_CASE(a_block_cut_out_so_that_the_rest_moves_up_is_damage_wherever_it_stood) {
  const auto whole = whole_log().blocks();
  for (size_t cut = 1; cut + 2 < whole.size(); ++cut) {
    auto blocks = whole;
    blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(cut));
    const AuditReadout readout = read_image(blocks);
    BOOST_REQUIRE_MESSAGE(readout.damage.size() == 1, "block " << cut);
    BOOST_TEST(readout.damage[0].offset == cut * kAuditBlockBytes);
    BOOST_TEST(readout.damage[0].reason.find("block of another position, " + std::to_string(cut + 1)) !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(two_blocks_that_changed_places_at_the_end_are_damage) {
  auto blocks = whole_log().blocks();
  std::swap(blocks[blocks.size() - 1], blocks[blocks.size() - 2]);
  const AuditReadout readout = read_image(blocks);
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].offset == (blocks.size() - 2) * kAuditBlockBytes);
}

BOOST_AUTO_TEST_CASE(a_displaced_block_of_another_log_or_with_impossible_fields_vouches_for_nothing) {
  for (const bool foreign : {true, false}) {
    auto blocks = whole_log().blocks();
    AuditBlock strange = whole_log(foreign ? kLog + 7 : kLog).blocks().back();
    if (!foreign) {
      strange.header.durable_blocks = strange.header.block_number + 1;
      strange.header.crc = audit_block_checksum(strange);
    }
    blocks.resize(6);
    blocks.push_back(AuditBlock{});
    blocks.push_back(strange);
    const AuditReadout readout = read_image(blocks);
    BOOST_TEST(readout.damage.empty());
    BOOST_TEST(readout.last_sequence == 8U);
    BOOST_TEST(readout.torn_tail_bytes > 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_segment_under_the_number_of_a_later_one_is_damage) {
  const ScratchFolder folder;
  const std::string log = folder.file("audit.log");
  put_segments(log, whole_log().blocks());
  std::filesystem::rename(audit_segment_path(log, 3), audit_segment_path(log, 4));
  const AuditReadout readout = must_read(log);
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].offset == 8 * kAuditBlockBytes);
  BOOST_TEST(!AuditLog::open({.path = log}, nullptr).has_value());
}

BOOST_AUTO_TEST_CASE(a_segment_of_another_log_under_the_next_free_number_is_named_refused_and_kept) {
  const ScratchFolder folder;
  const std::string log = folder.file("audit.log");
  const auto own = whole_log().blocks();
  const auto other = whole_log(kLog + 7).blocks();
  put_segments(log, own);
  const std::string stranger = audit_segment_path(log, 4);
  put(stranger, std::span(other).subspan(4, 4));  // its second one
  const AuditReadout readout = must_read(log);
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(readout.damage[0].reason.find(stranger + " is of another log: log id ") != std::string::npos);
  BOOST_TEST(readout.last_sequence == 18U);
  const auto refused = AuditLog::open({.path = log}, nullptr);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().message.find("is of another log") != std::string::npos);
  BOOST_TEST(read_file(stranger).value() == text_of(std::span(other).subspan(4, 4)));
}

// The writer puts blocks down while the reader is between two of its reads: it has seen zeros where the first ones are
// by now, and reads the later ones, which say that those were durable.
BOOST_AUTO_TEST_CASE(blocks_that_are_written_while_a_log_is_read_are_not_called_damaged) {
  const ScratchFolder folder;
  const std::string log = folder.file("audit.log");
  ImageWriter image(kLog, 1024);
  image.acknowledge();
  for (int i = 0; i < 299; ++i) {
    image.add_batch(1, 1);
    image.acknowledge();
  }
  const auto whole = std::span(image.blocks());
  std::vector<AuditBlock> zeros(whole.size());
  std::copy_n(whole.begin(), 50, zeros.begin());
  put(log, zeros);
  uint64_t seen = 0;
  AuditScanner scanner([&](std::span<const AuditRecord> records) {
    seen += records.size();
    if (records.front().sequence == 20) put(log, whole);
  });
  const auto segments = find_audit_segments(log);
  BOOST_REQUIRE(segments.has_value());
  const auto scan = scan_audit_segments(*segments, 0, scanner);
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.damage.empty());
  BOOST_TEST(scan->readout.torn_tail_bytes == 0U);
  BOOST_TEST(scan->readout.last_sequence == 299U);
  BOOST_TEST(seen == 299U);
}
