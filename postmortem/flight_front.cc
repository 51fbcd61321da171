#include "postmortem/flight_front.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/checksum.h"
#include "postmortem/flight_clock.h"

namespace crashwright::postmortem {
namespace {

constexpr size_t kHeaderBytesOfVersion1 = 104;
constexpr size_t kSharedBytes = offsetof(FlightHeader, boot_id);  // the same in both versions

std::optional<FlightHeader> intact_header(const char* bytes, uint64_t magic) {
  FlightHeader header{};
  std::memcpy(&header, bytes, sizeof header);
  if (header.magic != magic) return std::nullopt;
  if (header.version == 1) {
    uint32_t crc = 0;
    std::memcpy(&crc, bytes + kHeaderBytesOfVersion1 - sizeof crc, sizeof crc);
    if (crc != crc32c(bytes, kHeaderBytesOfVersion1 - sizeof crc)) return std::nullopt;
    FlightHeader old{};
    std::memcpy(&old, bytes, kSharedBytes);
    return old;
  }
  if (header.crc != crc32c(&header, offsetof(FlightHeader, crc))) return std::nullopt;
  return header;
}

// Limits that the recorder keeps; a header beyond them would make the reader allocate without bound.
bool header_sane(const FlightHeader& header) {
  return header.rings_max >= 1 && header.rings_max <= kFlightRingsMax && header.signal_rings <= kFlightSignalRingsMax &&
         header.signal_rings <= header.rings_max && header.sites_max <= kFlightSitesMax &&
         std::has_single_bit(header.lines_per_ring) && header.lines_per_ring >= kFlightRingLinesMin &&
         header.lines_per_ring <= kFlightRingLinesMax && header.directory_offset >= kFlightPageBytes &&
         header.sites_offset >= header.directory_offset + header.rings_max * sizeof(FlightRingEntry) &&
         header.rings_offset >= header.sites_offset + header.sites_max * sizeof(FlightSiteSlot) &&
         header.rings_offset <= uint64_t{1} << 40;
}

// A file of a later version has another header, which cannot be judged here: told by its magic and number.
std::optional<uint32_t> later_version(const std::string& page, uint64_t magic) {
  FlightHeader header{};
  std::memcpy(&header, page.data(), sizeof header);
  const bool later = header.magic == magic && header.version > kFlightVersion && header.version < 1000;
  return later ? std::optional(header.version) : std::nullopt;
}

std::vector<FlightClockAnchor> later_anchors(const std::string& page, uint32_t version) {
  const size_t at = version < 2 ? offsetof(FlightHeaderPage, unused) : offsetof(FlightHeaderPage, anchors);
  std::vector<FlightClockAnchor> anchors(version < 2 ? 2 : kFlightAnchors);
  std::memcpy(anchors.data(), page.data() + at, anchors.size() * sizeof anchors[0]);
  anchors.erase(std::remove_if(anchors.begin(), anchors.end(),
                               [version](const auto& anchor) { return !anchor_intact(anchor, version); }),
                anchors.end());
  return anchors;
}

template <typename T>
T value_at(const std::string& page, size_t offset) {
  T value{};
  std::memcpy(&value, page.data() + offset, sizeof value);
  return value;
}

}  // namespace

Status read_flight_bytes(int fd, uint64_t offset, void* to, size_t size) {
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

Result<FlightHeader> choose_flight_header(const std::string& page, uint64_t magic, const std::string& path,
                                          std::vector<std::string>& notes) {
  const auto first = intact_header(page.data(), magic);
  const auto copy = intact_header(page.data() + kFlightHeaderCopyOffset, magic);
  if (!first && !copy) {
    if (const auto version = later_version(page, magic)) {
      return fail(ErrorKind::kCorrupt, path + ": flight recorder file of version " + std::to_string(*version) +
                                           ", this program reads versions up to " + std::to_string(kFlightVersion));
    }
    return fail(ErrorKind::kCorrupt, path + ": not a flight recorder file, or its header is damaged");
  }
  if (!first) notes.emplace_back("header at offset 0 is damaged, its copy was used");
  if (!copy) notes.emplace_back("the header's copy is damaged");
  const FlightHeader& header = first ? *first : *copy;
  if (header.version == 0 || header.version > kFlightVersion || !header_sane(header)) {
    return fail(ErrorKind::kCorrupt, path + ": flight recorder file of version " + std::to_string(header.version) +
                                         " with limits that no recorder has");
  }
  return header;
}

Result<FlightFront> read_flight_front(int fd, const std::string& path, std::vector<std::string>& notes) {
  std::string page(kFlightPageBytes, '\0');
  if (auto good = read_flight_bytes(fd, 0, page.data(), page.size()); !good) {
    return fail(ErrorKind::kIo, path + ": " + good.error().message);
  }
  auto header = choose_flight_header(page, kFlightMagic, path, notes);
  if (!header) return tl::unexpected<Error>(std::move(header.error()));
  FlightFront front;
  front.header = *header;
  front.anchors = later_anchors(page, header->version);
  front.anchors.insert(front.anchors.begin(), header->opened);
  front.threads_refused = value_at<uint32_t>(page, offsetof(FlightHeaderPage, threads_refused));
  front.records_refused = value_at<uint64_t>(page, offsetof(FlightHeaderPage, records_refused));
  front.drain_failed = value_at<uint32_t>(page, offsetof(FlightHeaderPage, drain_failed)) == 1;
  front.sites.resize(header->sites_max);
  if (auto good =
          read_flight_bytes(fd, header->sites_offset, front.sites.data(), front.sites.size() * sizeof(FlightSiteSlot));
      !good) {
    return fail(ErrorKind::kIo, path + ": " + good.error().message);
  }
  return front;
}

}  // namespace crashwright::postmortem
