// The judgement of damaged, torn and crashed logs, on images in memory.
//
// Goal: nothing acknowledged is ever lost silently, nothing is invented, a torn tail is never taken for damage and
// damage never for a torn tail as long as a later block vouches for what was damaged.
// Method: exhaustive (every byte cut, every byte flipped) on small logs; seeded random crash images on larger ones.
#include "postmortem/audit_scan.h"

#include <boost/test/unit_test.hpp>

#include "base/random.h"
#include "postmortem/audit_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

constexpr uint64_t kSalt = 0x1234567890abcdefU;
constexpr uint64_t kOtherSalt = 0x0fedcba987654321U;

// File block, opening, three records, two records, and a closing block when `closed`.
ImageWriter small_log(bool closed) {
  ImageWriter image(kSalt);
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
  BOOST_TEST(scan.error().message == "audit log of another version; this program reads version 2");
}

BOOST_AUTO_TEST_CASE(a_file_of_something_else_is_refused) {
  Random random(1);
  std::vector<std::byte> bytes(5 * kAuditBlockBytes);
  for (std::byte& byte : bytes) byte = std::byte(random.next());
  const auto scan = scan_image(bytes);
  BOOST_REQUIRE(!scan.has_value());
  BOOST_TEST(scan.error().message == "not an audit log: wrong magic and no intact block");
}

namespace {

// What an unwritten or lost sector may hold instead.
enum class Backdrop { kZeros, kStale, kRandom };

struct CrashImage {
  ImageWriter image;
  std::vector<std::byte> bytes;
  uint64_t contiguous;  // sequences before the first sector of the commit in flight that was lost
  bool anything_left;   // some nonzero byte behind the last complete contiguous block
};

ImageWriter random_history(Random& random) {
  ImageWriter image(kSalt);
  image.acknowledge();
  const uint64_t runs = 1 + random.below(2);
  for (uint64_t run = 0; run < runs; ++run) {
    image.add(AuditBlockKind::kOpening, 0);
    image.acknowledge();
    for (uint64_t i = random.below(6); i > 0; --i) {
      image.add_batch(1 + random.below(3), 1 + random.below(kAuditRecordsPerBlock));
      image.acknowledge();
      if (random.below(4) == 0) {
        image.add(AuditBlockKind::kHeartbeat, 0);
        image.acknowledge();
      }
    }
  }
  return image;
}

void fill_backdrop(std::span<std::byte> sector, Backdrop backdrop, const ImageWriter& stale, Random& random,
                   size_t at) {
  if (backdrop == Backdrop::kRandom) {
    for (std::byte& byte : sector) byte = std::byte(random.next());
  } else if (backdrop == Backdrop::kStale) {
    // The same place of another log, or of a tail that an earlier opening of this one cut.
    const auto bytes = std::as_bytes(std::span(stale.blocks()));
    const size_t from = at + sector.size() <= bytes.size() ? at : at % kAuditBlockBytes;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), sector.size(), sector.begin());
  }
}

