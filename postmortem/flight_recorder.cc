// The slow half of the flight recorder: the file, the rings and the call sites.
#include "postmortem/flight_recorder.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <new>

#include "base/checksum.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "postmortem/control_block.h"
#include "postmortem/flight_clock.h"
#include "postmortem/flight_recorder_state.h"

namespace crashwright::postmortem {
namespace detail {

std::atomic<uint32_t> g_generation{0};

uint32_t ring_crc_seed(uint64_t nonce, uint32_t ring) noexcept { return crc32c(&ring, sizeof ring, crc32c(&nonce, 8)); }

}  // namespace detail

namespace {

// The open file. Written by open before g_generation is, so that a log call that sees the generation sees this.
struct OpenFile {
  int fd = -1;
  std::byte* mapping = nullptr;
  FlightHeader header{};
  size_t ring_bytes = 0;
  size_t rings_prefaulted = 0;
};

OpenFile g_file;
std::atomic<uint32_t> g_generations_used{0};
std::atomic_flag g_anchoring = ATOMIC_FLAG_INIT;

FlightHeaderPage& header_page() { return *reinterpret_cast<FlightHeaderPage*>(g_file.mapping); }

FlightRingEntry& ring_entry(uint32_t ring) {
  return reinterpret_cast<FlightRingEntry*>(g_file.mapping + g_file.header.directory_offset)[ring];
}

FlightSiteSlot& site_slot(uint32_t site) {
  return reinterpret_cast<FlightSiteSlot*>(g_file.mapping + g_file.header.sites_offset)[site];
}

uint64_t ring_offset(uint64_t ring) { return g_file.header.rings_offset + ring * g_file.ring_bytes; }

// Blocks on the device (a full disk is an error here and not SIGBUS later), and pages that are writable already.
Status make_ready(int fd, std::byte* mapping, uint64_t offset, uint64_t size, const std::string& path) {
  if (const int error = ::posix_fallocate(fd, static_cast<off_t>(offset), static_cast<off_t>(size)); error != 0) {
    return fail_errno(error, "reserve " + std::to_string(size) + " bytes of " + path);
  }
  if (::madvise(mapping + offset, size, MADV_POPULATE_WRITE) == 0) return {};
  // Before Linux 5.14. Adding zero dirties the page and keeps what is in it.
  for (uint64_t at = offset; at < offset + size; at += kFlightPageBytes) {
    std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(mapping + at)).fetch_add(0, std::memory_order_relaxed);
  }
  return {};
}

Status check_options(const FlightRecorderOptions& options) {
  const size_t bytes_max = kFlightRingLinesMax * sizeof(FlightLine);
  if (options.ring_bytes_per_thread > bytes_max || options.threads_max == 0 ||
      options.threads_max > kFlightThreadsMax || options.sites_max == 0 || options.sites_max > kFlightSitesMax) {
    return fail(ErrorKind::kUsage, "flight recorder: limits out of range",
                "1 to " + std::to_string(kFlightThreadsMax) + " threads, 1 to " + std::to_string(kFlightSitesMax) +
                    " call sites, at most " + std::to_string(bytes_max) + " bytes per ring");
  }
  if (detail::g_generation.load(std::memory_order_relaxed) != 0) {
    return fail(ErrorKind::kUsage, "flight recorder: already open", "close_flight_recorder() first");
  }
  return {};
}

uint64_t round_to_page(uint64_t bytes) { return (bytes + kFlightPageBytes - 1) / kFlightPageBytes * kFlightPageBytes; }

FlightHeader plan_file(const FlightRecorderOptions& options) {
  FlightHeader header{};
  header.magic = kFlightMagic;
  header.version = kFlightVersion;
  header.pid = static_cast<uint32_t>(::getpid());
  header.threads_max = static_cast<uint32_t>(options.threads_max);
  header.sites_max = static_cast<uint32_t>(options.sites_max);
  header.lines_per_ring = static_cast<uint32_t>(
      std::bit_ceil(std::max(options.ring_bytes_per_thread / sizeof(FlightLine), kFlightRingLinesMin)));
  header.clock = best_flight_clock();
  header.directory_offset = kFlightPageBytes;
  header.sites_offset = header.directory_offset + round_to_page(uint64_t{header.threads_max} * sizeof(FlightRingEntry));
  header.rings_offset = header.sites_offset + round_to_page(uint64_t{header.sites_max} * sizeof(FlightSiteSlot));
  if (::getrandom(&header.nonce, sizeof header.nonce, 0) != sizeof header.nonce) header.nonce = monotonic_ns();
  return header;
}

Result<UniqueFd> create_file(const std::string& path, uint64_t size) {
  const std::string previous = path + ".previous";
  if (::rename(path.c_str(), previous.c_str()) != 0 && errno != ENOENT) {
    return fail_errno(errno, "rename " + path + " to " + previous);
  }
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "create " + path);
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return fail_errno(errno, "size " + path);
  return fd;
}

