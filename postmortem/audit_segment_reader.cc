#include "postmortem/audit_segment_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace crashwright::postmortem {
namespace {

// Missing at one place: a crash can lose the names of those that it was about to cut, and those are fewer.
constexpr uint64_t kMissingSegmentsMax = 16;

// Where reading begins, when that is not block 0.
struct Beginning {
  size_t place = 0;
  uint64_t skipped_blocks = 0;  // of that segment
  AuditDamage damage;           // in front of it; size 0: none
};

uint64_t blocks_in(uint64_t bytes) { return (bytes + kAuditBlockBytes - 1) / kAuditBlockBytes; }

// The first intact block of a segment; none: nothing in it is intact.
Result<std::optional<AuditBlockHeader>> find_intact(const AuditSegments& segments, const AuditSegmentFile& file) {
  std::optional<AuditBlockHeader> found;
  if (!file.unusable.empty()) return found;
  uint64_t number = (file.number - 1) * segments.segment_blocks;
  const auto walked = walk_audit_blocks(file, segments.segment_bytes(), 0, [&](std::span<const std::byte> bytes) {
    AuditBlock block;
    if (bytes.size() < sizeof block) return false;
    std::memcpy(static_cast<void*>(&block), bytes.data(), sizeof block);
    const bool intact = check_block(block, number++, segments.log_id) == AuditBlockState::kIntact;
    if (intact) found = block.header;
    return intact;
  });
  if (!walked) return tl::unexpected(walked.error());
  return found;
}

std::string flaw_of_head(const AuditSegments& segments, const AuditSegmentFile& file) {
  const uint64_t number = (file.number - 1) * segments.segment_blocks;
  std::string text = "block " + std::to_string(number) + " (0 of segment " + std::to_string(file.number) + "): ";
  if (!file.unusable.empty()) return text + file.unusable;
  const auto head = read_audit_head(file);
  if (!head) return text + block_state_text(AuditBlockState::kIncomplete);
  return text + block_state_text(check_block(*head, number, segments.log_id));
}

// Blocks [from, until) are no use, and the first record behind them has that sequence. How many records they held is
// not known, but how many they can have held at most.
AuditDamage damage_in_front(const AuditSegments& segments, size_t from, const AuditBlockHeader& next) {
  const uint64_t first_block = (segments.files[from].number - 1) * segments.segment_blocks;
  const uint64_t blocks = next.block_number - first_block;
  const uint64_t heads = (blocks + segments.segment_blocks - 1) / segments.segment_blocks;
  const uint64_t records_max = (blocks - heads) * kAuditRecordsPerBlock;
  AuditDamage damage;
  damage.offset = first_block * kAuditBlockBytes;
  damage.size = blocks * kAuditBlockBytes;
  if (records_max > 0 && next.first_sequence > 1) {
    damage.first_sequence = next.first_sequence - std::min(next.first_sequence - 1, records_max);
    damage.last_sequence = next.first_sequence - 1;
  }
  if (blocks > 0) damage.reason = flaw_of_head(segments, segments.files[from]);
  return damage;
}

Result<Beginning> find_beginning(const AuditSegments& segments, size_t from, AuditScanner& scanner) {
  for (size_t place = from; place < segments.files.size(); ++place) {
    const auto first = find_intact(segments, segments.files[place]);
    if (!first) return tl::unexpected(first.error());
    if (!*first) continue;
    scanner.begin_at(AuditBlockBuilder::before(**first));
    return Beginning{place, (*first)->block_number % segments.segment_blocks, damage_in_front(segments, from, **first)};
  }
  return fail(ErrorKind::kCorrupt, segments.files[from].path + ": not an audit log, or no block of it is intact");
}

void feed_gap(uint64_t missing, uint32_t segment_blocks, AuditScanner& scanner) {
  if (missing > kMissingSegmentsMax) return scanner.feed_lost(missing * segment_blocks, "");
  scanner.feed_missing(missing * segment_blocks);
}

// Feeds what the file has of its segment, and in front of another one what it should have.
Status feed_segment(const AuditSegments& segments, size_t place, uint64_t skipped, AuditScanner& scanner) {
  const AuditSegmentFile& file = segments.files[place];
  const bool last = place + 1 == segments.files.size();
  if (!file.unusable.empty()) {
    const uint64_t there = std::min<uint64_t>(blocks_in(file.size), segments.segment_blocks);
    scanner.feed_lost(last ? there : segments.segment_blocks, file.unusable);
    return {};
  }
  const auto fed = walk_audit_blocks(file, segments.segment_bytes(), skipped, [&](std::span<const std::byte> block) {
    scanner.feed(block);
    return false;
  });
  if (!fed) return tl::unexpected(fed.error());
  if (!last) scanner.feed_missing(segments.segment_blocks - *fed);
  return {};
}

Status feed_all(const AuditSegments& segments, size_t place, uint64_t skipped, AuditScanner& scanner) {
  uint64_t expected = segments.files.empty() ? 1 : segments.files[place].number;
  for (; place < segments.files.size(); ++place, skipped = 0) {
    feed_gap(segments.files[place].number - expected, segments.segment_blocks, scanner);
    if (auto fed = feed_segment(segments, place, skipped, scanner); !fed) return fed;
    expected = segments.files[place].number + 1;
  }
  return {};
}

// A log that is being written: a block may have been read before it was there, and one that vouches for it after that.
// What does not continue the log either when it is read behind all that spoke for it is damage.
Status feed_again(const AuditSegments& segments, AuditScanner& scanner) {
  uint64_t before = ~uint64_t{0};
  while (scanner.alarmed() && scanner.first_flaw() != before) {
    before = scanner.first_flaw();
    const uint64_t number = before / segments.segment_blocks + 1;
    const auto file = std::find_if(segments.files.begin(), segments.files.end(),
                                   [&](const AuditSegmentFile& one) { return one.number == number; });
    if (file == segments.files.end()) return {};
    scanner.rewind();
    const auto place = static_cast<size_t>(file - segments.files.begin());
    if (auto fed = feed_all(segments, place, before % segments.segment_blocks, scanner); !fed) return fed;
  }
  return {};
}

}  // namespace

Result<AuditScan> scan_audit_segments(const AuditSegments& segments, size_t from, AuditScanner& scanner) {
  scanner.belong_to(segments.log_id);
  Beginning begin{from, 0, {}};
  if (!segments.files.empty() && segments.files[from].number > 1) {
    auto found = find_beginning(segments, from, scanner);
    if (!found) return tl::unexpected(found.error());
    begin = std::move(*found);
  }
  if (auto fed = feed_all(segments, begin.place, begin.skipped_blocks, scanner); !fed) {
    return tl::unexpected(fed.error());
  }
  if (auto fed = feed_again(segments, scanner); !fed) return tl::unexpected(fed.error());
  auto scan = scanner.finish();
  if (!scan) return fail(scan.error().kind, segments.log + ": " + scan.error().message, scan.error().remedy);
  auto& damage = scan->readout.damage;
  if (begin.damage.size > 0) damage.insert(damage.begin(), begin.damage);
  return scan;
}

}  // namespace crashwright::postmortem
