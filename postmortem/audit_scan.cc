#include "postmortem/audit_scan.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

uint32_t bytes_in_use(std::span<const std::byte> bytes) {
  size_t size = bytes.size();
  while (size > 0 && bytes[size - 1] == std::byte{0}) --size;
  return static_cast<uint32_t>(size);
}

std::string describe(uint64_t number, AuditBlockState state) {
  const char* const what = state == AuditBlockState::kIntact ? "does not continue the chain" : block_state_text(state);
  return "block " + std::to_string(number) + ": " + what;
}

}  // namespace

void AuditScanner::feed(std::span<const std::byte> bytes) {
  const uint64_t number = entries_.size();
  bytes_ += bytes.size();
  Entry entry{};
  entry.size = static_cast<uint32_t>(bytes.size());
  entry.bytes_in_use = bytes_in_use(bytes);
  entry.has_magic =
      bytes.size() >= sizeof kAuditMagic && std::memcmp(bytes.data(), &kAuditMagic, sizeof kAuditMagic) == 0;
  entry.first_record = records_.size();
  if (bytes.size() < kAuditBlockBytes) {
    entry.state = entry.bytes_in_use == 0 ? AuditBlockState::kZero : AuditBlockState::kIncomplete;
    entries_.push_back(entry);
    return;
  }
  AuditBlock block;
  std::memcpy(static_cast<void*>(&block), bytes.data(), sizeof block);
  entry.state = check_block(block, number, salt_);
  if (entry.state == AuditBlockState::kIntact) {
    entry.header = block.header;
    salt_ = block.header.salt;
    proven_blocks_ = std::max(proven_blocks_, block.header.durable_blocks);
    known_durable_ = std::max(known_durable_, block.header.known_durable);
    records_.insert(records_.end(), block.records, block.records + block.header.record_count);
  }
  entries_.push_back(entry);
}

// Block 0 is made durable before the file gets its name, so that no crash can tear it: when it is bad, it is damage.
Status AuditScanner::check_file_block() const {
  const Entry& file = entries_.front();
  if (file.state == AuditBlockState::kNewerVersion) {
    return fail(ErrorKind::kCorrupt,
                "audit log of another version; this program reads version " + std::to_string(kAuditVersion),
                "use the release that wrote it");
  }
  const bool all_zero = file.state == AuditBlockState::kZero;
  if (salt_ == 0 && !file.has_magic && !all_zero) {
    return fail(ErrorKind::kCorrupt, "not an audit log: wrong magic and no intact block");
  }
  return {};
}

bool AuditScanner::continues(const Entry& entry, const AuditScan& scan) const {
  if (entry.state != AuditBlockState::kIntact) return false;
  const AuditBlockBuilder::Position& position = scan.position;
  return entry.header.chain == position.chain && entry.header.first_sequence == position.next_sequence &&
         entry.header.run >= position.run;
}

bool AuditScanner::trusted(uint64_t number, const AuditScan& scan) const {
  return number < entries_.size() && entries_[number].state == AuditBlockState::kIntact &&
         entries_[number].header.first_sequence >= scan.position.next_sequence;
}

void AuditScanner::accept(const Entry& entry, AuditScan& scan) {
  const auto first = records_.begin() + static_cast<std::ptrdiff_t>(entry.first_record);
  const auto target = records_.begin() + static_cast<std::ptrdiff_t>(accepted_);
  if (first != target) std::copy(first, first + entry.header.record_count, target);
  accepted_ += entry.header.record_count;
  scan.position.salt = entry.header.salt;
  scan.position.next_block = entry.header.block_number + 1;
  scan.position.next_sequence = entry.header.first_sequence + entry.header.record_count;
  scan.position.chain = entry.header.crc;
  scan.position.run = entry.header.run;
}

uint64_t AuditScanner::skip_damage(uint64_t number, AuditScan& scan) const {
  const uint64_t expected = scan.position.next_sequence;
  // What nobody vouches for is not part of the damage, however it looks.
  const uint64_t limit = std::min<uint64_t>(std::max(proven_blocks_, number + 1), entries_.size());
  uint64_t resume = number + 1;
  while (resume < limit && !trusted(resume, scan)) ++resume;
  AuditDamage damage;
  damage.offset = number * kAuditBlockBytes;
  for (uint64_t i = number; i < resume; ++i) damage.size += entries_[i].size;
  const uint64_t next = trusted(resume, scan) ? entries_[resume].header.first_sequence : known_durable_ + 1;
  if (next > expected) {
    damage.first_sequence = expected;
    damage.last_sequence = next - 1;
  }
  damage.reason = describe(number, entries_[number].state);
  scan.readout.damage.push_back(std::move(damage));
  return resume;
}

void AuditScanner::describe_end(uint64_t number, AuditReadout& readout) const {
  readout.torn_tail_offset = std::min(number * kAuditBlockBytes, bytes_);
  if (CRASHWRIGHT_PLANTED("audit_replay_stops_silently")) return;
  uint64_t end = 0;
  for (uint64_t i = number; i < entries_.size(); ++i) {
    if (entries_[i].bytes_in_use > 0) end = i * kAuditBlockBytes + entries_[i].bytes_in_use;
  }
  if (end == 0) return;
  readout.torn_tail_bytes = end - readout.torn_tail_offset;
  readout.torn_tail_reason = describe(number, entries_[number].state);
}

Result<AuditScan> AuditScanner::finish() {
  AuditScan scan;
  if (bytes_ == 0) return scan;
  if (auto good = check_file_block(); !good) return tl::unexpected(good.error());
  uint64_t number = 0;
  while (number < entries_.size()) {
    if (!continues(entries_[number], scan)) {
      if (CRASHWRIGHT_PLANTED("audit_replay_stops_silently")) break;
      // Only what an intact block vouches for can be damaged; block 0 needs no witness.
      if (number != 0 && number >= proven_blocks_) break;
      number = skip_damage(number, scan);
      if (!trusted(number, scan)) break;
    }
    accept(entries_[number], scan);
    number += 1;
  }
  describe_end(number, scan.readout);
  records_.resize(accepted_);
  scan.readout.records = std::move(records_);
  scan.readout.known_durable = known_durable_;
  scan.readout.runs = static_cast<uint32_t>(
      std::count_if(scan.readout.records.begin(), scan.readout.records.end(),
                    [](const AuditRecord& record) { return record.type == AuditRecordType::kRunStart; }));
  return scan;
}

}  // namespace crashwright::postmortem
