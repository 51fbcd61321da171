#include "postmortem/flight_ring_scan.h"

#include <algorithm>
#include <cstring>

#include "base/checksum.h"
#include "postmortem/flight_checksum.h"
#include "postmortem/flight_recorder_state.h"

namespace crashwright::postmortem {
namespace {

uint32_t line_number(const FlightLine& line) { return static_cast<uint32_t>(line.words[0]); }

// Lines of the record that a head line begins; 0 for a continuation line.
uint32_t record_lines(const FlightLine& line) { return static_cast<uint32_t>(line.words[7] >> 56) & 0x7f; }

uint64_t record_sequence(const FlightLine& line) { return line.words[1] & kFlightSequenceMask; }

bool is_blank(const FlightLine& line) {
  return std::all_of(std::begin(line.words), std::end(line.words), [](uint64_t word) { return word == 0; });
}

std::string span_text(uint64_t first, uint64_t last) {
  return first == last ? "record " + std::to_string(first)
                       : "records " + std::to_string(first) + " to " + std::to_string(last);
}

}  // namespace

RingScan::RingScan(const FlightHeader& header, uint32_t ring)
    : file_offset_(header.rings_offset + uint64_t{ring} * header.lines_per_ring * sizeof(FlightLine)),
      mask_(header.lines_per_ring - 1),
      crc_seed_(detail::ring_crc_seed(header.nonce, ring)),
      version_(header.version),
      lines_(header.lines_per_ring) {}

std::optional<ScannedRecord> scan_record(const FlightLine* lines, size_t size, bool wraps, size_t place,
                                         uint32_t crc_seed, uint32_t version) {
  const auto line_at = [&](size_t i) -> const FlightLine& {
    return lines[wraps ? (place + i) & (size - 1) : place + i];
  };
  const FlightLine& head = lines[place];
  const uint32_t count = record_lines(head);
  if (count == 0 || count > kFlightRecordLinesMax || count > (wraps ? size : size - place)) return {};
  const uint32_t number = line_number(head);
  FlightLine bare = head;
  bare.words[0] = number;
  RecordChecksum<> checksum(crc_seed);
  checksum.add(bare);
  for (uint32_t i = 1; i < count; ++i) checksum.add(line_at(i));
  uint32_t crc = checksum.result();
  if (version < 2) {
    crc = crc32c(&bare, sizeof bare, crc_seed);
    for (uint32_t i = 1; i < count; ++i) crc = crc32c(&line_at(i), sizeof(FlightLine), crc);
  }
  if (crc != static_cast<uint32_t>(head.words[0] >> 32) || record_sequence(head) == 0) return {};

  ScannedRecord record;
  record.sequence = record_sequence(head);
  record.line = number;
  record.lines = count;
  record.site = static_cast<uint32_t>(head.words[1] >> 48 & kFlightSiteMask);
  record.stamp_given = (head.words[1] & kFlightStampGiven) != 0;
  record.stamp_is_nanoseconds = (head.words[7] & kFlightStampNanoseconds) != 0;
  record.stamp = static_cast<int64_t>(head.words[7] << 8) >> 8;  // its sign is bit 55
  record.payload.assign(reinterpret_cast<const char*>(&head.words[2]), kFlightHeadPayloadBytes);
  for (uint32_t i = 1; i < count; ++i) {
    record.payload.append(reinterpret_cast<const char*>(&line_at(i).words[1]), kFlightNextPayloadBytes);
  }
  return record;
}

std::optional<ScannedRecord> RingScan::record_at(uint32_t place) const {
  if ((line_number(lines_[place]) & mask_) != place) return {};
  return scan_record(lines_.data(), lines_.size(), true, place, crc_seed_, version_);
}

void RingScan::collect() {
  for (uint32_t place = 0; place <= mask_; ++place) {
    if (auto record = record_at(place)) records_.push_back(std::move(*record));
  }
  std::sort(records_.begin(), records_.end(),
            [](const ScannedRecord& left, const ScannedRecord& right) { return left.sequence < right.sequence; });
}

// From the newest backwards: an older record stays only where a writer would have put it.
void RingScan::keep_what_follows() {
  if (records_.empty()) return;
  const uint32_t end = records_.back().line + records_.back().lines;
  size_t kept_from = records_.size() - 1;
  while (kept_from > 0) {
    const ScannedRecord& older = records_[kept_from - 1];
    const ScannedRecord& newer = records_[kept_from];
    const uint32_t gap_lines = newer.line - older.line - older.lines;  // modulo 2^32
    const uint64_t missing = newer.sequence - older.sequence - 1;
    const bool follows = newer.sequence > older.sequence && gap_lines >= missing &&
                         gap_lines <= missing * kFlightRecordLinesMax && end - older.line <= mask_ + 1;
    if (!follows) {
      refuse(records_[0].sequence, older.sequence, older.line, "intact, but not where a writer would have put them");
      break;
    }
    --kept_from;
  }
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(kept_from));
}

