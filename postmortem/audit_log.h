// Append-only order audit trail, written ahead of every message to the exchange.
//
// Threads: append(), append_durable(), wait_durable() from any thread, close() when none is in one of them.
// Errors:  after a write or sync error the log is sealed: append() returns 0, nothing further becomes durable, and
//          seal_reason() says why. Never retried, never reopened (a failed fsync leaves clean pages: fsyncgate).
// Durable: append() returns the sequence; durable_up_to() tells up to which one the log survives what `durability`
//          names.
// Records: the log writes none of its own, so that sequence 1 is the first append of the engine. kRunStart (with
//          readout.runs + 1) and kTornTail are the engine's to append after open().
// Format:  audit_log_format.md. Source: group commit after Gray & Reuter, Transaction Processing, ch. 10.
// Signal context: no.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "postmortem/audit_mark.h"
#include "postmortem/audit_record.h"

namespace crashwright::postmortem {

class Watchdog;

enum class Durability : uint8_t {
  kProcessDeath,  // a record counts once the write returned: survives any death of the process, not of the machine
  kPowerLoss,     // a record counts once it is synced to the device
};

// Damage in front of valid later blocks: acknowledged data is wrong or missing. Never skipped silently.
struct AuditDamage {
  uint64_t offset = 0;          // bytes into the log, counted over all its segments
  uint64_t size = 0;            // bytes
  uint64_t first_sequence = 0;  // sequences lost or in doubt, inclusive; 0 and 0 when the bad blocks held no record
  uint64_t last_sequence = 0;
  std::string reason;
};

// Everything a reader can say about a log.
struct AuditReadout {
  std::vector<AuditRecord> records;  // intact, in order of sequence
  std::vector<AuditDamage> damage;   // empty on a healthy log
  uint64_t torn_tail_offset = 0;     // where the torn tail starts (also the end of valid data), over all segments
  uint64_t torn_tail_bytes = 0;      // 0: the log ends cleanly
  std::string torn_tail_reason;
  uint64_t known_durable = 0;   // highest sequence that the log itself proves was acknowledged
  uint32_t runs = 0;            // RunStart records seen, behind a bounded start openings before it
  uint64_t last_sequence = 0;   // of the last valid record, also when `records` went elsewhere or begins behind it
  uint64_t first_block = 0;     // where reading began; above 0: what lies before was not judged
  uint64_t first_sequence = 1;  // the first one that can stand there
  uint32_t log_id = 0;          // of the log; 0: it has no intact block
};

// Reads without changing anything, all segments from the first one that is there or in the archive (audit_archive.h).
// `path` is the log's; a folder stands for the audit.log in it, a later segment (audit.log.seg-000002) for itself.
// kCorrupt for what is no audit log or of another version; damage and torn tails are part of the readout, not errors. A
// missing or empty log is an empty readout.
[[nodiscard]] Result<AuditReadout> read_audit_log(const std::string& path);
// The same for a log of any length: records go to `sink` block by block, in order, and the readout has none.
[[nodiscard]] Result<AuditReadout> scan_audit_log(const std::string& path,
                                                  const std::function<void(std::span<const AuditRecord>)>& sink);
// So much of the end of a log is read at every start, whatever a snapshot holds: damage is found early while that is
// cheap. `crashwright audit verify` judges all of it.
inline constexpr uint64_t kAuditReadBytesMin = uint64_t{16} << 20;

// The same as an opening with that snapshot sees it (AuditLogOptions::snapshot).
[[nodiscard]] Result<AuditReadout> read_audit_log_behind(const std::string& path, uint64_t snapshot_sequence,
                                                         uint64_t read_bytes_min = kAuditReadBytesMin);

// The suffix of an intact readout: from the first record with sequence >= `sequence`, or with wall_ns >= `wall_ns`. In
// order of sequence in both cases; the wall clock may step back between two records, the suffix has no holes.
[[nodiscard]] std::vector<AuditRecord> replay_from_sequence(const AuditReadout& readout, uint64_t sequence);
[[nodiscard]] std::vector<AuditRecord> replay_from_time(const AuditReadout& readout, uint64_t wall_ns);

struct AuditLogOptions {
  std::string path;
  Durability durability = Durability::kProcessDeath;
  // Power of two; append() waits when it is full. These take 1 MiB, which stays in the processor's cache, and hold four
  // of the largest batches.
  size_t ring_records = 8192;
  // Of each segment file, in bytes; a log that exists keeps the size it was made with.
  size_t segment_bytes = size_t{16} << 20;
  // A state snapshot holds the fold up to here: open() reads the log from the segment on that holds what comes next,
  // and at least its last `read_bytes_min`. Segments before that one may be archived at any time. Without one:
  // everything, and nothing may be missing. A log that is not the snapshot's own is refused, and nothing is changed.
  AuditMark snapshot = {};
  uint64_t read_bytes_min = kAuditReadBytesMin;
  // Watches the committer, null for nobody. A slow device is not a stalled thread: writing and syncing count as
  // waiting.
  Watchdog* watchdog = nullptr;
};

class AuditLog {
 public:
  // Opens or creates the log at `options.path`, cuts a torn tail (its bytes are kept beside the log as
  // `<path>.torn-<offset>`), and continues at the next sequence. Refuses (kCorrupt) a log with damage before the tail.
  // `readout`, when not null, receives what was recovered, as read before the cut.
  [[nodiscard]] static Result<std::unique_ptr<AuditLog>> open(const AuditLogOptions& options, AuditReadout* readout);

  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;
  virtual ~AuditLog() = default;

  // Takes the record into the ring and returns its sequence; 0 when sealed. Fills sequence, wall_ns, monotonic_ns.
  virtual uint64_t append(AuditRecord& record) noexcept = 0;
  // append() and wait_durable() in one, for who has nothing else to do meanwhile: with nothing else under way the
  // calling thread commits the record itself, and then waits for the device, whatever `timeout` says. False when sealed
  // or the time is over first; `record.sequence` says whether it was taken.
  [[nodiscard]] virtual bool append_durable(AuditRecord& record, std::chrono::nanoseconds timeout) = 0;
  // Highest sequence such that it and all before it are durable. One atomic load.
  [[nodiscard]] virtual uint64_t durable_up_to() const noexcept = 0;
  // False when sealed or the time is over first.
  [[nodiscard]] virtual bool wait_durable(uint64_t sequence, std::chrono::nanoseconds timeout) = 0;
  [[nodiscard]] virtual bool sealed() const noexcept = 0;
  [[nodiscard]] virtual Error seal_reason() const = 0;  // only once sealed
  // Commits what is in the ring, stops the committer, closes the file. Reports the seal reason if sealed.
  [[nodiscard]] virtual Status close() = 0;

 protected:
  AuditLog() = default;
};

}  // namespace crashwright::postmortem
