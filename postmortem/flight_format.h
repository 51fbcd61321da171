// The layout of a flight recorder file, shared by the recorder and its reader. Described in flight_recorder_format.md.
//
// Layout:  plain old data, little endian, fixed sizes; a header page, a ring directory, a table of call sites, and one
//          ring of 64-byte lines per thread.
// Threads: one writer per ring; directory entries and call sites are claimed with an atomic counter and never change
//          once they are complete. Signal context: data only.
#pragma once

#include <atomic>
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
inline constexpr uint32_t kFlightVersion = 1;
inline constexpr size_t kFlightPageBytes = 4096;
inline constexpr size_t kFlightHeaderCopyOffset = 2048;
inline constexpr size_t kFlightThreadsMax = 1024;
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
inline constexpr uint64_t kFlightTicksMask = (uint64_t{1} << 56) - 1;

static_assert(kFlightRecordLinesMax < kFlightRingLinesMin && kFlightRecordLinesMax < 256);

// Head line, words of 8 bytes:
//   0     bits 0..31 line number, bits 32..63 CRC32C of the whole record with this field taken as zero: the commit mark
//   1     bits 0..47 sequence of the record in its ring (1 is the first), bits 48..63 call site
//   2..6  payload
//   7     bits 0..55 ticks since the file was opened, bits 56..63 lines of the record (1 and more)
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
  uint32_t crc;  // CRC32C of the three values
  uint32_t reserved;
};

// The part that never changes after opening, stored at offsets 0 and kFlightHeaderCopyOffset.
struct FlightHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t pid;
  uint32_t threads_max;
  uint32_t sites_max;
  uint32_t lines_per_ring;  // power of two
  FlightClock clock;
  uint64_t nonce;  // seeds every checksum of a record together with the ring's index
  uint64_t directory_offset;
  uint64_t sites_offset;
  uint64_t rings_offset;
  FlightClockAnchor opened;
  uint32_t reserved;
  uint32_t crc;  // CRC32C of everything before
};

struct FlightHeaderPage {
  FlightHeader header;
  alignas(64) FlightClockAnchor later[2];  // written in turns; the later intact one counts
  std::atomic<uint32_t> anchors_taken;
  std::atomic<uint32_t> rings_claimed;
  std::atomic<uint32_t> sites_claimed;
  std::atomic<uint32_t> threads_refused;  // no ring left for them
  std::atomic<uint64_t> records_refused;  // log calls dropped for want of a ring or a call site
};
static_assert(sizeof(FlightHeaderPage) <= kFlightHeaderCopyOffset);

enum class FlightRingKind : uint32_t { kUnused = 0, kThread = 1, kSignalHandler = 2 };

// One per ring. The second line is the writer's own.
struct FlightRingEntry {
  FlightRingKind kind;
  uint32_t tid;
  BoundedString<16> name;
  uint32_t crc;  // CRC32C of everything before
  uint32_t reserved[9];
  std::atomic<uint64_t> committed;  // records whose log call has returned, in this ring
  uint64_t padding[7];
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
