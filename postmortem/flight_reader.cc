#include "postmortem/flight_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <optional>

#include "base/checksum.h"
#include "base/unique_fd.h"
#include "postmortem/flight_front.h"
#include "postmortem/flight_ring_scan.h"
#include "postmortem/flight_segment_reader.h"
#include "postmortem/flight_text.h"
#include "postmortem/flight_time.h"

namespace crashwright::postmortem {
namespace {

// All that records need to be worded and dated.
struct Context {
  FlightFront front;
  FlightSegments segments;
  FlightTime time;
};

// What a ring itself gave.
struct RingFindings {
  FlightThread thread;
  std::vector<ScannedRecord> records;
  uint64_t missed = 0;
};

const FlightSiteSlot* find_site(const Context& context, uint32_t number) {
  const auto& sites = context.front.sites;
  if (number < sites.size() && site_intact(sites[number])) return &sites[number];
  const auto found = context.segments.sites.find(number);
  return found == context.segments.sites.end() ? nullptr : &found->second;
}

FlightRecord make_record(const Context& context, const ScannedRecord& scanned, const FlightThread& thread) {
  FlightRecord record;
  record.sequence = scanned.sequence;
  const FlightMoment moment = context.time.moment(scanned.stamp, scanned.stamp_is_nanoseconds);
  record.monotonic_ns = moment.monotonic_ns;
  record.wall_ns = moment.wall_ns;
  record.error_ns = moment.error_ns;
  record.stamp_given = scanned.stamp_given;
  record.tid = thread.tid;
  std::string_view payload = scanned.payload;
  if (thread.signal_handler) {
    std::memcpy(&record.tid, payload.data(), sizeof record.tid);
    payload.remove_prefix(sizeof record.tid);
  }
  const FlightSiteSlot* const site = find_site(context, scanned.site);
  if (site == nullptr) {
    record.format = "(call site " + std::to_string(scanned.site) + " is damaged)";
    record.text = record.format + " " + hex_text(payload);
    return record;
  }
  record.severity = site->severity;
  record.file = site->file.view();
  record.line = static_cast<int>(site->line);
  record.format = site->format.view();
  FlightWording wording = word_record(*site, payload);
  record.text = std::move(wording.text);
  record.fields = std::move(wording.fields);
  return record;
}

bool never_claimed(const FlightRingEntry& entry) {
  return entry.kind == FlightRingKind::kUnused && entry.tid == 0 && entry.crc == 0 &&
         entry.committed.load(std::memory_order_relaxed) == 0;
}

// Nothing when nobody ever claimed the ring.
Result<std::optional<RingFindings>> read_ring(int fd, const FlightHeader& header, uint32_t ring,
                                              std::vector<std::string>& notes) {
  FlightRingEntry entry{};
  if (auto good = read_flight_bytes(fd, header.directory_offset + ring * sizeof entry, &entry, sizeof entry); !good) {
    return fail(ErrorKind::kIo, good.error().message);
  }
  if (never_claimed(entry)) {
    FlightLine first{};
    const uint64_t offset = header.rings_offset + uint64_t{ring} * header.lines_per_ring * sizeof first;
    if (auto good = read_flight_bytes(fd, offset, &first, sizeof first); !good) {
      return fail(ErrorKind::kIo, good.error().message);
    }
    if (first.words[0] == 0) return std::optional<RingFindings>();
  }
  RingScan scan(header, ring);
  if (auto good =
          read_flight_bytes(fd, scan.file_offset(), scan.lines().data(), scan.lines().size() * sizeof(FlightLine));
      !good) {
    return fail(ErrorKind::kIo, good.error().message);
  }
  const uint64_t committed = entry.committed.load(std::memory_order_relaxed);
  scan.run(committed);
  RingFindings found;
  found.thread.signal_handler = ring >= header.rings_max - header.signal_rings;
  if (entry.kind != FlightRingKind::kUnused && entry.crc == crc32c(&entry, offsetof(FlightRingEntry, crc))) {
    found.thread.name = entry.name.view();
    found.thread.tid = entry.tid;
  } else {
    notes.push_back("ring " + std::to_string(ring) + ": its directory entry is damaged or was never completed");
  }
  found.thread.committed = committed;
  found.thread.dropped = entry.dropped.load(std::memory_order_relaxed);
  found.thread.overwritten = scan.overwritten();
  found.thread.in_flight = scan.in_flight();
  found.thread.refused_records = scan.refused_records();
  found.thread.refused = scan.refused();
  found.missed = entry.missed.load(std::memory_order_relaxed);
  found.records = scan.take_records();
  return std::optional<RingFindings>(std::move(found));
}

// Adds what the segments hold of the ring, and accounts for all sequences anew.
void merge_segments(FlightMode mode, const FlightSegmentRing& segment, RingFindings& found) {
  FlightThread& thread = found.thread;
  if (thread.name.empty() && thread.tid == 0) {
    thread.name = segment.name;
    thread.tid = segment.tid;
  }
  thread.signal_handler = segment.kind == FlightRingKind::kSignalHandler;
  const auto by_sequence = [](const auto& left, const auto& right) { return left.sequence < right.sequence; };
  std::vector<ScannedRecord> merged;
  std::set_union(segment.records.begin(), segment.records.end(), found.records.begin(), found.records.end(),
                 std::back_inserter(merged), by_sequence);
  found.records = std::move(merged);
  thread.overwritten = 0;
  thread.refused_records = 0;
  uint64_t expected = 1;
  for (const ScannedRecord& record : found.records) {
    const uint64_t gap = record.sequence - expected;
    // Before the first one: segments deleted by rotation. In between, where the newest are kept: not copied in time.
    if (gap > 0 && expected > 1 && mode != FlightMode::kKeepNewest) {
      thread.refused_records += gap;
      thread.refused.push_back("records " + std::to_string(expected) + " to " + std::to_string(record.sequence - 1) +
                               ": neither in a segment nor in the ring");
    } else {
      thread.overwritten += gap;
    }
    expected = record.sequence + 1;
  }
  if (thread.committed >= expected) thread.refused_records += thread.committed + 1 - expected;
}

FlightThread finish_thread(const Context& context, RingFindings found, uint32_t ring, std::vector<std::string>& notes) {
  const auto segment = context.segments.rings.find(ring);
  if (segment != context.segments.rings.end()) merge_segments(context.front.header.mode, segment->second, found);
  FlightThread thread = std::move(found.thread);
  const std::string who = "ring " + std::to_string(ring) + ": ";
  if (thread.dropped > 0) {
    notes.push_back(who + "dropped " + std::to_string(thread.dropped) + " records, the drainer was behind");
  }
  if (found.missed > 0) {
    notes.push_back(who + std::to_string(found.missed) + " records were overwritten before they were copied out");
  }
  thread.records.reserve(found.records.size());
  for (const ScannedRecord& record : found.records) thread.records.push_back(make_record(context, record, thread));
  if (!thread.records.empty()) thread.first_sequence = thread.records.front().sequence;
  return thread;
}

void note_counters(const FlightFront& front, std::vector<std::string>& notes) {
  if (front.threads_refused != 0 || front.records_refused != 0) {
    notes.push_back("the recorder had no room for " + std::to_string(front.threads_refused) + " threads and dropped " +
                    std::to_string(front.records_refused) + " records");
  }
  if (front.drain_failed) notes.emplace_back("the drainer could not write its segments and gave up");
}

// The file's rings; what it ends before is noted.
Status read_rings(int fd, const FlightHeader& header, std::vector<std::optional<RingFindings>>& rings,
                  std::vector<std::string>& notes) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno(errno, "stat");
  const uint64_t ring_bytes = uint64_t{header.lines_per_ring} * sizeof(FlightLine);
  const uint64_t expected = header.rings_offset + header.rings_max * ring_bytes;
  const auto size = static_cast<uint64_t>(info.st_size);
  if (size < expected) {
    notes.push_back("the file ends at byte " + std::to_string(size) + " of " + std::to_string(expected));
  }
  for (uint32_t ring = 0; ring < header.rings_max; ++ring) {
    if (header.directory_offset + ring * sizeof(FlightRingEntry) >= size) break;
    auto found = read_ring(fd, header, ring, notes);
    if (!found) return tl::unexpected<Error>(std::move(found.error()));
    rings[ring] = std::move(*found);
  }
  return {};
}

// Of a lost or damaged file: what the segments' own headers tell.
FlightFront front_of(const FlightSegments& segments) {
  FlightFront front;
  front.header = *segments.header;
  front.anchors.push_back(segments.header->opened);
  return front;
}

FlightReadout assemble(FlightFront front, FlightSegments segments, std::vector<std::optional<RingFindings>> rings,
                       std::vector<std::string> notes) {
  FlightReadout readout;
  readout.pid = front.header.pid;
  readout.mode = front.header.mode;
  note_counters(front, notes);
  notes.insert(notes.end(), segments.notes.begin(), segments.notes.end());
  std::vector<FlightClockAnchor> anchors = front.anchors;
  anchors.insert(anchors.end(), segments.anchors.begin(), segments.anchors.end());
  FlightTime time(front.header, std::move(anchors));
  const std::vector<std::string> steps = time.steps();
  notes.insert(notes.end(), steps.begin(), steps.end());
  const Context context{std::move(front), std::move(segments), std::move(time)};
  for (uint32_t ring = 0; ring < rings.size(); ++ring) {
    const bool in_segments = context.segments.rings.count(ring) > 0;
    if (!rings[ring] && !in_segments) continue;
    FlightThread thread = finish_thread(context, rings[ring] ? std::move(*rings[ring]) : RingFindings{}, ring, notes);
    // Handlers' rings are there from the start: of interest once one logged.
    const bool silent = thread.records.empty() && thread.refused_records == 0 && thread.committed == 0;
    if (!thread.signal_handler || !silent) readout.threads.push_back(std::move(thread));
  }
  readout.notes = std::move(notes);
  return readout;
}

}  // namespace

