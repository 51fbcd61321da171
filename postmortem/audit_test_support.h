// Shared by the tests of the audit log and the state store: scratch folders, recognisable records, images in memory.
//
// Threads: one owner each. Errors: a failed preparation ends the test program. Signal context: no.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "postmortem/audit_block.h"
#include "postmortem/audit_scan.h"

namespace crashwright::postmortem::test {

// A folder of its own below `parent`, removed at the end.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& parent = "/tmp") {
    std::string pattern = parent + "/crashwright-test-XXXXXX";
    CRASHWRIGHT_CHECK(::mkdtemp(pattern.data()) != nullptr, "a scratch folder");
    path_ = pattern;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A record whose fields all follow from `key`, so that an invented or mixed one is noticed.
inline AuditRecord make_record(uint64_t key) {
  AuditRecord record{};
  record.type = AuditRecordType::kIntentEnter;
  record.feed_sequence = key;
  record.session_sequence = key * 3;
  record.price_ticks = static_cast<int64_t>(key * 7 + 1);
  record.state_hash = key * 0x9e3779b97f4a7c15U;
  record.user_ref = static_cast<uint32_t>(key);
  record.symbol.assign("AAPL");
  record.side = 'B';
  return record;
}

// True when `record` is what make_record(its own key) gave, apart from what append() fills in.
inline bool is_made(const AuditRecord& record) {
  AuditRecord expected = make_record(record.feed_sequence);
  expected.sequence = record.sequence;
  expected.wall_ns = record.wall_ns;
  expected.monotonic_ns = record.monotonic_ns;
  return std::memcmp(&expected, &record, sizeof record) == 0;
}

// A log as a writer would leave it, in memory. Record n carries make_record(n).
class ImageWriter {
 public:
  // Log id and salts follow from `seed`.
  explicit ImageWriter(uint64_t seed, uint32_t segment_blocks = kAuditSegmentBlocksUsually)
      : salts_(seed), builder_({.log_id = static_cast<uint32_t>(seed) + 1, .segment_blocks = segment_blocks}) {
    add_head(0, 0);
  }
  // The same log, whose next segments are made by another opening.
  void draw_other_salts(uint64_t seed) { salts_ = Random(seed); }

  // One group commit; its blocks vouch for everything acknowledged so far. Call acknowledge() once it is durable.
  void add_batch(size_t blocks, size_t records_per_block) {
    const uint64_t known = acknowledged_;
    const uint64_t durable_blocks = acknowledged_blocks_;
    for (size_t i = 0; i < blocks; ++i) add_block(AuditBlockKind::kRecords, records_per_block, known, durable_blocks);
  }
  void add(AuditBlockKind kind, size_t records) {
    if (kind == AuditBlockKind::kOpening) builder_.begin_run();
    add_block(kind, records, acknowledged_, acknowledged_blocks_);
  }
  void acknowledge() {
    acknowledged_ = builder_.position().next_sequence - 1;
    acknowledged_blocks_ = builder_.position().next_block;
  }

  [[nodiscard]] const std::vector<AuditBlock>& blocks() const { return blocks_; }
  [[nodiscard]] uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] uint64_t acknowledged_blocks() const { return acknowledged_blocks_; }
  [[nodiscard]] uint64_t last_sequence() const { return builder_.position().next_sequence - 1; }
  [[nodiscard]] std::vector<std::byte> bytes() const {
    const auto all = std::as_bytes(std::span(blocks_));
    return {all.begin(), all.end()};
  }

 private:
  void add_head(uint64_t known, uint64_t durable_blocks) {
    builder_.begin_segment(salts_.next() | 1U);
    builder_.finish(blocks_.emplace_back(), AuditBlockKind::kSegment, 0, known, durable_blocks);
  }
  void add_block(AuditBlockKind kind, size_t records, uint64_t known, uint64_t durable_blocks) {
    if (builder_.position().at_head()) add_head(known, durable_blocks);
    AuditBlock& block = blocks_.emplace_back();
    for (size_t i = 0; i < records; ++i) {
      const uint64_t sequence = builder_.position().next_sequence + i;
      block.records[i] = make_record(sequence);
      block.records[i].sequence = sequence;
    }
    builder_.finish(block, kind, records, known, durable_blocks);
  }

  Random salts_;
  AuditBlockBuilder builder_;
  std::vector<AuditBlock> blocks_;
  uint64_t acknowledged_ = 0;
  uint64_t acknowledged_blocks_ = 0;
};

inline Result<AuditScan> scan_image(std::span<const std::byte> bytes) {
  AuditScanner scanner;
  for (size_t at = 0; at < bytes.size(); at += kAuditBlockBytes) {
    scanner.feed(bytes.subspan(at, std::min(kAuditBlockBytes, bytes.size() - at)));
  }
  return scanner.finish();
}

// Records 1..n without gap, each exactly as it was made.
inline bool is_exact_prefix(const std::vector<AuditRecord>& records) {
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].sequence != i + 1 || records[i].feed_sequence != i + 1 || !is_made(records[i])) return false;
  }
  return true;
}

}  // namespace crashwright::postmortem::test
