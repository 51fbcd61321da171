// Reads a flight recorder file, whole or damaged, without the binary that wrote it.
//
// Promise: every record returned was written by a log call, unchanged, and belongs at its place in its thread's order.
//          What did not qualify is accounted for: overwritten, in flight at the end, or refused with a reason.
// Threads: pure functions on a file that nobody writes any more. Of a live file, records written while it is read may
// be
//          reported as in flight or refused.
// Errors:  kIo when the file cannot be read, kCorrupt when it is no flight recorder file, of another version, or both
//          copies of its header are damaged. Damage elsewhere is part of the readout. Never throws, for any input.
// Signal context: no. Format: flight_recorder_format.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "postmortem/flight_format.h"

namespace crashwright::postmortem {

struct FlightRecord {
  uint64_t sequence = 0;      // in its thread, 1 is the first
  uint64_t monotonic_ns = 0;  // CLOCK_MONOTONIC
  uint64_t wall_ns = 0;       // wall clock at opening, carried on by the monotonic clock
  Severity severity = Severity::kInfo;
  std::string file;
  int line = 0;
  std::string format;
  std::string text;  // formatted
};

struct FlightThread {
  std::string name;
  uint32_t tid = 0;
  uint64_t first_sequence = 0;  // of records[0]; 0 without records
  std::vector<FlightRecord> records;
  uint64_t overwritten = 0;          // older records that made room, as the ring is meant to
  uint64_t in_flight = 0;            // 1: the thread was inside a log call when the process ended
  uint64_t committed = 0;            // the ring's own count of log calls that returned; not a witness from outside
  uint64_t refused_records = 0;      // records that must have been there and are not intact
  std::vector<std::string> refused;  // one line each: which, where in the file, why
};

struct FlightReadout {
  uint32_t pid = 0;
  std::vector<FlightThread> threads;  // in order of their first log call
  std::vector<std::string> notes;     // damage that costs no record, drops the recorder counted
};

[[nodiscard]] Result<FlightReadout> read_flight_file(const std::string& path);

[[nodiscard]] const char* severity_name(Severity severity) noexcept;  // "DEBUG" "INFO" "WARN" "ERROR"

}  // namespace crashwright::postmortem
