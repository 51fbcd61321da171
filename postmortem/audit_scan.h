// The one judgement of an audit log's blocks: what is valid, what is a torn tail, what is damage.
//
// Fed with the log's blocks in order, segment behind segment, from files or from memory (crash images in tests);
// read_audit_log() and AuditLog::open() both end here. The rule, with its reasons, is in audit_log_format.md ("Torn
// tail or damage").
// Threads: one owner. Signal context: no (vectors).
// Errors:  finish() refuses what is no audit log or of an unknown version (kCorrupt); all else is in the readout.
// Memory:  bounded by the bytes that were fed and are not zeros: zeros and what is missing are kept as ranges, whatever
//          length a block or a name claims for them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "postmortem/audit_block.h"
#include "postmortem/audit_log.h"

namespace crashwright::postmortem {

// A readout and where a writer goes on.
struct AuditScan {
  AuditReadout readout;
  bool closed = false;                   // in order: the last valid block is the one that close() writes
  AuditBlockBuilder::Position position;  // run is that of the last valid block; salt 0 for an empty log
};

// Takes records as they are accepted, in order of sequence, a block at a time.
using AuditRecordSink = std::function<void(std::span<const AuditRecord>)>;

class AuditScanner {
 public:
  // Collects the records in the readout.
  AuditScanner();
  // Hands them to `sink` instead; the readout then has none. Records in front of the first flaw are handed over while
  // the file is read, so that a healthy log of any length takes no memory.
  explicit AuditScanner(AuditRecordSink sink) : sink_(std::move(sink)) {}
  AuditScanner(const AuditScanner&) = delete;
  AuditScanner& operator=(const AuditScanner&) = delete;

  // Begins in the middle: `position` is where the block before ended, and what lies before it is not judged.
  void begin_at(const AuditBlockBuilder::Position& position);

  // Blocks of any other log are foreign from the first one on. Otherwise the first intact block says which log it is.
  void belong_to(uint32_t log_id) { log_id_ = log_id; }

  // The next block of the log; shorter than kAuditBlockBytes when its file ends inside it.
  void feed(std::span<const std::byte> bytes);
  // The next `blocks` blocks are not there: their segment is missing or ends before them.
  void feed_missing(uint64_t blocks);
  // The same where no crash can have done it: damage, whether a later block vouches for them or not. `reason` says what
  // is there instead; empty: nothing.
  void feed_lost(uint64_t blocks, std::string reason);
  // The first block that does not continue the log is vouched for by a later one. While the log is being written that
  // may only say that the later one was read later.
  [[nodiscard]] bool alarmed() const { return !entries_.empty() && proven_blocks_ > first_kept_; }
  [[nodiscard]] uint64_t first_flaw() const { return first_kept_; }
  // Forgets what was fed from the first flaw on; it is fed again from there.
  void rewind();
  // The verdict. The scanner is spent afterwards.
  [[nodiscard]] Result<AuditScan> finish();

 private:
  // A block behind the first one that does not continue the log, or a range of zeros or of nothing: judged at the end,
  // by what later ones vouch for.
  struct Entry {
    uint64_t number;          // of the first block
    uint64_t count;           // of blocks, all the same
    AuditBlockHeader header;  // of an intact block, and of a misplaced one
    AuditBlockState state;
    bool has_magic;
    uint32_t size;          // bytes the file has of each
    uint32_t bytes_in_use;  // up to the last byte that is not zero
    size_t first_record;    // index into kept_records_
    size_t reason;          // index into reasons_; behind its end: none of its own
  };

  void take_claims(const AuditBlockHeader& header);
  // Of this log, but it stands in the wrong place: what it says was durable nevertheless.
  [[nodiscard]] bool is_displaced(const AuditBlock& block, AuditBlockState state) const;
  void judge(std::span<const std::byte> bytes);
  void keep(std::span<const std::byte> bytes, const AuditBlock* block, AuditBlockState state);
  void keep_range(const Entry& entry);
  [[nodiscard]] std::string describe(uint64_t number) const;
  [[nodiscard]] const Entry& entry(uint64_t number) const;
  [[nodiscard]] uint64_t blocks() const {
    return entries_.empty() ? first_kept_ : entries_.back().number + entries_.back().count;
  }
  [[nodiscard]] Status check_version() const;
  [[nodiscard]] Status check_file_block() const;
  [[nodiscard]] bool salted(const AuditBlockHeader& header) const;
  [[nodiscard]] bool continues(const AuditBlockHeader& header) const;
  void accept(const AuditBlockHeader& header, std::span<const AuditRecord> records);
  // Sequences never go back: an intact block that says otherwise is not one to go on from.
  [[nodiscard]] bool trusted(uint64_t number) const;
  // Notes the damage that starts at block `number`, and returns the block after it.
  uint64_t skip_damage(uint64_t number);
  void describe_end(uint64_t number);

  AuditRecordSink sink_;
  AuditScan scan_;
  uint64_t first_kept_ = 0;  // blocks below were accepted as they came
  std::vector<Entry> entries_;
  std::vector<AuditRecord> kept_records_;  // of the intact ones among entries_
  std::vector<std::string> reasons_;
  uint32_t log_id_ = 0;                    // once known
  uint32_t segment_blocks_ = 0;            // once known
  std::optional<uint32_t> other_version_;  // of a block that another release wrote
  uint64_t proven_blocks_ = 0;             // every block below was durable: the highest such claim of an intact block
  uint64_t known_durable_ = 0;             // the highest sequence an intact block vouches for
  uint64_t bytes_ = 0;                     // up to the end of what was fed; a missing block counts as whole
};

}  // namespace crashwright::postmortem
