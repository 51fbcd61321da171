#include "postmortem/flight_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>

#include "base/clock.h"
#include "base/file.h"
#include "postmortem/flight_clock.h"

namespace crashwright::postmortem {
namespace {

using detail::OpenFlightFile;

uint64_t round_to_page(uint64_t bytes) { return (bytes + kFlightPageBytes - 1) / kFlightPageBytes * kFlightPageBytes; }

// "0d6c1a7e-...": the kernel's id of this boot, so that a reader knows whose monotonic clock it was.
void read_boot_id(uint8_t* to, size_t size) {
  const auto text = read_file("/proc/sys/kernel/random/boot_id");
  if (!text) return;
  size_t digits = 0;
  for (const char c : *text) {
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0 || digits / 2 >= size) continue;
    to[digits / 2] = static_cast<uint8_t>(to[digits / 2] << 4 | value);
    ++digits;
  }
}

// Read-only to everyone: the descriptor that created it may write, nobody else can open it for writing or truncate it.
Result<UniqueFd> create_file(const std::string& path, uint64_t size) {
  const std::string previous = path + ".previous";
  if (::rename(path.c_str(), previous.c_str()) != 0 && errno != ENOENT) {
    return fail_errno(errno, "rename " + path + " to " + previous);
  }
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!fd) return fail_errno(errno, "create " + path);
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return fail_errno(errno, "size " + path);
  return fd;
}

Result<UniqueFd> adopt_memory(int memory_fd, uint64_t size) {
  UniqueFd fd(::fcntl(memory_fd, F_DUPFD_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "flight recorder: memory_fd");
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, "flight recorder: memory_fd");
  if (static_cast<uint64_t>(info.st_size) != size) {
    return fail(
        ErrorKind::kUsage,
        "flight recorder: memory_fd has " + std::to_string(info.st_size) + " bytes, not " + std::to_string(size),
        "make_flight_memory() with the same options");
  }
  return fd;
}

}  // namespace

Status check_flight_options(const FlightRecorderOptions& options) {
  const size_t bytes_max = kFlightRingLinesMax * sizeof(FlightLine);
  if (options.ring_bytes_per_thread > bytes_max || options.threads_max == 0 ||
      options.threads_max > kFlightRingsMax - kFlightSignalRingsMax || options.signal_rings > kFlightSignalRingsMax ||
      options.sites_max == 0 || options.sites_max > kFlightSitesMax) {
    return fail(ErrorKind::kUsage, "flight recorder: limits out of range",
                "1 to " + std::to_string(kFlightRingsMax - kFlightSignalRingsMax) + " threads, at most " +
                    std::to_string(kFlightSignalRingsMax) + " rings of signal handlers, 1 to " +
                    std::to_string(kFlightSitesMax) + " call sites, at most " + std::to_string(bytes_max) +
                    " bytes per ring");
  }
  return {};
}

FlightHeader plan_flight_file(const FlightRecorderOptions& options) {
  FlightHeader header{};
  header.magic = kFlightMagic;
  header.version = kFlightVersion;
  header.pid = static_cast<uint32_t>(::getpid());
  header.rings_max = static_cast<uint32_t>(options.threads_max + options.signal_rings);
  header.signal_rings = static_cast<uint32_t>(options.signal_rings);
  header.sites_max = static_cast<uint32_t>(options.sites_max);
  header.lines_per_ring = static_cast<uint32_t>(
      std::bit_ceil(std::max(options.ring_bytes_per_thread / sizeof(FlightLine), kFlightRingLinesMin)));
  header.clock = options.clock_wanted == FlightClock::kMonotonic ? FlightClock::kMonotonic : best_flight_clock();
  header.mode = options.mode;
  header.directory_offset = kFlightPageBytes;
  header.sites_offset = header.directory_offset + round_to_page(uint64_t{header.rings_max} * sizeof(FlightRingEntry));
  header.rings_offset = header.sites_offset + round_to_page(uint64_t{header.sites_max} * sizeof(FlightSiteSlot));
  read_boot_id(header.boot_id, sizeof header.boot_id);
  if (::getrandom(&header.nonce, sizeof header.nonce, 0) != sizeof header.nonce) header.nonce = monotonic_ns();
  return header;
}

uint64_t flight_file_bytes(const FlightHeader& header) {
  return header.rings_offset + uint64_t{header.lines_per_ring} * sizeof(FlightLine) * header.rings_max;
}

Status make_flight_pages_ready(const OpenFlightFile& file, uint64_t offset, uint64_t size, const std::string& path) {
  if (const int error = ::posix_fallocate(file.fd, static_cast<off_t>(offset), static_cast<off_t>(size)); error != 0) {
    return fail_errno(error, "reserve " + std::to_string(size) + " bytes of " + path);
  }
  if (::madvise(file.mapping + offset, size, MADV_POPULATE_WRITE) == 0) return {};
  // Before Linux 5.14. Adding zero dirties the page and keeps what is in it.
  for (uint64_t at = offset; at < offset + size; at += kFlightPageBytes) {
    std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(file.mapping + at)).fetch_add(0, std::memory_order_relaxed);
  }
  return {};
}

Result<OpenFlightFile> create_flight_file(const FlightRecorderOptions& options, const FlightHeader& header) {
  const uint64_t size = flight_file_bytes(header);
  auto fd = options.memory_fd >= 0 ? adopt_memory(options.memory_fd, size) : create_file(options.path, size);
  if (!fd) return tl::unexpected<Error>(std::move(fd.error()));
  void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd->get(), 0);
  if (mapped == MAP_FAILED) return fail_errno(errno, "map " + options.path);
  OpenFlightFile file;
  file.fd = fd->get();
  file.mapping = static_cast<std::byte*>(mapped);
  file.header = header;
  file.ring_bytes = uint64_t{header.lines_per_ring} * sizeof(FlightLine);
  file.rings_prefaulted = std::min(options.threads_prefaulted, options.threads_max);
  auto ready =
      make_flight_pages_ready(file, 0, header.rings_offset + file.rings_prefaulted * file.ring_bytes, options.path);
  if (ready && header.signal_rings > 0) {
    ready = make_flight_pages_ready(file, file.ring_offset(file.thread_rings()), header.signal_rings * file.ring_bytes,
                                    options.path);
  }
  static_cast<void>(fd->release());
  if (!ready) {
    discard_flight_file(file, options);
    return tl::unexpected<Error>(std::move(ready.error()));
  }
  return file;
}

void discard_flight_file(const OpenFlightFile& file, const FlightRecorderOptions& options) {
  ::munmap(file.mapping, flight_file_bytes(file.header));
  ::close(file.fd);
  if (options.memory_fd < 0) ::unlink(options.path.c_str());
}

Result<int> make_flight_memory(const FlightRecorderOptions& options) {
  if (auto good = check_flight_options(options); !good) return tl::unexpected<Error>(std::move(good.error()));
  UniqueFd fd(::memfd_create("flight-recorder", MFD_ALLOW_SEALING));
  if (!fd) return fail_errno(errno, "flight recorder: memfd_create");
  if (::ftruncate(fd.get(), static_cast<off_t>(flight_file_bytes(plan_flight_file(options)))) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail_errno(errno, "flight recorder: seal memory");
  }
  return fd.release();
}

}  // namespace crashwright::postmortem
