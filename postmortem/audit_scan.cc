#include "postmortem/audit_scan.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

uint32_t bytes_in_use(std::span<const std::byte> bytes) {
  size_t size = bytes.size();
  for (uint64_t word = 0; size >= sizeof word; size -= sizeof word) {
    std::memcpy(&word, bytes.data() + size - sizeof word, sizeof word);
    if (word != 0) break;
  }
  while (size > 0 && bytes[size - 1] == std::byte{0}) --size;
  return static_cast<uint32_t>(size);
}

}  // namespace

AuditScanner::AuditScanner()
    : sink_([this](std::span<const AuditRecord> records) {
        scan_.readout.records.insert(scan_.readout.records.end(), records.begin(), records.end());
      }) {}

void AuditScanner::begin_at(const AuditBlockBuilder::Position& position) {
  scan_.position = position;
  scan_.readout.runs = position.run;
  scan_.readout.first_block = position.next_block;
  scan_.readout.first_sequence = position.next_sequence;
  scan_.readout.last_sequence = position.next_sequence - 1;
  first_kept_ = position.next_block;
  log_id_ = position.log_id;
  segment_blocks_ = position.segment_blocks;
  bytes_ = position.next_block * kAuditBlockBytes;
}

void AuditScanner::feed(std::span<const std::byte> bytes) {
  bytes_ += bytes.size();
  judge(bytes);
}

void AuditScanner::feed_missing(uint64_t blocks) {
  if (blocks == 0) return;
  Entry entry{};
  entry.count = blocks;
  entry.state = AuditBlockState::kMissing;
  entry.size = kAuditBlockBytes;
  keep_range(entry);
  bytes_ = this->blocks() * kAuditBlockBytes;
}

void AuditScanner::feed_lost(uint64_t blocks, std::string reason) {
  if (blocks == 0) return;
  feed_missing(blocks);
  proven_blocks_ = std::max(proven_blocks_, this->blocks());
  if (reason.empty()) return;
  entries_.back().reason = reasons_.size();
  reasons_.push_back(std::move(reason));
}

void AuditScanner::judge(std::span<const std::byte> bytes) {
  if (bytes.size() < kAuditBlockBytes) return keep(bytes, nullptr, AuditBlockState::kIncomplete);
  AuditBlock block;
  std::memcpy(static_cast<void*>(&block), bytes.data(), sizeof block);
  const AuditBlockState state = check_block(block, blocks(), log_id_);
  if (state == AuditBlockState::kIntact) {
    take_claims(block.header);
    if (entries_.empty() && continues(block.header)) {
      accept(block.header, std::span(block.records, block.header.record_count));
      first_kept_ += 1;
      return;
    }
  }
  if (is_displaced(block, state)) take_claims(block.header);
  if (state == AuditBlockState::kNewerVersion && (log_id_ == 0 || block.header.log_id == log_id_)) {
    other_version_ = block.header.version;
  }
  keep(bytes, &block, state);
}

void AuditScanner::take_claims(const AuditBlockHeader& header) {
  log_id_ = header.log_id;
  segment_blocks_ = header.segment_blocks;
  proven_blocks_ = std::max(proven_blocks_, header.durable_blocks);
  known_durable_ = std::max(known_durable_, header.known_durable);
}

bool AuditScanner::is_displaced(const AuditBlock& block, AuditBlockState state) const {
  return state == AuditBlockState::kMisplaced && block.header.log_id == log_id_ &&
         check_block(block, block.header.block_number, log_id_) == AuditBlockState::kIntact;
}

void AuditScanner::rewind() {
  entries_.clear();
  kept_records_.clear();
  reasons_.clear();
  bytes_ = first_kept_ * kAuditBlockBytes;
}

