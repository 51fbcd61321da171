#include "postmortem/audit_block.h"

#include <fcntl.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "base/checksum.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

bool is_zero(const AuditBlock& block) noexcept {
  const auto* const bytes = reinterpret_cast<const char*>(&block);
  return bytes[0] == 0 && std::memcmp(bytes, bytes + 1, sizeof block - 1) == 0;
}

// The bug takes every block with a good magic at its word, torn ones too.
bool contents_are_checked() noexcept { return !CRASHWRIGHT_PLANTED("audit_crc_not_checked"); }

bool checksum_matches(const AuditBlock& block) noexcept {
  return !contents_are_checked() || block.header.crc == audit_block_checksum(block);
}

bool fields_possible(const AuditBlock& block) noexcept {
  const AuditBlockHeader& header = block.header;
  const bool records = header.kind == AuditBlockKind::kRecords;
  if (header.kind < AuditBlockKind::kSegment || header.kind > AuditBlockKind::kClosing) return false;
  if (header.segment_blocks < kAuditSegmentBlocksMin || header.segment_blocks > kAuditSegmentBlocksMax) return false;
  if ((header.kind == AuditBlockKind::kSegment) != (header.block_number % header.segment_blocks == 0)) return false;
  if (header.salt == 0 || header.log_id == 0 || header.first_sequence == 0) return false;
  if (header.record_count > kAuditRecordsPerBlock || records != (header.record_count > 0)) return false;
  if (header.durable_blocks > header.block_number || header.known_durable >= header.first_sequence) return false;
  for (size_t i = 0; contents_are_checked() && i < header.record_count; ++i) {
    if (block.records[i].sequence != header.first_sequence + i) return false;
  }
  return true;
}

uint8_t hex_value(char digit) noexcept { return static_cast<uint8_t>(digit >= 'a' ? digit - 'a' + 10 : digit - '0'); }

// The kernel's boot id, 36 characters with hyphens; zeros where there is none.
std::array<uint8_t, 16> read_boot_id() noexcept {
  std::array<uint8_t, 16> id{};
  const UniqueFd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  char text[36];
  if (!fd || ::read(fd.get(), text, sizeof text) != sizeof text) return id;
  size_t digits = 0;
  for (const char c : text) {
    if (c == '-' || digits == 2 * id.size()) continue;
    id[digits / 2] = static_cast<uint8_t>((id[digits / 2] << 4) | hex_value(c));
    ++digits;
  }
  return id;
}

const std::array<uint8_t, 16>& boot_id() noexcept {
  static const std::array<uint8_t, 16> id = read_boot_id();
  return id;
}

// Asked for once: the kernel's bound grows by microseconds a second at most, and the question is a system call.
uint32_t wall_error_us() noexcept {
  static const uint32_t error = [] {
    timex discipline{};
    return ::adjtimex(&discipline) == TIME_ERROR ? ~uint32_t{0} : static_cast<uint32_t>(discipline.maxerror);
  }();
  return error;
}

}  // namespace

const char* block_state_text(AuditBlockState state) noexcept {
  switch (state) {
    case AuditBlockState::kIntact:
      return "intact";
    case AuditBlockState::kZero:
      return "zeros where a block should be";
    case AuditBlockState::kIncomplete:
      return "the file ends inside the block";
    case AuditBlockState::kMissing:
      return "its segment is missing or too short";
    case AuditBlockState::kBadMagic:
      return "wrong magic";
    case AuditBlockState::kBadChecksum:
      return "checksum mismatch";
    case AuditBlockState::kNewerVersion:
      return "unknown version";
    case AuditBlockState::kForeign:
      return "block of another log";
    case AuditBlockState::kMisplaced:
      return "block of another position";
    case AuditBlockState::kBadFields:
      return "impossible header";
  }
  return "unknown";
}

uint32_t audit_block_checksum(const AuditBlock& block) noexcept {
  const auto* const bytes = reinterpret_cast<const std::byte*>(&block);
  constexpr size_t kCrcEnd = offsetof(AuditBlockHeader, crc) + sizeof(uint32_t);
  constexpr uint32_t kZero = 0;
  uint32_t crc = crc32c(&block.header.salt, sizeof block.header.salt);
  crc = crc32c(bytes, offsetof(AuditBlockHeader, crc), crc);
  crc = crc32c(&kZero, sizeof kZero, crc);
  return crc32c(bytes + kCrcEnd, sizeof block - kCrcEnd, crc);
}

AuditBlockState check_block(const AuditBlock& block, uint64_t number, uint32_t log_id) noexcept {
  if (block.header.magic != kAuditMagic) {
    return is_zero(block) ? AuditBlockState::kZero : AuditBlockState::kBadMagic;
  }
  if (!checksum_matches(block)) return AuditBlockState::kBadChecksum;
  if (block.header.version != kAuditVersion && !CRASHWRIGHT_PLANTED("audit_version_not_checked")) {
    return AuditBlockState::kNewerVersion;
  }
  if (log_id != 0 && block.header.log_id != log_id && !CRASHWRIGHT_PLANTED("audit_salt_not_checked"))
    return AuditBlockState::kForeign;
  if (block.header.block_number != number) return AuditBlockState::kMisplaced;
  return fields_possible(block) ? AuditBlockState::kIntact : AuditBlockState::kBadFields;
}

void AuditBlockBuilder::begin_segment(uint64_t salt) noexcept {
  CRASHWRIGHT_CHECK(position_.at_head() && salt != 0, "a segment has a salt before its head is made");
  position_.salt = salt;
}

void AuditBlockBuilder::finish(AuditBlock& block, AuditBlockKind kind, size_t count, uint64_t known_durable,
                               uint64_t durable_blocks) noexcept {
  CRASHWRIGHT_CHECK(count <= kAuditRecordsPerBlock, "a block has 31 places");
  CRASHWRIGHT_CHECK((kind == AuditBlockKind::kSegment) == position_.at_head(), "a segment begins with its head");
  CRASHWRIGHT_CHECK(durable_blocks <= position_.next_block, "a block cannot vouch for itself");
  CRASHWRIGHT_CHECK(position_.salt != 0, "a segment is prepared before its blocks are made");
  std::memset(&block.header, 0, sizeof block.header);
  std::memset(static_cast<void*>(&block.records[count]), 0, (kAuditRecordsPerBlock - count) * sizeof(AuditRecord));
  AuditBlockHeader& header = block.header;
  header.magic = kAuditMagic;
  header.version = kAuditVersion;
  header.salt = position_.salt;
  header.log_id = position_.log_id;
  header.block_number = position_.next_block;
  header.first_sequence = position_.next_sequence;
  header.known_durable = known_durable;
  header.durable_blocks = durable_blocks;
  header.wall_ns = wall_ns();
  header.wall_error_us = wall_error_us();
  header.monotonic_ns = monotonic_ns();
  header.tsc = __builtin_ia32_rdtsc();
  header.batch = position_.batch;
  std::memcpy(header.boot_id, boot_id().data(), sizeof header.boot_id);
  header.chain = position_.chain;
  header.run = position_.run;
  header.record_count = static_cast<uint16_t>(count);
  header.kind = kind;
  header.segment_blocks = position_.segment_blocks;
  header.crc = audit_block_checksum(block);
  position_ = behind(header);
}

}  // namespace crashwright::postmortem
