// Fuzz target. Audit logs, block by block. With a checksum wrong nothing else of a block would ever be looked at, so an
// even first byte has them put right; an odd one leaves the bytes as a file has them.
#include <cstring>
#include <span>

#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "postmortem/audit_scan.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

constexpr size_t kBytesOfBlock = sizeof(AuditBlockHeader) + 2 * sizeof(AuditRecord);  // of the input; the rest is zero

void feed_mended_blocks(std::string_view input, AuditScanner& scanner) {
  static AuditBlock block;
  uint64_t salt = 1;
  uint32_t log_id = 1;
  uint32_t chain = 0;
  for (uint64_t number = 0; !input.empty(); ++number) {
    const uint8_t choice = fuzz::take_byte(input);
    const std::string_view bytes = fuzz::take(input, kBytesOfBlock);
    std::memset(static_cast<void*>(&block), 0, sizeof block);
    bytes.copy(reinterpret_cast<char*>(&block), bytes.size());
    if ((choice & 1) == 0) block.header.magic = kAuditMagic;
    if ((choice & 2) == 0) block.header.version = kAuditVersion;
    if ((choice & 4) == 0) block.header.block_number = number;
    if ((choice & 8) == 0) block.header.salt = salt;
    if ((choice & 8) == 0) block.header.log_id = log_id;
    if ((choice & 16) == 0) block.header.chain = chain;
    if ((choice & 32) == 0) block.header.crc = audit_block_checksum(block);
    if ((choice & 64) == 0) chain = block.header.crc;
    if (number == 0) salt = block.header.salt;
    if (number == 0) log_id = block.header.log_id;
    scanner.feed(std::as_bytes(std::span(&block, 1)).first(choice > 200 ? bytes.size() : sizeof block));
  }
}

}  // namespace

CRASHWRIGHT_FUZZ_TARGET(audit_log) {
  if (fuzz::take_byte(input) % 2 == 1) {
    (void)read_audit_log(fuzz::MemoryFile(input).path());
    return;
  }
  AuditScanner scanner;
  feed_mended_blocks(input, scanner);
  const auto scan = scanner.finish();
  if (!scan) return;
  uint64_t last = 0;
  for (const AuditRecord& record : scan->readout.records) {
    if (record.sequence <= last) __builtin_trap();
    last = record.sequence;
  }
}
