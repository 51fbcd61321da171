// Finds the intact records of one ring and accounts for the rest. Internal to the reader.
//
// Promise: take_records() gives only records whose checksum fits and that follow each other as a writer writes them.
// Threads: one owner. Errors: none, any bytes will do. Signal context: no.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "postmortem/flight_format.h"

namespace crashwright::postmortem {

struct ScannedRecord {
  uint64_t sequence = 0;
  uint32_t line = 0;  // number of its head line
  uint32_t lines = 0;
  uint32_t site = 0;
  int64_t stamp = 0;                  // since the file was opened
  bool stamp_is_nanoseconds = false;  // else ticks
  bool stamp_given = false;           // by the caller: need not be in order
  std::string payload;
};

// The record whose head lies at `place` of `lines`, which are `size` many: a ring when `size` is a power of two and
// `wraps`, else what was copied out of one. Nothing when its checksum does not fit.
[[nodiscard]] std::optional<ScannedRecord> scan_record(const FlightLine* lines, size_t size, bool wraps, size_t place,
                                                       uint32_t crc_seed, uint32_t version = kFlightVersion);

class RingScan {
 public:
  RingScan(const FlightHeader& header, uint32_t ring);

  [[nodiscard]] uint64_t file_offset() const { return file_offset_; }
  [[nodiscard]] std::vector<FlightLine>& lines() { return lines_; }  // to be filled before run()

  // `committed` is the ring's own count of log calls that returned.
  void run(uint64_t committed);

  [[nodiscard]] std::vector<ScannedRecord> take_records() { return std::move(records_); }  // in order of sequence
  [[nodiscard]] uint64_t overwritten() const { return overwritten_; }
  [[nodiscard]] uint64_t in_flight() const { return in_flight_; }
  [[nodiscard]] uint64_t refused_records() const { return refused_records_; }
  [[nodiscard]] const std::vector<std::string>& refused() const { return refused_; }

 private:
  [[nodiscard]] const FlightLine& at(uint32_t line) const { return lines_[line & mask_]; }
  [[nodiscard]] std::optional<ScannedRecord> record_at(uint32_t place) const;
  void collect();
  void keep_what_follows();
  void drop_undermined();
  void account_gaps();
  void account_front();
  void account_end(uint64_t committed);
  [[nodiscard]] uint32_t lines_touched(uint32_t end) const;
  [[nodiscard]] bool something_in_flight(uint32_t end) const;
  void refuse(uint64_t first, uint64_t last, uint32_t line, const std::string& why);

  uint64_t file_offset_;
  uint32_t mask_;
  uint32_t crc_seed_;
  uint32_t version_;
  std::vector<FlightLine> lines_;
  std::vector<ScannedRecord> records_;
  uint64_t overwritten_ = 0;
  uint64_t in_flight_ = 0;
  uint64_t refused_records_ = 0;
  std::vector<std::string> refused_;
};

}  // namespace crashwright::postmortem
