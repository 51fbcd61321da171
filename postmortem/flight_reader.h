// Reads a flight recorder file with the segments drained from it, whole or damaged, without the binary that wrote it.
//
// Promise: every record returned was written by a log call, unchanged, and belongs at its place in its thread's order.
//          What did not qualify is accounted for: overwritten, in flight at the end, or refused with a reason.
// Segments: `path`.000001 and so on, of the same recorder, are read with it and give one sequence of records. When the
//          file itself is gone or its header is damaged (a power loss) they are read alone, and a note says so.
// Threads: pure functions on a file that nobody writes any more. Of a live file, records written while it is read may
//          be reported as in flight or refused.
// Errors:  kIo when the file cannot be read, kCorrupt when it is no flight recorder file, of a later version, or both
//          copies of its header are damaged. Damage elsewhere is part of the readout. Never throws, for any input.
// Signal context: no. Format: flight_recorder_format.md (versions 1 and 2)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "postmortem/flight_format.h"
#include "postmortem/flight_text.h"

namespace crashwright::postmortem {

struct FlightRecord {
  uint64_t sequence = 0;      // in its thread, 1 is the first
  uint64_t monotonic_ns = 0;  // CLOCK_MONOTONIC
  uint64_t wall_ns = 0;       // wall clock at opening, carried on by the monotonic clock
  uint64_t error_ns = 0;      // both times lie within this of the truth (flight_time.h)
  bool stamp_given = false;   // the caller handed the time over: need not be in order
  uint32_t tid = 0;           // who logged it
  Severity severity = Severity::kInfo;
  std::string file;
  int line = 0;
  std::string format;
  std::string text;                 // formatted
  std::vector<FlightField> fields;  // named arguments
};

struct FlightThread {
  std::string name;
  uint32_t tid = 0;             // of a signal handler's ring 0, its records tell
  bool signal_handler = false;  // a ring reserved for handlers of any thread
  uint64_t first_sequence = 0;  // of records[0]; 0 without records
  std::vector<FlightRecord> records;
  uint64_t overwritten = 0;          // older records that made room, as the ring (or its segments) is meant to
  uint64_t dropped = 0;              // log calls that found no room, in the modes that keep all
  uint64_t in_flight = 0;            // 1: the thread was inside a log call when the process ended
  uint64_t committed = 0;            // the ring's own count of log calls that returned; not a witness from outside
  uint64_t refused_records = 0;      // records that must have been there and are not intact
  std::vector<std::string> refused;  // one line each: which, where in the file, why
};

struct FlightReadout {
  uint32_t pid = 0;
  FlightMode mode = FlightMode::kKeepNewest;
  std::vector<FlightThread> threads;  // in order of their first log call
  std::vector<std::string> notes;     // damage that costs no record, drops the recorder counted
};

[[nodiscard]] Result<FlightReadout> read_flight_file(const std::string& path);

[[nodiscard]] const char* severity_name(Severity severity) noexcept;  // "DEBUG" "INFO" "WARN" "ERROR"

}  // namespace crashwright::postmortem