Result<FlightReadout> read_flight_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int open_error = errno;
  std::vector<std::string> notes;
  Result<FlightFront> front =
      fd ? read_flight_front(fd.get(), path, notes) : Result<FlightFront>(fail_errno(open_error, "open " + path));
  FlightSegments segments =
      read_flight_segments(path, front ? std::optional(front->header.nonce) : std::optional<uint64_t>());
  if (!front) {
    if (!segments.header) return tl::unexpected<Error>(std::move(front.error()));
    notes.push_back(front.error().message + "; read from its drained segments alone");
    std::vector<std::optional<RingFindings>> none(segments.header->rings_max);
    FlightFront from_segments = front_of(segments);
    return assemble(std::move(from_segments), std::move(segments), std::move(none), std::move(notes));
  }
  std::vector<std::optional<RingFindings>> rings(front->header.rings_max);
  if (auto good = read_rings(fd.get(), front->header, rings, notes); !good) {
    return fail(ErrorKind::kIo, path + ": " + good.error().message);
  }
  return assemble(std::move(*front), std::move(segments), std::move(rings), std::move(notes));
}

const char* severity_name(Severity severity) noexcept {
  switch (severity) {
    case Severity::kDebug:
      return "DEBUG";
    case Severity::kInfo:
      return "INFO";
    case Severity::kWarn:
      return "WARN";
    case Severity::kError:
      return "ERROR";
  }
  return "UNKNOWN";
}

}  // namespace crashwright::postmortem