void write_header(std::byte* mapping, FlightHeader header) {
  header.crc = crc32c(&header, offsetof(FlightHeader, crc));
  std::memcpy(mapping + kFlightHeaderCopyOffset, &header, sizeof header);
  std::memcpy(mapping, &header, sizeof header);
}

// The rate of the ticks must be known even if the process dies at once.
void store_second_anchor(FlightHeaderPage& page, const FlightHeader& header) {
  constexpr uint64_t kBaselineNs = 1'000'000;
  while (header.clock != FlightClock::kMonotonic && monotonic_ns() < header.opened.monotonic_ns + kBaselineNs) {
  }
  page.later[0] = take_anchor(header.clock);
  page.anchors_taken.store(1, std::memory_order_relaxed);
}

// A child of fork() has its parent's rings mapped and must not write there.
void forget_file_in_child() { detail::g_generation.store(0, std::memory_order_relaxed); }

uint32_t next_generation() {
  const uint32_t used = g_generations_used.fetch_add(1, std::memory_order_relaxed);
  if (used == 0) ::pthread_atfork(nullptr, nullptr, forget_file_in_child);
  return used % detail::kSiteMask + 1;
}

// Claims and prefaults a ring for the calling thread.
bool claim_ring() {
  FlightHeaderPage& page = header_page();
  const uint32_t ring = page.rings_claimed.fetch_add(1, std::memory_order_relaxed);
  if (ring >= g_file.header.threads_max) {
    page.rings_claimed.store(g_file.header.threads_max, std::memory_order_relaxed);
    return false;
  }
  if (ring >= g_file.rings_prefaulted &&
      !make_ready(g_file.fd, g_file.mapping, ring_offset(ring), g_file.ring_bytes, "the flight recorder's file")) {
    return false;
  }
  FlightRingEntry& entry = ring_entry(ring);
  entry.kind = FlightRingKind::kThread;
  entry.tid = static_cast<uint32_t>(::gettid());
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  entry.name.assign(name);
  entry.crc = crc32c(&entry, offsetof(FlightRingEntry, crc));

  detail::ThreadLog& log = detail::t_log;
  log.lines = reinterpret_cast<FlightLine*>(g_file.mapping + ring_offset(ring));
  log.line_mask = g_file.header.lines_per_ring - 1;
  log.next_line = g_file.header.lines_per_ring;
  log.next_sequence = 1;
  log.crc_seed = detail::ring_crc_seed(g_file.header.nonce, ring);
  log.base_ticks = g_file.header.opened.ticks;
  log.clock = g_file.header.clock;
  log.ring_committed = &entry.committed;
  if (detail::t_log_committed == nullptr) detail::t_log_committed = &log.unwitnessed;
  return true;
}