// A record of several lines that was in flight may have cut into records behind an older one that is still whole. Those
// were about to be overwritten: the account then begins behind them.
void RingScan::drop_undermined() {
  const uint32_t end = records_.back().line + records_.back().lines;
  const uint32_t window = end - (mask_ + 1);
  const uint32_t touched = lines_touched(end);
  size_t kept_from = 0;
  for (size_t i = 1; i < records_.size(); ++i) {
    const uint32_t behind = records_[i - 1].line + records_[i - 1].lines;
    if (behind - window >= touched) break;
    if (records_[i].sequence != records_[i - 1].sequence + 1) kept_from = i;
  }
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(kept_from));
}

void RingScan::account_gaps() {
  for (size_t i = 1; i < records_.size(); ++i) {
    const uint64_t first = records_[i - 1].sequence + 1;
    const uint64_t last = records_[i].sequence - 1;
    if (first <= last) refuse(first, last, records_[i - 1].line + records_[i - 1].lines, "checksum does not fit");
  }
}

// Lines from `end` on that a record in flight may have touched: a writer stores the continuation lines in order, then
// the head, so that it is the head, the intact continuation lines, and one more.
uint32_t RingScan::lines_touched(uint32_t end) const {
  uint32_t i = 1;
  while (i < kFlightRecordLinesMax && i <= mask_ && line_number(at(end + i)) == end + i &&
         record_lines(at(end + i)) == 0) {
    ++i;
  }
  return i + 1;
}

// What lies between the start of the ring's window and the oldest intact record: damaged, or half overwritten.
void RingScan::account_front() {
  const ScannedRecord& oldest = records_.front();
  const uint32_t ring_lines = mask_ + 1;
  const uint32_t end = records_.back().line + records_.back().lines;
  const uint64_t before = oldest.sequence - 1;
  // Line numbers start at `ring_lines`; they may have passed 2^32 since, but then sequences are beyond any ring.
  const uint32_t written = end - ring_lines;
  const uint32_t judged_from = end - ring_lines + lines_touched(end);
  if (records_.back().sequence <= ring_lines && written + lines_touched(end) <= ring_lines) {
    if (before > 0) refuse(1, before, ring_lines, "checksum does not fit");
    return;
  }
  uint64_t damaged = 0;
  uint32_t damaged_line = 0;
  const uint32_t judged_lines = oldest.line - judged_from;
  for (uint32_t i = 0; judged_lines <= ring_lines && i < judged_lines && damaged < before; ++i) {
    const FlightLine& line = at(judged_from + i);
    if (line_number(line) != judged_from + i || record_lines(line) == 0) continue;
    if (damaged == 0) damaged_line = judged_from + i;
    ++damaged;
  }
  if (damaged > 0) refuse(before - damaged + 1, before, damaged_line, "checksum does not fit");
  overwritten_ = before - damaged;
}

// True when a place that the next record would touch holds neither an old record nor what is left of one.
bool RingScan::something_in_flight(uint32_t end) const {
  const uint32_t touched = lines_touched(end);
  if (touched > 2) return true;
  for (uint32_t i = 0; i < touched; ++i) {
    const FlightLine& line = at(end + i);
    const uint32_t older = end + i - (mask_ + 1);
    if (is_blank(line) || (record_lines(line) == 0 && line_number(line) == older)) continue;
    if (!record_at((end + i) & mask_)) return true;
  }
  return false;
}

void RingScan::account_end(uint64_t committed) {
  const uint64_t newest = records_.empty() ? 0 : records_.back().sequence;
  const uint32_t end = records_.empty() ? mask_ + 1 : records_.back().line + records_.back().lines;
  if (committed > newest) {
    const uint64_t missing = committed - newest;
    if (missing > mask_ + 1) {
      refused_.push_back("the ring counts " + std::to_string(committed) + " committed records, the newest intact is " +
                         std::to_string(newest) + ": its counter or the whole ring is damaged");
      refused_records_ += mask_ + 1;
      if (newest == 0) overwritten_ = missing - (mask_ + 1);
    } else {
      refuse(newest + 1, committed, end, "counted as committed, but the checksum does not fit");
    }
    return;
  }
  if (committed + 1 < newest) {
    refused_.push_back("the ring counts " + std::to_string(committed) + " committed records, but record " +
                       std::to_string(newest) + " is intact: its counter is damaged");
  }
  // Committed in the ring, but its call had not returned.
  if (committed + 1 == newest || something_in_flight(end)) in_flight_ = 1;
}

void RingScan::refuse(uint64_t first, uint64_t last, uint32_t line, const std::string& why) {
  refused_records_ += last - first + 1;
  refused_.push_back(span_text(first, last) + " at byte " +
                     std::to_string(file_offset_ + (line & mask_) * sizeof(FlightLine)) + ": " + why);
}

void RingScan::run(uint64_t committed) {
  collect();
  keep_what_follows();
  if (!records_.empty()) {
    drop_undermined();
    account_gaps();
    account_front();
  }
  account_end(committed);
}

}  // namespace crashwright::postmortem
