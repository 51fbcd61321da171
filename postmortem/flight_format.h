// The layout of a flight recorder file, shared by the recorder and its reader. Described in flight_recorder_format.md.
//
// Layout:  plain old data, little endian, fixed sizes; a header page, a ring directory, a table of call sites, and one
//          ring of 64-byte lines per thread.
// Threads: one writer per ring; directory entries and call sites are claimed with an atomic counter and never change
//          once they are complete. Signal context: data only.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/bounded_string.h"

namespace crashwright::postmortem {

// Stored; append only.
enum class Severity : uint8_t { kDebug = 0, kInfo = 1, kWarn = 2, kError = 3 };

// How an argument lies in a record's payload. Stored; append only.
enum class LogArgument : uint8_t {
  kNone = 0,
  kBool = 1,
  kChar = 2,
  kInt8 = 3,
  kUint8 = 4,
  kInt16 = 5,
  kUint16 = 6,
  kInt32 = 7,
  kUint32 = 8,
  kInt64 = 9,
  kUint64 = 10,
  kDouble = 11,
  kString = 12,  // uint16 length as given (saturated), then min(length, kLogStringBytesMax) bytes
  kPointer = 13,
};

inline constexpr size_t kLogArgumentsMax = 16;
inline constexpr size_t kLogStringBytesMax = 255;  // longer strings are cut, and shown with "..." at the end
inline constexpr size_t kLogFormatBytesMax = 319;
inline constexpr size_t kLogFileBytesMax = 127;  // longer paths keep their end

inline constexpr uint64_t kFlightMagic = 0x313054464C465743U;  // "CWFLFT01"
inline constexpr uint32_t kFlightVersion = 2;
inline constexpr size_t kFlightPageBytes = 4096;
inline constexpr size_t kFlightHeaderCopyOffset = 2048;
inline constexpr size_t kFlightRingsMax = 1024;  // of threads and of signal handlers together
inline constexpr size_t kFlightSignalRingsMax = 8;
inline constexpr size_t kFlightSitesMax = 32768;
inline constexpr size_t kFlightRingLinesMin = 128;  // 8 KiB, more than the longest record
inline constexpr size_t kFlightRingLinesMax = size_t{1} << 24;

// A record is one head line and the continuation lines that its payload needs, at consecutive places of the ring.
inline constexpr size_t kFlightHeadWords = 5;
inline constexpr size_t kFlightHeadPayloadBytes = kFlightHeadWords * 8;
inline constexpr size_t kFlightNextPayloadBytes = 55;
inline constexpr size_t kFlightPayloadBytesMax = kLogArgumentsMax * (2 + kLogStringBytesMax);
inline constexpr size_t kFlightRecordLinesMax =
    1 + (kFlightPayloadBytesMax - kFlightHeadPayloadBytes + kFlightNextPayloadBytes - 1) / kFlightNextPayloadBytes;
inline constexpr uint64_t kFlightSequenceMask = (uint64_t{1} << 48) - 1;
inline constexpr uint64_t kFlightSiteMask = 0x7fff;
inline constexpr uint64_t kFlightStampMask = (uint64_t{1} << 56) - 1;
inline constexpr uint64_t kFlightStampGiven = uint64_t{1} << 63;        // in word 1: the caller handed the stamp over
inline constexpr uint64_t kFlightStampNanoseconds = uint64_t{1} << 63;  // in word 7: nanoseconds, not ticks

static_assert(kFlightRecordLinesMax < kFlightRingLinesMin && kFlightRecordLinesMax < 128);

// Head line, words of 8 bytes:
//   0     bits 0..31 line number, bits 32..63 CRC32C of the whole record with this field taken as zero: the commit mark
//   1     bits 0..47 sequence of the record in its ring (1 is the first), bits 48..62 call site, bit 63 the caller
//         handed the stamp over
//   2..6  payload
//   7     bits 0..55 time stamp since the file was opened (two's complement), bits 56..62 lines of the record (1 and
//         more), bit 63 the stamp counts nanoseconds instead of ticks
// Continuation line: bytes 0..3 line number, 4..7 its index in the record, 8..62 payload, 63 zero.
// A line lies at place `line number % lines per ring`; numbering starts at `lines per ring`, so zero is never written.
struct FlightLine {
  uint64_t words[8];
};
static_assert(sizeof(FlightLine) == 64, "one cache line");

enum class FlightClock : uint32_t { kMonotonic = 0, kTimeStampCounter = 1 };

// Three clocks read at one moment; two of them give the rate of the ticks.
struct FlightClockAnchor {
  uint64_t ticks;
  uint64_t monotonic_ns;
  uint64_t wall_ns;
  uint32_t crc;       // CRC32C of the three values, then of error_ns; version 1: of the three values
  uint32_t error_ns;  // the three lie this close to each other at most; version 1: zero
};

// Where anchor `number` (1 is the first) goes: the newest few of every spacing 1, 2, 4 ... stay, so that recent times
// have close anchors and old ones some.
inline constexpr size_t kFlightAnchorClasses = 14;
inline constexpr size_t kFlightAnchorsPerClass = 4;
inline constexpr size_t kFlightAnchors = kFlightAnchorClasses * kFlightAnchorsPerClass;
constexpr size_t flight_anchor_slot(uint32_t number) noexcept {
  const auto zeros = static_cast<size_t>(std::countr_zero(number));
  const size_t level = zeros < kFlightAnchorClasses - 1 ? zeros : kFlightAnchorClasses - 1;
  const size_t turn = level < kFlightAnchorClasses - 1 ? number >> (level + 1) : number >> level;
  return level * kFlightAnchorsPerClass + turn % kFlightAnchorsPerClass;
}

// What happens when a ring is full. Stored; append only.
enum class FlightMode : uint32_t {
  kKeepNewest = 0,   // the oldest records are overwritten: a black box
  kKeepAllDrop = 1,  // nothing is overwritten before it was drained; without room a record is dropped and counted
  kKeepAllWait = 2,  // the same, and without room the log call waits
};

// The part that never changes after opening, stored at offsets 0 and kFlightHeaderCopyOffset.
struct FlightHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t pid;
  uint32_t rings_max;  // threads first, then signal handlers
  uint32_t sites_max;
  uint32_t lines_per_ring;  // power of two
  FlightClock clock;
  uint64_t nonce;  // seeds every checksum of a record together with the ring's index
  uint64_t directory_offset;
  uint64_t sites_offset;
  uint64_t rings_offset;
  FlightClockAnchor opened;
  uint8_t boot_id[16];  // of the machine's start; zero: unknown
  FlightMode mode;
  uint32_t signal_rings;  // how many of the rings are reserved for signal handlers
  uint32_t segment;       // in a drained segment its number, else zero
  uint32_t crc;           // CRC32C of everything before
};
static_assert(sizeof(FlightHeader) == 128);

