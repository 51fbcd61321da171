// The reader against synthetic crashes and damage, by the hundred thousand.
//
// Goal: of no crash image an acknowledged record is lost or one invented, none looks like damage; no damage of a block
// that a later one vouches for passes silently.
// Method: random histories in memory. A crash keeps any subset of the sectors that nobody acknowledged, over zeros,
// stale or random bytes; damage changes what was acknowledged. The seed is printed. `ci/nightly` runs many times as
// much with another seed (CRASHWRIGHT_CAMPAIGN_FACTOR, CRASHWRIGHT_CAMPAIGN_SEED).
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "base/random.h"
#include "postmortem/audit_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

constexpr uint64_t kLog = 0x1234567890abcdefU;
constexpr uint64_t kOtherLog = 0x0fedcba987654321U;
constexpr uint64_t kCrashImages = 34'000;  // for each backdrop
constexpr uint64_t kDamagedBlocks = 12'000;
constexpr uint64_t kScribbledImages = 2'000;

uint64_t from_environment(const char* name, uint64_t usual) {
  const char* const text = std::getenv(name);
  return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

uint64_t campaign(uint64_t usual) { return usual * from_environment("CRASHWRIGHT_CAMPAIGN_FACTOR", 1); }

Random seeded(uint64_t stream) {
  const uint64_t seed = from_environment("CRASHWRIGHT_CAMPAIGN_SEED", 20'240'601);
  BOOST_TEST_MESSAGE("seed " << seed);
  return Random(seed + (stream << 32));
}

// What an unwritten or lost sector may hold instead.
enum class Backdrop { kZeros, kStale, kRandom };

struct CrashImage {
  ImageWriter image;
  std::vector<std::byte> bytes;
  uint64_t contiguous;  // sequences before the first sector of the commit in flight that was lost
  bool anything_left;   // some nonzero byte behind the last complete contiguous block
};

// Half of the logs consist of tiny segments, so that commits in flight lie before, behind and across a boundary.
uint32_t random_segment(Random& random) {
  return random.below(2) == 0 ? kAuditSegmentBlocksUsually : kAuditSegmentBlocksMin + random.below(9);
}

ImageWriter random_history(Random& random) {
  ImageWriter image(kLog, random_segment(random));
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

void scribble(std::span<std::byte> sector, Random& random) {
  for (size_t at = 0; at < sector.size(); at += sizeof(uint64_t)) {
    const uint64_t word = random.next();
    std::memcpy(sector.data() + at, &word, sizeof word);
  }
}

void fill_backdrop(std::span<std::byte> sector, Backdrop backdrop, const ImageWriter& stale, Random& random,
                   size_t at) {
  if (backdrop == Backdrop::kRandom) {
    scribble(sector, random);
  } else if (backdrop == Backdrop::kStale) {
    // The same place of another log, or of a tail that an earlier opening of this one cut: other salts from there on.
    const auto bytes = std::as_bytes(std::span(stale.blocks()));
    const size_t from = at + sector.size() <= bytes.size() ? at : at % kAuditBlockBytes;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), sector.size(), sector.begin());
  }
}

