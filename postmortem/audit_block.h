// The stored unit of the audit log: a block of 4,096 bytes, a 128-byte header and up to 31 records of 128 bytes.
//
// Shared by the writer, the reader and the tests; byte offsets and rules are in audit_log_format.md.
// Threads: values and pure functions; AuditBlockBuilder has one owner.
// Errors:  check_block() answers with a small enum; nothing here allocates or throws.
// Signal context: yes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "postmortem/audit_record.h"

namespace crashwright::postmortem {

inline constexpr uint64_t kAuditMagic = 0x3130544455415743U;  // "CWAUDT01" as stored
inline constexpr uint32_t kAuditVersion = 6;
inline constexpr size_t kAuditBlockBytes = 4096;
inline constexpr size_t kAuditSectorBytes = 512;
inline constexpr size_t kAuditRecordsPerBlock = 31;
inline constexpr uint32_t kAuditSegmentBlocksMin = 2;         // its head and one more
inline constexpr uint32_t kAuditSegmentBlocksMax = 1U << 20;  // 4 GiB
inline constexpr uint32_t kAuditSegmentBlocksUsually = 4096;  // 16 MiB

// Stored; append only.
enum class AuditBlockKind : uint16_t {
  kSegment = 1,    // the head of a segment, its first block: the first one with its salt, holds no record
  kRecords = 2,    // one to 31 records
  kOpening = 3,    // a process opened the log: proves what it recovered
  kHeartbeat = 4,  // the log went idle: proves what was acknowledged last
  kClosing = 5,    // orderly close: proves everything
};

// Magic, version, crc, salt and log_id keep their offsets in every later version, and the checksum its definition: an
// unknown version is told from damage by a matching checksum.
struct AuditBlockHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t crc;             // CRC32C of the whole block with this field as zero, seeded by the salt
  uint64_t salt;            // of the segment, random, never zero: blocks of an earlier use of its place never fit
  uint64_t block_number;    // position in the log, over all its segments
  uint64_t first_sequence;  // of the first record; without records the next one to come
  uint64_t known_durable;   // every sequence up to this one was durable when this block was written
  uint64_t durable_blocks;  // every block below this number was durable when this block was written
  uint64_t wall_ns;         // when the block was made
  uint32_t chain;           // crc of the block before, 0 in block 0
  uint32_t run;             // which opening of the log wrote it, from 1; 0 in block 0
  uint16_t record_count;
  AuditBlockKind kind;
  uint32_t wall_error_us;   // how wrong wall_ns may be, as the kernel's clock discipline says; ~0: not disciplined
  uint64_t monotonic_ns;    // when the block was made, CLOCK_MONOTONIC
  uint64_t tsc;             // and by the processor's time stamp counter
  uint64_t batch;           // counts the writes of this log from 1; 0 in block 0. Blocks of one write share it
  uint8_t boot_id[16];      // of the kernel that ran when the block was made: monotonic_ns compares within one boot
  uint32_t segment_blocks;  // size of every segment of this log
  uint32_t log_id;          // of this log, random, never zero: blocks of another log are known wherever they stand
};
static_assert(sizeof(AuditBlockHeader) == sizeof(AuditRecord), "header and records share one grid within the sectors");

struct alignas(kAuditBlockBytes) AuditBlock {
  AuditBlockHeader header;
  AuditRecord records[kAuditRecordsPerBlock];
};
static_assert(sizeof(AuditBlock) == kAuditBlockBytes);
static_assert(std::endian::native == std::endian::little, "blocks are stored as they are in memory");

// What a block is when looked at alone, without its neighbours.
enum class AuditBlockState : uint8_t {
  kIntact,
  kZero,        // never written (the file is filled with zeros ahead of the data)
  kIncomplete,  // the file ends inside it
  kMissing,     // its segment is not there, or ends before it
  kBadMagic,
  kBadChecksum,
  kNewerVersion,  // checksum right, version unknown
  kForeign,       // of another log
  kMisplaced,     // an intact block of another position
  kBadFields,     // checksum right, contents impossible: a bug or a forgery
};

[[nodiscard]] const char* block_state_text(AuditBlockState state) noexcept;

[[nodiscard]] uint32_t audit_block_checksum(const AuditBlock& block) noexcept;

// Looks at one block found at position `number`. `log_id` 0 accepts any log.
[[nodiscard]] AuditBlockState check_block(const AuditBlock& block, uint64_t number, uint32_t log_id) noexcept;

// Makes the blocks of one log in order: numbers, chain, sequences and checksums.
class AuditBlockBuilder {
 public:
  struct Position {
    uint32_t log_id = 1;
    uint64_t salt = 0;  // of the segment of next_block; 0 while that is not prepared
    uint64_t next_block = 0;
    uint64_t next_sequence = 1;
    uint32_t chain = 0;
    uint32_t run = 0;
    uint64_t batch = 0;
    uint32_t segment_blocks = kAuditSegmentBlocksUsually;

    // The next block is the head of a segment.
    [[nodiscard]] bool at_head() const noexcept { return next_block % segment_blocks == 0; }
    // Blocks that the segment of next_block still takes.
    [[nodiscard]] size_t room() const noexcept { return segment_blocks - next_block % segment_blocks; }
    // Segments are numbered from 1.
    [[nodiscard]] uint64_t segment() const noexcept { return next_block / segment_blocks + 1; }
  };

  // Where the log goes on behind an intact block.
  [[nodiscard]] static Position behind(const AuditBlockHeader& header) noexcept {
    Position position{.log_id = header.log_id,
                      .salt = header.salt,
                      .next_block = header.block_number + 1,
                      .next_sequence = header.first_sequence + header.record_count,
                      .chain = header.crc,
                      .run = header.run,
                      .batch = header.batch,
                      .segment_blocks = header.segment_blocks};
    if (position.at_head()) position.salt = 0;
    return position;
  }
  // Where the log stood in front of an intact block. The run and the batch may be those of the block before, or later.
  [[nodiscard]] static Position before(const AuditBlockHeader& header) noexcept {
    return {.log_id = header.log_id,
            .salt = header.salt,
            .next_block = header.block_number,
            .next_sequence = header.first_sequence,
            .chain = header.chain,
            .run = header.run,
            .batch = header.batch,
            .segment_blocks = header.segment_blocks};
  }

  explicit AuditBlockBuilder(const Position& position) : position_(position) {}

  // Makes `block` the next one: `records` were copied into it by the caller, `count` of them, the first of which has
  // sequence position().next_sequence. `kind` is kSegment exactly at the head of a segment.
  void finish(AuditBlock& block, AuditBlockKind kind, size_t count, uint64_t known_durable,
              uint64_t durable_blocks) noexcept;

  // The next block is the head of a segment with that salt.
  void begin_segment(uint64_t salt) noexcept;
  // The blocks from here on belong to the next opening of the log.
  void begin_run() noexcept { position_.run += 1; }
  // The blocks from here on are written together, after those before.
  void begin_batch() noexcept { position_.batch += 1; }

  [[nodiscard]] const Position& position() const noexcept { return position_; }

 private:
  Position position_;
};

}  // namespace crashwright::postmortem