CrashImage crash(Random& random) {
  CrashImage result{random_history(random), {}, 0, false};
  ImageWriter& image = result.image;
  ImageWriter stale = random.below(2) == 0 ? ImageWriter(kOtherSalt) : image;
  stale.add_batch(3 + random.below(8), 1 + random.below(31));
  image.add(AuditBlockKind::kOpening, 0);
  image.acknowledge();
  const size_t durable_bytes = image.acknowledged_blocks() * kAuditBlockBytes;
  // Up to three commits in flight, of which the later ones cannot vouch for the earlier ones.
  for (uint64_t i = 1 + random.below(3); i > 0; --i) image.add_batch(1 + random.below(4), 1 + random.below(31));
  const auto whole = image.bytes();
  const auto backdrop = static_cast<Backdrop>(random.below(3));
  result.bytes.assign(whole.size() + random.below(3) * kAuditBlockBytes, std::byte{0});
  std::copy_n(whole.begin(), durable_bytes, result.bytes.begin());
  const uint64_t keep_per_billion = random.below(5) * 250'000'000U;
  for (size_t at = durable_bytes; at < result.bytes.size(); at += kAuditSectorBytes) {
    const auto sector = std::span(result.bytes).subspan(at, kAuditSectorBytes);
    if (at < whole.size() && random.chance_ppb(keep_per_billion)) {
      std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(at), kAuditSectorBytes, sector.begin());
    } else {
      fill_backdrop(sector, backdrop, stale, random, at);
    }
  }
  size_t good = image.acknowledged_blocks();
  while (good < image.blocks().size() &&
         std::memcmp(&whole[good * kAuditBlockBytes], &result.bytes[good * kAuditBlockBytes], kAuditBlockBytes) == 0) {
    ++good;
  }
  result.contiguous =
      good == 0 ? 0 : image.blocks()[good - 1].header.first_sequence - 1 + image.blocks()[good - 1].header.record_count;
  for (size_t at = good * kAuditBlockBytes; at < result.bytes.size(); ++at) {
    result.anything_left = result.anything_left || result.bytes[at] != std::byte{0};
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_crash_image_loses_an_acknowledged_record_invents_one_or_looks_like_damage) {
  constexpr uint64_t kSeed = 20'240'601;
  constexpr int kImages = 25'000;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  Random random(kSeed);
  int torn = 0;
  for (int i = 0; i < kImages; ++i) {
    const CrashImage crashed = crash(random);
    const auto scan = scan_image(crashed.bytes);
    BOOST_REQUIRE(scan.has_value());
    const AuditReadout& readout = scan->readout;
    BOOST_REQUIRE_MESSAGE(readout.damage.empty(), "image " << i);
    BOOST_REQUIRE(readout.records.size() >= crashed.image.acknowledged());
    BOOST_REQUIRE(readout.records.size() == crashed.contiguous);
    BOOST_REQUIRE(is_exact_prefix(readout.records));
    BOOST_REQUIRE((readout.torn_tail_bytes > 0) == crashed.anything_left);
    BOOST_REQUIRE(readout.known_durable <= crashed.image.acknowledged());
    torn += readout.torn_tail_bytes > 0 ? 1 : 0;
  }
  BOOST_TEST(torn > kImages / 4);
}

BOOST_AUTO_TEST_CASE(damage_to_what_a_later_block_vouches_for_is_never_called_a_torn_tail) {
  constexpr uint64_t kSeed = 77;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  Random random(kSeed);
  for (int i = 0; i < 5'000; ++i) {
    CrashImage crashed = crash(random);
    const uint64_t vouched = crashed.image.blocks()[crashed.image.acknowledged_blocks() - 1].header.durable_blocks;
    const size_t victim = random.below(vouched);
    const size_t at = victim * kAuditBlockBytes + random.below(kAuditBlockBytes);
    crashed.bytes[at] ^= std::byte(1U << random.below(8));
    const auto scan = scan_image(crashed.bytes);
    BOOST_REQUIRE(scan.has_value());
    BOOST_REQUIRE_MESSAGE(scan->readout.damage.size() == 1, "image " << i << ", block " << victim);
    BOOST_REQUIRE(scan->readout.damage[0].offset == victim * kAuditBlockBytes);
    for (const AuditRecord& record : scan->readout.records) BOOST_REQUIRE(is_made(record));
  }
}

BOOST_AUTO_TEST_CASE(random_bytes_over_a_log_never_crash_the_reader) {
  constexpr uint64_t kSeed = 5;
  Random random(kSeed);
  for (int i = 0; i < 2'000; ++i) {
    CrashImage crashed = crash(random);
    for (uint64_t n = random.below(40); n > 0; --n) {
      crashed.bytes[random.below(crashed.bytes.size())] = std::byte(random.next());
    }
    crashed.bytes.resize(random.below(crashed.bytes.size()) + 1);
    const auto scan = scan_image(crashed.bytes);
    if (!scan) continue;
    for (const AuditRecord& record : scan->readout.records) BOOST_REQUIRE(is_made(record));
  }
}