void AuditScanner::keep(std::span<const std::byte> bytes, const AuditBlock* block, AuditBlockState state) {
  Entry entry{};
  entry.count = 1;
  entry.size = static_cast<uint32_t>(bytes.size());
  entry.bytes_in_use = state == AuditBlockState::kZero ? 0 : bytes_in_use(bytes);
  entry.has_magic =
      bytes.size() >= sizeof kAuditMagic && std::memcmp(bytes.data(), &kAuditMagic, sizeof kAuditMagic) == 0;
  entry.first_record = kept_records_.size();
  const bool cut_zeros = state == AuditBlockState::kIncomplete && entry.bytes_in_use == 0;
  entry.state = cut_zeros ? AuditBlockState::kZero : state;
  if (state == AuditBlockState::kIntact || state == AuditBlockState::kMisplaced) entry.header = block->header;
  if (state == AuditBlockState::kIntact) {
    kept_records_.insert(kept_records_.end(), block->records, block->records + block->header.record_count);
  }
  keep_range(entry);
}

// Zeros behind zeros are one range. What is missing is one already, and begins anew where another reason does.
void AuditScanner::keep_range(const Entry& entry) {
  const bool zeros = entry.state == AuditBlockState::kZero && entry.size == kAuditBlockBytes;
  if (zeros && !entries_.empty() && entries_.back().state == entry.state && entries_.back().size == entry.size) {
    entries_.back().count += entry.count;
    return;
  }
  Entry& kept = entries_.emplace_back(entry);
  kept.number =
      entries_.size() == 1 ? first_kept_ : entries_[entries_.size() - 2].number + entries_[entries_.size() - 2].count;
  kept.reason = ~size_t{0};
}

const AuditScanner::Entry& AuditScanner::entry(uint64_t number) const {
  const auto behind = std::upper_bound(entries_.begin(), entries_.end(), number,
                                       [](uint64_t wanted, const Entry& entry) { return wanted < entry.number; });
  return *std::prev(behind);
}

std::string AuditScanner::describe(uint64_t number) const {
  const AuditBlockState state = entry(number).state;
  std::string text = "block " + std::to_string(number);
  const size_t reason = entry(number).reason;
  if (segment_blocks_ != 0 && number >= segment_blocks_) {
    text += " (" + std::to_string(number % segment_blocks_) + " of segment " +
            std::to_string(number / segment_blocks_ + 1) + ")";
  }
  if (reason < reasons_.size()) return text + ": " + reasons_[reason];
  if (state == AuditBlockState::kMisplaced) {
    return text + ": " + block_state_text(state) + ", " + std::to_string(entry(number).header.block_number);
  }
  if (state != AuditBlockState::kIntact) return text + ": " + block_state_text(state);
  return text + (salted(entry(number).header) ? ": does not continue the chain" : ": of an earlier use of its segment");
}

// What another release wrote is neither damage nor a torn tail, wherever it stands: nothing may be cut or built on it.
Status AuditScanner::check_version() const {
  if (!other_version_) return {};
  return fail(ErrorKind::kCorrupt,
              "audit log of version " + std::to_string(*other_version_) + "; this program reads version " +
                  std::to_string(kAuditVersion),
              "use the release that wrote it");
}

// Block 0 is made durable before the file gets its name, so that no crash can tear it: when it is bad, it is damage.
Status AuditScanner::check_file_block() const {
  if (first_kept_ > 0) return {};
  const Entry& file = entries_.front();
  const bool empty = file.state == AuditBlockState::kZero || file.state == AuditBlockState::kMissing;
  if (log_id_ == 0 && !file.has_magic && !empty) {
    return fail(ErrorKind::kCorrupt, "not an audit log: wrong magic and no intact block");
  }
  return {};
}

// The head of a segment brings its salt; behind it a block of an earlier use of the place shows by another one.
bool AuditScanner::salted(const AuditBlockHeader& header) const {
  return scan_.position.at_head() || header.salt == scan_.position.salt ||
         CRASHWRIGHT_PLANTED("audit_salt_not_checked");
}

