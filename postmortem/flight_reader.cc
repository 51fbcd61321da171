#include "postmortem/flight_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/checksum.h"
#include "base/unique_fd.h"
#include "postmortem/flight_clock.h"
#include "postmortem/flight_ring_scan.h"
#include "postmortem/flight_text.h"

namespace crashwright::postmortem {
namespace {

// Reads what there is of [offset, offset + size); the rest stays zero.
Status read_at(int fd, uint64_t offset, void* to, size_t size) {
  auto* bytes = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = ::pread(fd, bytes, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read");
    if (got == 0) break;
    bytes += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return {};
}

bool header_intact(const FlightHeader& header) {
  return header.magic == kFlightMagic && header.crc == crc32c(&header, offsetof(FlightHeader, crc));
}

// Limits that the recorder keeps; a header beyond them would make the reader allocate without bound.
bool header_sane(const FlightHeader& header) {
  return header.threads_max >= 1 && header.threads_max <= kFlightThreadsMax && header.sites_max <= kFlightSitesMax &&
         std::has_single_bit(header.lines_per_ring) && header.lines_per_ring >= kFlightRingLinesMin &&
         header.lines_per_ring <= kFlightRingLinesMax && header.directory_offset >= kFlightPageBytes &&
         header.sites_offset >= header.directory_offset + header.threads_max * sizeof(FlightRingEntry) &&
         header.rings_offset >= header.sites_offset + header.sites_max * sizeof(FlightSiteSlot) &&
         header.rings_offset <= uint64_t{1} << 40;
}

// The parts of the file in front of the rings.
struct FrontMatter {
  FlightHeader header{};
  std::vector<FlightClockAnchor> anchors;  // intact ones, oldest first
  std::vector<FlightSiteSlot> sites;
};

Result<FlightHeader> choose_header(const std::string& page, const std::string& path, FlightReadout& readout) {
  FlightHeader first{};
  FlightHeader copy{};
  std::memcpy(&first, page.data(), sizeof first);
  std::memcpy(&copy, page.data() + kFlightHeaderCopyOffset, sizeof copy);
  if (!header_intact(first) && !header_intact(copy)) {
    return fail(ErrorKind::kCorrupt, path + ": not a flight recorder file, or its header is damaged");
  }
  const FlightHeader& header = header_intact(first) ? first : copy;
  if (!header_intact(first)) readout.notes.emplace_back("header at offset 0 is damaged, its copy was used");
  if (!header_intact(copy)) readout.notes.emplace_back("the header's copy is damaged");
  if (header.version != kFlightVersion || !header_sane(header)) {
    return fail(ErrorKind::kCorrupt, path + ": flight recorder file of version " + std::to_string(header.version) +
                                         ", this program reads version " + std::to_string(kFlightVersion));
  }
  return header;
}

Result<FrontMatter> read_front(int fd, const std::string& path, FlightReadout& readout) {
  std::string page(kFlightPageBytes, '\0');
  if (auto good = read_at(fd, 0, page.data(), page.size()); !good) {
    return fail(ErrorKind::kIo, path + ": " + good.error().message);
  }
  auto header = choose_header(page, path, readout);
  if (!header) return tl::unexpected<Error>(std::move(header.error()));
  FrontMatter front;
  front.header = *header;
  front.anchors.push_back(header->opened);
  FlightClockAnchor later[2];
  std::memcpy(later, page.data() + offsetof(FlightHeaderPage, later), sizeof later);
  for (const FlightClockAnchor& anchor : later) {
    if (anchor_intact(anchor)) front.anchors.push_back(anchor);
  }
  std::sort(front.anchors.begin(), front.anchors.end(),
            [](const auto& left, const auto& right) { return left.monotonic_ns < right.monotonic_ns; });

  uint32_t threads_refused = 0;
  uint64_t records_refused = 0;
  std::memcpy(&threads_refused, page.data() + offsetof(FlightHeaderPage, threads_refused), sizeof threads_refused);
  std::memcpy(&records_refused, page.data() + offsetof(FlightHeaderPage, records_refused), sizeof records_refused);
  if (threads_refused != 0 || records_refused != 0) {
    readout.notes.push_back("the recorder had no room for " + std::to_string(threads_refused) +
                            " threads and dropped " + std::to_string(records_refused) + " records");
  }
  front.sites.resize(header->sites_max);
  if (auto good = read_at(fd, header->sites_offset, front.sites.data(), front.sites.size() * sizeof(FlightSiteSlot));
      !good) {
    return fail(ErrorKind::kIo, path + ": " + good.error().message);
  }
  return front;
}

// Ticks to nanoseconds by the opening anchor and the newest.
class TickConverter {
 public:
  explicit TickConverter(const FrontMatter& front) : opened_(front.header.opened), newest_(front.anchors.back()) {}

  [[nodiscard]] uint64_t monotonic_ns(uint64_t ticks_since_opened) const {
    const uint64_t ticks = newest_.ticks - opened_.ticks;
    if (ticks == 0 || newest_.ticks < opened_.ticks) return opened_.monotonic_ns + ticks_since_opened;
    const auto product =
        static_cast<unsigned __int128>(ticks_since_opened) * (newest_.monotonic_ns - opened_.monotonic_ns);
    return opened_.monotonic_ns + static_cast<uint64_t>(product / ticks);
  }
  [[nodiscard]] uint64_t wall_ns(uint64_t monotonic) const {
    return opened_.wall_ns + (monotonic - opened_.monotonic_ns);
  }

 private:
  FlightClockAnchor opened_;
  FlightClockAnchor newest_;
};

FlightRecord make_record(const FrontMatter& front, const TickConverter& clock, const ScannedRecord& scanned) {
  FlightRecord record;
  record.sequence = scanned.sequence;
  record.monotonic_ns = clock.monotonic_ns(scanned.ticks);
  record.wall_ns = clock.wall_ns(record.monotonic_ns);
  const FlightSiteSlot* const site = scanned.site < front.sites.size() ? &front.sites[scanned.site] : nullptr;
  if (site == nullptr || !site_intact(*site)) {
    record.format = "(call site " + std::to_string(scanned.site) + " is damaged)";
    record.text = record.format + " " + hex_text(scanned.payload);
    return record;
  }
  record.severity = site->severity;
  record.file = site->file.view();
  record.line = static_cast<int>(site->line);
  record.format = site->format.view();
  record.text = format_record(*site, scanned.payload);
  return record;
}

bool never_claimed(const FlightRingEntry& entry) {
  return entry.kind == FlightRingKind::kUnused && entry.tid == 0 && entry.crc == 0 &&
         entry.committed.load(std::memory_order_relaxed) == 0;
}

// Nothing when nobody ever claimed the ring.
Result<std::optional<FlightThread>> read_ring(int fd, const FrontMatter& front, const TickConverter& clock,
                                              uint32_t ring, FlightReadout& readout) {
  const FlightHeader& header = front.header;
  FlightRingEntry entry{};
  if (auto good = read_at(fd, header.directory_offset + ring * sizeof entry, &entry, sizeof entry); !good) {
    return fail(ErrorKind::kIo, good.error().message);
  }
  if (never_claimed(entry)) {
    FlightLine first{};
    const uint64_t offset = header.rings_offset + uint64_t{ring} * header.lines_per_ring * sizeof first;
    if (auto good = read_at(fd, offset, &first, sizeof first); !good) return fail(ErrorKind::kIo, good.error().message);
    if (first.words[0] == 0) return std::optional<FlightThread>();
  }
  const bool intact =
      entry.kind != FlightRingKind::kUnused && entry.crc == crc32c(&entry, offsetof(FlightRingEntry, crc));
  RingScan scan(header, ring);
  if (auto good = read_at(fd, scan.file_offset(), scan.lines().data(), scan.lines().size() * sizeof(FlightLine));
      !good) {
    return fail(ErrorKind::kIo, good.error().message);
  }
  const uint64_t committed = entry.committed.load(std::memory_order_relaxed);
  scan.run(committed);
  FlightThread thread;
  if (intact) {
    thread.name = entry.name.view();
    thread.tid = entry.tid;
  } else {
    readout.notes.push_back("ring " + std::to_string(ring) + ": its directory entry is damaged or was never completed");
  }
  thread.committed = committed;
  thread.overwritten = scan.overwritten();
  thread.in_flight = scan.in_flight();
  thread.refused_records = scan.refused_records();
  thread.refused = scan.refused();
  thread.records.reserve(scan.records().size());
  for (const ScannedRecord& record : scan.records()) thread.records.push_back(make_record(front, clock, record));
  if (!thread.records.empty()) thread.first_sequence = thread.records.front().sequence;
  return std::optional<FlightThread>(std::move(thread));
}

}  // namespace

Result<FlightReadout> read_flight_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, "stat " + path);
  FlightReadout readout;
  auto front = read_front(fd.get(), path, readout);
  if (!front) return tl::unexpected<Error>(std::move(front.error()));
  const FlightHeader& header = front->header;
  readout.pid = header.pid;
  const uint64_t ring_bytes = uint64_t{header.lines_per_ring} * sizeof(FlightLine);
  const uint64_t expected = header.rings_offset + header.threads_max * ring_bytes;
  const auto size = static_cast<uint64_t>(info.st_size);
  if (size < expected) {
    readout.notes.push_back("the file ends at byte " + std::to_string(size) + " of " + std::to_string(expected));
  }
  const TickConverter clock(*front);
  for (uint32_t ring = 0; ring < header.threads_max; ++ring) {
    if (header.directory_offset + ring * sizeof(FlightRingEntry) >= size) break;
    auto thread = read_ring(fd.get(), *front, clock, ring, readout);
    if (!thread) return fail(ErrorKind::kIo, path + ": " + thread.error().message);
    if (*thread) readout.threads.push_back(std::move(**thread));
  }
  return readout;
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
