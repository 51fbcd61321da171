// The one judgement of an audit log's blocks: what is valid, what is a torn tail, what is damage.
//
// Fed with the file's blocks in order, from a file or from memory (crash images in tests); read_audit_log() and
// AuditLog::open() both end here. The rule, with its reasons, is in audit_log_format.md ("Torn tail or damage").
// Threads: one owner. Signal context: no (vectors).
// Errors:  finish() refuses what is no audit log or of an unknown version (kCorrupt); all else is in the readout.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "postmortem/audit_block.h"
#include "postmortem/audit_log.h"

namespace crashwright::postmortem {

// A readout and where a writer goes on.
struct AuditScan {
  AuditReadout readout;
  AuditBlockBuilder::Position position;  // run is that of the last valid block; salt 0 for an empty file
};

class AuditScanner {
 public:
  // The next block of the file; only the last one may be shorter than kAuditBlockBytes.
  void feed(std::span<const std::byte> bytes);
  // The verdict. The scanner is spent afterwards.
  [[nodiscard]] Result<AuditScan> finish();

 private:
  struct Entry {
    AuditBlockHeader header;  // of an intact block
    AuditBlockState state;
    bool has_magic;
    uint32_t size;          // bytes the file has of it
    uint32_t bytes_in_use;  // up to its last byte that is not zero
    size_t first_record;    // index into records_
  };

  [[nodiscard]] Status check_file_block() const;
  [[nodiscard]] bool continues(const Entry& entry, const AuditScan& scan) const;
  void accept(const Entry& entry, AuditScan& scan);
  // Sequences never go back: an intact block that says otherwise is not one to go on from.
  [[nodiscard]] bool trusted(uint64_t number, const AuditScan& scan) const;
  // Notes the damage that starts at block `number`, and returns the block after it.
  uint64_t skip_damage(uint64_t number, AuditScan& scan) const;
  void describe_end(uint64_t number, AuditReadout& readout) const;

  std::vector<Entry> entries_;
  std::vector<AuditRecord> records_;  // of all intact blocks; accept() moves those accepted to the front
  size_t accepted_ = 0;               // how many
  uint64_t salt_ = 0;                 // of the first intact block
  uint64_t proven_blocks_ = 0;        // every block below was durable: the highest such claim of an intact block
  uint64_t known_durable_ = 0;        // the highest sequence an intact block vouches for
  uint64_t bytes_ = 0;
};

}  // namespace crashwright::postmortem