// The thread's ring for `generation`. A thread that got none stays without one: `lines` is then null.
bool ready_ring(uint32_t generation) {
  detail::ThreadLog& log = detail::t_log;
  if (log.generation == generation) return true;
  static thread_local uint32_t t_refused_in = 0;
  if (t_refused_in == generation) return false;
  if (!claim_ring()) {
    t_refused_in = generation;
    header_page().threads_refused.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  log.generation = generation;
  return true;
}

// Two threads that meet here at the same site store it twice, and both copies are good.
bool store_site(LogSite& site, uint32_t generation) {
  std::atomic<uint32_t>& claimed = header_page().sites_claimed;
  const uint32_t number = claimed.fetch_add(1, std::memory_order_relaxed);
  if (number >= g_file.header.sites_max) {
    claimed.store(g_file.header.sites_max, std::memory_order_relaxed);
    return false;
  }
  FlightSiteSlot& slot = site_slot(number);
  std::string_view file(site.file);
  if (file.size() > kLogFileBytesMax) file.remove_prefix(file.size() - kLogFileBytesMax);
  slot.line = site.line;
  slot.severity = site.severity;
  slot.argument_count = site.argument_count;
  std::copy(std::begin(site.arguments), std::end(site.arguments), slot.arguments);
  slot.file.assign(file);
  slot.format.assign(site.format);
  slot.crc = crc32c(reinterpret_cast<const std::byte*>(&slot) + sizeof slot.crc, sizeof slot - sizeof slot.crc);
  site.key.store(generation << detail::kSiteBits | number, std::memory_order_release);
  return true;
}

}  // namespace

bool detail::prepare_log(LogSite& site, uint32_t generation) noexcept {
  if (generation == 0) return false;
  std::atomic_thread_fence(std::memory_order_acquire);
  const bool ready = ready_ring(generation) && (site.key.load(std::memory_order_acquire) >> kSiteBits == generation ||
                                                store_site(site, generation));
  if (!ready) header_page().records_refused.fetch_add(1, std::memory_order_relaxed);
  return ready;
}

Status open_flight_recorder(const FlightRecorderOptions& options) {
  if (auto good = check_options(options); !good) return good;
  FlightHeader header = plan_file(options);
  const uint64_t ring_bytes = uint64_t{header.lines_per_ring} * sizeof(FlightLine);
  const uint64_t size = header.rings_offset + ring_bytes * header.threads_max;
  header.opened = take_anchor(header.clock);
  auto fd = create_file(options.path, size);
  if (!fd) return tl::unexpected<Error>(std::move(fd.error()));
  void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd->get(), 0);
  if (mapped == MAP_FAILED) return fail_errno(errno, "map " + options.path);
  auto* const mapping = static_cast<std::byte*>(mapped);
  const size_t prefaulted = std::min(options.threads_prefaulted, options.threads_max);
  if (auto good = make_ready(fd->get(), mapping, 0, header.rings_offset + prefaulted * ring_bytes, options.path);
      !good) {
    ::munmap(mapped, size);
    ::unlink(options.path.c_str());
    return good;
  }
  auto* const page = new (mapping) FlightHeaderPage{};
  store_second_anchor(*page, header);
  write_header(mapping, header);
  if (g_file.fd >= 0) ::close(g_file.fd);
  g_file = {fd->release(), mapping, header, ring_bytes, prefaulted};
  detail::g_generation.store(next_generation(), std::memory_order_release);
  return {};
}

void close_flight_recorder() {
  if (detail::g_generation.load(std::memory_order_relaxed) == 0) return;
  refresh_flight_clock();
  detail::g_generation.store(0, std::memory_order_relaxed);
}

void prepare_flight_thread() {
  const uint32_t generation = detail::g_generation.load(std::memory_order_acquire);
  if (generation != 0) static_cast<void>(ready_ring(generation));
}

void refresh_flight_clock() {
  if (detail::g_generation.load(std::memory_order_acquire) == 0) return;
  if (g_anchoring.test_and_set(std::memory_order_acquire)) return;
  FlightHeaderPage& page = header_page();
  const uint32_t taken = page.anchors_taken.load(std::memory_order_relaxed);
  page.later[taken % 2] = take_anchor(g_file.header.clock);
  page.anchors_taken.store(taken + 1, std::memory_order_release);
  g_anchoring.clear(std::memory_order_release);
}

}  // namespace crashwright::postmortem
