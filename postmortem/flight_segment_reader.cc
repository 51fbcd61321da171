#include "postmortem/flight_segment_reader.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/checksum.h"
#include "base/file.h"
#include "postmortem/flight_clock.h"
#include "postmortem/flight_front.h"
#include "postmortem/flight_recorder_state.h"
#include "postmortem/flight_segment_format.h"
#include "postmortem/flight_text.h"

namespace crashwright::postmortem {
namespace {

namespace fs = std::filesystem;

// `path`.000001 and so on, in order of their numbers.
std::vector<std::string> segment_paths(const std::string& path) {
  constexpr size_t kDigitsMin = 6;
  const fs::path whole(path);
  const std::string start = whole.filename().string() + ".";
  std::vector<std::pair<uint64_t, std::string>> found;
  std::error_code trouble;
  fs::directory_iterator entry(whole.has_parent_path() ? whole.parent_path() : fs::path("."), trouble);
  for (; !trouble && entry != fs::directory_iterator(); entry.increment(trouble)) {
    const std::string name = entry->path().filename();
    if (!name.starts_with(start)) continue;
    const std::string digits = name.substr(start.size());
    if (digits.size() < kDigitsMin || digits.size() > 10 ||
        digits.find_first_not_of("0123456789") != std::string::npos) {
      continue;
    }
    found.emplace_back(std::stoull(digits), entry->path().string());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (auto& [number, name] : found) paths.push_back(std::move(name));
  return paths;
}

class SegmentParser {
 public:
  SegmentParser(std::string bytes, std::string path, FlightSegments& segments)
      : bytes_(std::move(bytes)), path_(std::move(path)), segments_(segments) {}

  void parse(const FlightHeader& header) {
    header_ = header;
    for (size_t at = kFlightPageBytes; at < bytes_.size();) {
      const auto chunk = chunk_at(at);
      if (!chunk) {
        at = skip_damage(at);
        continue;
      }
      take(*chunk, at + sizeof(FlightChunk));
      at += sizeof(FlightChunk) + chunk->payload_bytes;
    }
  }

 private:
  [[nodiscard]] std::optional<FlightChunk> chunk_at(size_t at) const {
    FlightChunk chunk{};
    if (bytes_.size() - at < sizeof chunk) return std::nullopt;
    std::memcpy(&chunk, bytes_.data() + at, sizeof chunk);
    const bool header_good = chunk.magic == kFlightChunkMagic && chunk.payload_bytes % 64 == 0 &&
                             chunk.payload_bytes <= kFlightChunkBytesMax &&
                             chunk.crc == crc32c(&chunk, offsetof(FlightChunk, crc));
    if (!header_good || bytes_.size() - at - sizeof chunk < chunk.payload_bytes) return std::nullopt;
    if (chunk.payload_crc != crc32c(bytes_.data() + at + sizeof chunk, chunk.payload_bytes)) return std::nullopt;
    return chunk;
  }

  // To the next intact chunk, or to the end.
  size_t skip_damage(size_t at) {
    size_t next = at + 64;
    while (next < bytes_.size() && !chunk_at(next)) next += 64;
    const size_t end = std::min(next, bytes_.size());
    segments_.notes.push_back(path_ + ": no intact chunk in bytes " + std::to_string(at) + " to " +
                              std::to_string(end - 1) + (end == bytes_.size() ? ", the end of the file" : ""));
    return end;
  }

  void take(const FlightChunk& chunk, size_t at) {
    switch (chunk.kind) {
      case FlightChunkKind::kLines:
        return take_lines(chunk, at);
      case FlightChunkKind::kSites:
        for (size_t i = 0; i < chunk.payload_bytes / sizeof(FlightSiteSlot); ++i) {
          FlightSiteSlot site{};
          std::memcpy(&site, bytes_.data() + at + i * sizeof site, sizeof site);
          if (site_intact(site)) segments_.sites[chunk.first_site + static_cast<uint32_t>(i)] = site;
        }
        return;
      case FlightChunkKind::kAnchor: {
        FlightClockAnchor anchor{};
        if (chunk.payload_bytes < sizeof anchor) return;
        std::memcpy(&anchor, bytes_.data() + at, sizeof anchor);
        if (anchor_intact(anchor)) segments_.anchors.push_back(anchor);
        return;
      }
    }
  }

  void take_lines(const FlightChunk& chunk, size_t at) {
    FlightSegmentRing& ring = segments_.rings[chunk.ring];
    ring.kind = chunk.ring_kind;
    ring.tid = chunk.tid;
    ring.name = chunk.name.view();
    std::vector<FlightLine> lines(chunk.payload_bytes / sizeof(FlightLine));
    std::memcpy(lines.data(), bytes_.data() + at, chunk.payload_bytes);
    const uint32_t seed = detail::ring_crc_seed(header_.nonce, chunk.ring);
    for (size_t place = 0; place < lines.size();) {
      auto record = scan_record(lines.data(), lines.size(), false, place, seed);
      if (!record) {
        segments_.notes.push_back(path_ + ": a record in the chunk at byte " + std::to_string(at) + " is damaged");
        return;
      }
      place += record->lines;
      ring.records.push_back(std::move(*record));
    }
  }

  std::string bytes_;
  std::string path_;
  FlightSegments& segments_;
  FlightHeader header_{};
};

void sort_out(FlightSegments& segments) {
  for (auto& [number, ring] : segments.rings) {
    const auto by_sequence = [](const auto& left, const auto& right) { return left.sequence < right.sequence; };
    if (!std::is_sorted(ring.records.begin(), ring.records.end(), by_sequence)) {
      std::stable_sort(ring.records.begin(), ring.records.end(), by_sequence);
    }
    ring.records.erase(std::unique(ring.records.begin(), ring.records.end(),
                                   [](const auto& left, const auto& right) { return left.sequence == right.sequence; }),
                       ring.records.end());
  }
}

}  // namespace

FlightSegments read_flight_segments(const std::string& path, std::optional<uint64_t> nonce) {
  FlightSegments segments;
  std::vector<std::string> paths = segment_paths(path);
  // From the newest: without a nonce its recorder is the one that counts.
  std::reverse(paths.begin(), paths.end());
  for (const std::string& segment : paths) {
    auto bytes = read_file(segment);
    if (!bytes) {
      segments.notes.push_back(bytes.error().message);
      continue;
    }
    bytes->resize(std::max(bytes->size(), kFlightPageBytes));
    std::vector<std::string> notes;
    const auto header = choose_flight_header(bytes->substr(0, kFlightPageBytes), kFlightSegmentMagic, segment, notes);
    for (const std::string& note : notes) segments.notes.push_back(segment + ": " + note);
    if (!header) {
      segments.notes.push_back(header.error().message);
      continue;
    }
    if (!nonce) nonce = header->nonce;
    if (header->nonce != *nonce) continue;
    segments.header = *header;
    SegmentParser(std::move(*bytes), segment, segments).parse(*header);
  }
  sort_out(segments);
  return segments;
}

}  // namespace crashwright::postmortem
