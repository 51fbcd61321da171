#include "harness/runner/flight_progress.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"
#include "postmortem/flight_format.h"

namespace crashwright::harness {
namespace {

using postmortem::FlightHeader;
using postmortem::FlightRingEntry;

// Files that the process maps for writing and whose names end like a flight recorder's.
std::set<std::string> mapped_records(int32_t pid) {
  std::set<std::string> paths;
  const auto maps = read_file(fmt::format("/proc/{}/maps", pid));
  std::istringstream lines(maps ? *maps : std::string());
  for (std::string line; std::getline(lines, line);) {
    const size_t path = line.find('/');
    if (path != std::string::npos && line.ends_with(".rec") && line.find(" rw-s ") < path) {
      paths.insert(line.substr(path));
    }
  }
  return paths;
}

void add_records(const std::string& path, std::map<int32_t, uint64_t>& records) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  FlightHeader header{};
  if (!fd || ::pread(fd.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) return;
  if (header.magic != postmortem::kFlightMagic || header.rings_max > postmortem::kFlightRingsMax) return;
  std::vector<char> directory(header.rings_max * sizeof(FlightRingEntry));
  const ssize_t got =
      ::pread(fd.get(), directory.data(), directory.size(), static_cast<off_t>(header.directory_offset));
  for (size_t at = 0; got > 0 && at + sizeof(FlightRingEntry) <= static_cast<size_t>(got);
       at += sizeof(FlightRingEntry)) {
    const auto& entry = *reinterpret_cast<const FlightRingEntry*>(directory.data() + at);
    if (entry.kind == postmortem::FlightRingKind::kThread) {
      records[static_cast<int32_t>(entry.tid)] += entry.committed.load(std::memory_order_relaxed);
    }
  }
}

}  // namespace

std::map<int32_t, uint64_t> committed_records(int32_t pid) {
  std::map<int32_t, uint64_t> records;
  for (const std::string& path : mapped_records(pid)) add_records(fmt::format("/proc/{}/root{}", pid, path), records);
  return records;
}

}  // namespace crashwright::harness