// Whole blocks of the stale log where nothing of the commits in flight was written, each at any place.
void displace(std::vector<std::byte>& bytes, size_t from, const ImageWriter& stale, Random& random) {
  const auto blocks = std::as_bytes(std::span(stale.blocks()));
  for (size_t at = from; at + kAuditBlockBytes <= bytes.size(); at += kAuditBlockBytes) {
    if (random.below(3) != 0) continue;
    const size_t source = random.below(stale.blocks().size()) * kAuditBlockBytes;
    std::copy_n(blocks.begin() + static_cast<std::ptrdiff_t>(source), kAuditBlockBytes,
                bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

CrashImage crash(Random& random, Backdrop backdrop) {
  CrashImage result{random_history(random), {}, 0, false};
  ImageWriter& image = result.image;
  ImageWriter stale = random.below(2) == 0 ? ImageWriter(kOtherLog, random_segment(random)) : image;
  stale.draw_other_salts(random.next());
  stale.add_batch(3 + random.below(8), 1 + random.below(31));
  image.add(AuditBlockKind::kOpening, 0);
  image.acknowledge();
  const size_t durable_bytes = image.acknowledged_blocks() * kAuditBlockBytes;
  // Up to three commits in flight, of which the later ones cannot vouch for the earlier ones.
  for (uint64_t i = 1 + random.below(3); i > 0; --i) image.add_batch(1 + random.below(4), 1 + random.below(31));
  const auto whole = image.bytes();
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
  if (backdrop == Backdrop::kStale && random.below(2) == 0) displace(result.bytes, durable_bytes, stale, random);
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

// Every promise of one crash image; true when it had a torn tail.
bool judge_crash(const CrashImage& crashed, uint64_t number) {
  const auto scan = scan_image(crashed.bytes);
  BOOST_REQUIRE_MESSAGE(scan.has_value(), "image " << number);
  const AuditReadout& readout = scan->readout;
  BOOST_REQUIRE_MESSAGE(readout.damage.empty(), "image " << number);
  BOOST_REQUIRE(readout.records.size() >= crashed.image.acknowledged());
  BOOST_REQUIRE(readout.records.size() == crashed.contiguous);
  BOOST_REQUIRE(is_exact_prefix(readout.records));
  BOOST_REQUIRE((readout.torn_tail_bytes > 0) == crashed.anything_left);
  BOOST_REQUIRE(readout.known_durable <= crashed.image.acknowledged());
  return readout.torn_tail_bytes > 0;
}

void crash_over(Backdrop backdrop) {
  Random random = seeded(static_cast<uint64_t>(backdrop));
  const uint64_t images = campaign(kCrashImages);
  uint64_t torn = 0;
  for (uint64_t i = 0; i < images; ++i) torn += judge_crash(crash(random, backdrop), i) ? 1 : 0;
  BOOST_TEST_MESSAGE(images << " crash images, " << torn << " with a torn tail");
  BOOST_TEST(torn > images / 4);
}

// One way in which a medium gives back something else than what was acknowledged.
void damage_block(std::vector<std::byte>& bytes, uint64_t victim, uint64_t blocks, Random& random) {
  const auto block = std::span(bytes).subspan(victim * kAuditBlockBytes, kAuditBlockBytes);
  const auto sector = block.subspan(random.below(8) * kAuditSectorBytes, kAuditSectorBytes);
  const auto other = std::span(bytes).subspan(random.below(blocks) * kAuditBlockBytes, kAuditBlockBytes);
  switch (random.below(6)) {
    case 0:
      std::fill(sector.begin(), sector.end(), std::byte{0});
      break;
    case 1:
      scribble(sector, random);
      break;
    case 2:
      std::fill(block.begin(), block.end(), std::byte{0});
      break;
    case 3:  // written to the wrong place
      std::copy(other.begin(), other.end(), block.begin());
      break;
    case 4:  // one sector of another block
      std::copy_n(other.begin() + (sector.data() - block.data()), kAuditSectorBytes, sector.begin());
      break;
    default:
      block[random.below(kAuditBlockBytes)] ^= std::byte(1U << random.below(8));
      break;
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_crash_over_zeros_loses_an_acknowledged_record_invents_one_or_looks_like_damage) {
  crash_over(Backdrop::kZeros);
}

BOOST_AUTO_TEST_CASE(no_crash_over_stale_blocks_loses_an_acknowledged_record_invents_one_or_looks_like_damage) {
  crash_over(Backdrop::kStale);
}

BOOST_AUTO_TEST_CASE(no_crash_over_random_bytes_loses_an_acknowledged_record_invents_one_or_looks_like_damage) {
  crash_over(Backdrop::kRandom);
}

BOOST_AUTO_TEST_CASE(damage_to_what_a_later_block_vouches_for_is_never_silent_and_names_the_block) {
  Random random = seeded(3);
  const uint64_t wanted = campaign(kDamagedBlocks);
  for (uint64_t damaged = 0; damaged < wanted;) {
    CrashImage crashed = crash(random, static_cast<Backdrop>(random.below(3)));
    const uint64_t vouched = crashed.image.blocks()[crashed.image.acknowledged_blocks() - 1].header.durable_blocks;
    const uint64_t victim = random.below(vouched);
    const auto before = crashed.bytes;
    damage_block(crashed.bytes, victim, crashed.image.acknowledged_blocks(), random);
    if (crashed.bytes == before) continue;
    ++damaged;
    const auto scan = scan_image(crashed.bytes);
    if (!scan) continue;  // nothing intact is left to vouch for the rest: refused as a whole
    BOOST_REQUIRE_MESSAGE(scan->readout.damage.size() == 1, "damage " << damaged << ", block " << victim);
    BOOST_REQUIRE(scan->readout.damage[0].offset == victim * kAuditBlockBytes);
    BOOST_REQUIRE(scan->readout.damage[0].size == kAuditBlockBytes);
    for (const AuditRecord& record : scan->readout.records) BOOST_REQUIRE(is_made(record));
  }
  BOOST_TEST_MESSAGE(wanted << " damaged blocks, none silent");
}

// Whole segments that are gone: those that later ones vouch for are damage, and nothing else is.
BOOST_AUTO_TEST_CASE(missing_segments_are_damage_when_a_later_block_vouches_for_them_and_nothing_is_invented) {
  Random random = seeded(5);
  uint64_t damaged = 0;
  for (uint64_t i = campaign(kScribbledImages); i > 0; --i) {
    const CrashImage crashed = crash(random, static_cast<Backdrop>(random.below(3)));
    const uint32_t segment = crashed.image.blocks()[0].header.segment_blocks;
    const uint64_t blocks = crashed.bytes.size() / kAuditBlockBytes;
    if (blocks <= 2 * segment) continue;
    const uint64_t victim = 1 + random.below(blocks / segment - 1);
    AuditScanner scanner;
    for (uint64_t block = 0; block < blocks; ++block) {
      if (block / segment == victim) {
        scanner.feed_missing(1);
      } else {
        scanner.feed(std::span(crashed.bytes).subspan(block * kAuditBlockBytes, kAuditBlockBytes));
      }
    }
    const auto scan = scanner.finish();
    BOOST_REQUIRE(scan.has_value());
    for (const AuditRecord& record : scan->readout.records) BOOST_REQUIRE(is_made(record));
    const uint64_t end = (victim + 1) * segment;
    const uint64_t vouched = crashed.image.blocks()[crashed.image.acknowledged_blocks() - 1].header.durable_blocks;
    if (crashed.image.acknowledged_blocks() <= end || vouched < end) continue;
    ++damaged;
    BOOST_REQUIRE(scan->readout.damage.size() == 1);
    BOOST_REQUIRE(scan->readout.damage[0].offset == victim * segment * kAuditBlockBytes);
    BOOST_REQUIRE(scan->readout.damage[0].size == segment * kAuditBlockBytes);
  }
  BOOST_TEST_MESSAGE(damaged << " missing segments");
  BOOST_TEST(damaged > 50U);
}

BOOST_AUTO_TEST_CASE(random_bytes_over_a_log_never_crash_the_reader) {
  Random random = seeded(4);
  for (uint64_t i = campaign(kScribbledImages); i > 0; --i) {
    CrashImage crashed = crash(random, static_cast<Backdrop>(random.below(3)));
    for (uint64_t n = random.below(40); n > 0; --n) {
      crashed.bytes[random.below(crashed.bytes.size())] = std::byte(random.next());
    }
    crashed.bytes.resize(random.below(crashed.bytes.size()) + 1);
    const auto scan = scan_image(crashed.bytes);
    if (!scan) continue;
    for (const AuditRecord& record : scan->readout.records) BOOST_REQUIRE(is_made(record));
  }
}