struct FlightHeaderPage {
  FlightHeader header;
  FlightClockAnchor unused[2];  // version 1 kept its later anchors here
  std::atomic<uint32_t> anchors_taken;
  std::atomic<uint32_t> rings_claimed;
  std::atomic<uint32_t> sites_claimed;
  std::atomic<uint32_t> threads_refused;  // no ring left for them
  std::atomic<uint64_t> records_refused;  // log calls dropped for want of a ring or a call site
  std::atomic<uint32_t> drain_failed;     // 1: the drainer could not write and gave up
  uint32_t reserved[9];
  FlightClockAnchor anchors[kFlightAnchors];  // flight_anchor_slot()
};
static_assert(offsetof(FlightHeaderPage, anchors_taken) == 192 && offsetof(FlightHeaderPage, anchors) == 256);
static_assert(sizeof(FlightHeaderPage) <= kFlightHeaderCopyOffset);

enum class FlightRingKind : uint32_t { kUnused = 0, kThread = 1, kSignalHandler = 2 };

// One per ring. The second line is the writer's own, the drainer's part lies in the first.
struct FlightRingEntry {
  FlightRingKind kind;
  uint32_t tid;
  BoundedString<16> name;
  uint32_t crc;  // CRC32C of everything before
  uint32_t reserved;
  std::atomic<uint64_t> drained_line;  // first line, counted without wrapping, that is in no segment yet
  std::atomic<uint64_t> missed;        // keep the newest: records overwritten before they could be copied out
  uint32_t reserved_too[4];
  std::atomic<uint64_t> committed;  // records whose log call has returned, in this ring
  std::atomic<uint64_t> dropped;    // keep all: log calls that found no room
  uint64_t padding[6];
};
static_assert(sizeof(FlightRingEntry) == 128);

// One call site. Complete once its checksum fits; a record refers to it only afterwards.
struct FlightSiteSlot {
  uint32_t crc;  // CRC32C of everything after
  uint32_t line;
  Severity severity;
  uint8_t argument_count;
  uint8_t reserved[22];
  LogArgument arguments[kLogArgumentsMax];
  BoundedString<kLogFileBytesMax + 1> file;
  BoundedString<kLogFormatBytesMax + 1> format;
  uint8_t padding[16];
};
static_assert(sizeof(FlightSiteSlot) == 512);

}  // namespace crashwright::postmortem