bool AuditScanner::continues(const AuditBlockHeader& header) const {
  const AuditBlockBuilder::Position& position = scan_.position;
  return salted(header) && header.chain == position.chain && header.first_sequence == position.next_sequence &&
         header.run >= position.run && header.batch >= position.batch;
}

bool AuditScanner::trusted(uint64_t number) const {
  return number < blocks() && entry(number).state == AuditBlockState::kIntact &&
         entry(number).header.first_sequence >= scan_.position.next_sequence;
}

void AuditScanner::accept(const AuditBlockHeader& header, std::span<const AuditRecord> records) {
  AuditReadout& readout = scan_.readout;
  for (const AuditRecord& record : records) readout.runs += record.type == AuditRecordType::kRunStart ? 1 : 0;
  if (!records.empty()) sink_(records);
  readout.last_sequence = header.first_sequence + header.record_count - 1;
  scan_.closed = header.kind == AuditBlockKind::kClosing;
  scan_.position = AuditBlockBuilder::behind(header);
}

uint64_t AuditScanner::skip_damage(uint64_t number) {
  const uint64_t expected = scan_.position.next_sequence;
  // What nobody vouches for is not part of the damage, however it looks.
  const uint64_t limit = std::min<uint64_t>(std::max(proven_blocks_, number + 1), blocks());
  AuditDamage damage;
  damage.offset = number * kAuditBlockBytes;
  uint64_t resume = number;
  while (resume < limit && (resume == number || !trusted(resume))) {
    const Entry& bad = entry(resume);
    const uint64_t end = std::min(bad.number + bad.count, limit);
    damage.size += (end - resume) * bad.size;
    resume = end;
  }
  const uint64_t next = trusted(resume) ? entry(resume).header.first_sequence : known_durable_ + 1;
  if (next > expected) {
    damage.first_sequence = expected;
    damage.last_sequence = next - 1;
  }
  damage.reason = describe(number);
  scan_.readout.damage.push_back(std::move(damage));
  return resume;
}

void AuditScanner::describe_end(uint64_t number) {
  AuditReadout& readout = scan_.readout;
  readout.torn_tail_offset = std::min(number * kAuditBlockBytes, bytes_);
  if (CRASHWRIGHT_PLANTED("audit_replay_stops_silently")) return;
  uint64_t end = 0;
  for (const Entry& rest : entries_) {
    if (rest.number >= number && rest.bytes_in_use > 0) end = rest.number * kAuditBlockBytes + rest.bytes_in_use;
  }
  if (end == 0) return;
  readout.torn_tail_bytes = end - readout.torn_tail_offset;
  readout.torn_tail_reason = describe(number);
}

Result<AuditScan> AuditScanner::finish() {
  if (bytes_ == 0) return std::move(scan_);
  if (auto good = check_version(); !good) return tl::unexpected(good.error());
  if (auto good = check_file_block(); !good) return tl::unexpected(good.error());
  uint64_t number = first_kept_;
  while (number < blocks()) {
    if (entry(number).state != AuditBlockState::kIntact || !continues(entry(number).header)) {
      if (CRASHWRIGHT_PLANTED("audit_replay_stops_silently")) break;
      // Only what an intact block vouches for can be damaged; block 0 needs no witness.
      const bool alarmed = CRASHWRIGHT_PLANTED("torn_tail_taken_for_damage") && entry(number).bytes_in_use > 0;
      if (number != 0 && number >= proven_blocks_ && !alarmed) break;
      number = skip_damage(number);
      if (!trusted(number)) break;
    }
    const Entry& next = entry(number);
    accept(next.header, std::span(kept_records_).subspan(next.first_record, next.header.record_count));
    number += 1;
  }
  describe_end(number);
  scan_.readout.known_durable = known_durable_;
  scan_.readout.log_id = log_id_;
  return std::move(scan_);
}

}  // namespace crashwright::postmortem
