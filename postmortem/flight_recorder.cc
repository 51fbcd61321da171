// The slow half of the flight recorder: opening and closing, the rings and the call sites.
#include "postmortem/flight_recorder.h"

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <new>

#include "base/checksum.h"
#include "base/clock.h"
#include "postmortem/control_block.h"
#include "postmortem/flight_clock.h"
#include "postmortem/flight_drainer.h"
#include "postmortem/flight_file.h"
#include "postmortem/flight_recorder_state.h"

namespace crashwright::postmortem {
namespace detail {

std::atomic<uint32_t> g_generation{0};
OpenFlightFile g_flight_file;
FlightEpoch g_epoch{FlightClock::kMonotonic, 0, 0, 0};

uint32_t ring_crc_seed(uint64_t nonce, uint32_t ring) noexcept { return crc32c(&ring, sizeof ring, crc32c(&nonce, 8)); }

}  // namespace detail

namespace {

using detail::g_flight_file;
using detail::OpenFlightFile;
using detail::ThreadLog;

std::atomic<uint32_t> g_generations_used{0};
std::atomic_flag g_anchoring = ATOMIC_FLAG_INIT;
std::unique_ptr<FlightDrainer> g_drainer;  // of the open file, null when it needs none

void write_header(std::byte* mapping, FlightHeader header) {
  header.crc = crc32c(&header, offsetof(FlightHeader, crc));
  std::memcpy(mapping + kFlightHeaderCopyOffset, &header, sizeof header);
  std::memcpy(mapping, &header, sizeof header);
}

void store_anchor(FlightHeaderPage& page, FlightClock clock) {
  const uint32_t number = page.anchors_taken.load(std::memory_order_relaxed) + 1;
  page.anchors[flight_anchor_slot(number)] = take_anchor(clock);
  page.anchors_taken.store(number, std::memory_order_release);
}

// The rate of the ticks must be known even if the process dies at once.
void store_first_anchor(FlightHeaderPage& page, const FlightHeader& header) {
  constexpr uint64_t kBaselineNs = 1'000'000;
  while (header.clock != FlightClock::kMonotonic && monotonic_ns() < header.opened.monotonic_ns + kBaselineNs) {
  }
  store_anchor(page, header.clock);
}

// A child of fork() has its parent's rings mapped and must not write there; the drainer's thread is the parent's.
void forget_file_in_child() {
  detail::g_generation.store(0, std::memory_order_relaxed);
  static_cast<void>(g_drainer.release());
}

uint32_t next_generation() {
  const uint32_t used = g_generations_used.fetch_add(1, std::memory_order_relaxed);
  if (used == 0) ::pthread_atfork(nullptr, nullptr, forget_file_in_child);
  return used % detail::kSiteMask + 1;
}

void complete_entry(FlightRingEntry& entry, FlightRingKind kind, uint32_t tid, const char* name) {
  entry.kind = kind;
  entry.tid = tid;
  entry.name.assign(name);
  // Last: the drainer looks at the rest once this is there.
  std::atomic_ref<uint32_t>(entry.crc).store(crc32c(&entry, offsetof(FlightRingEntry, crc)), std::memory_order_release);
}

// `log` writes into ring `ring` from its first line on.
void start_ring(ThreadLog& log, uint32_t ring) {
  const FlightHeader& header = g_flight_file.header;
  FlightRingEntry& entry = g_flight_file.entry(ring);
  entry.drained_line.store(header.lines_per_ring, std::memory_order_release);
  log.lines = g_flight_file.lines(ring);
  log.line_mask = header.lines_per_ring - 1;
  log.next_line = header.lines_per_ring;
  log.limit_line = header.mode == FlightMode::kKeepNewest ? UINT64_MAX : uint64_t{2} * header.lines_per_ring;
  log.next_sequence = 1;
  log.crc_seed = detail::ring_crc_seed(header.nonce, ring);
  log.base_ticks = header.opened.ticks;
  log.clock = header.clock;
  log.entry = &entry;
  log.ring_committed = &entry.committed;
}

// Claims and prefaults a ring for the calling thread.
bool claim_ring() {
  FlightHeaderPage& page = g_flight_file.page();
  const uint32_t rings = g_flight_file.thread_rings();
  const uint32_t ring = page.rings_claimed.fetch_add(1, std::memory_order_relaxed);
  if (ring >= rings) {
    page.rings_claimed.store(rings, std::memory_order_relaxed);
    return false;
  }
  if (ring >= g_flight_file.rings_prefaulted &&
      !make_flight_pages_ready(g_flight_file, g_flight_file.ring_offset(ring), g_flight_file.ring_bytes,
                               "the flight recorder's file")) {
    return false;
  }
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  ThreadLog& log = detail::t_log;
  start_ring(log, ring);
  complete_entry(g_flight_file.entry(ring), FlightRingKind::kThread, static_cast<uint32_t>(::gettid()), name);
  if (detail::t_log_committed == nullptr) detail::t_log_committed = &log.unwitnessed;
  return true;
}

// The thread's ring for `generation`. A thread that got none stays without one: `lines` is then null.
bool ready_ring(uint32_t generation) {
  ThreadLog& log = detail::t_log;
  if (log.generation == generation) return true;
  static thread_local uint32_t t_refused_in = 0;
  if (t_refused_in == generation) return false;
  if (!claim_ring()) {
    t_refused_in = generation;
    g_flight_file.page().threads_refused.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  log.generation = generation;
  log.fast_generation = detail::fast_commits(log.clock) ? generation : detail::kNoGeneration;
  return true;
}

// Two threads that meet here at the same site store it twice, and both copies are good. Signal context: yes.
bool store_site(LogSite& site, uint32_t generation) {
  std::atomic<uint32_t>& claimed = g_flight_file.page().sites_claimed;
  const uint32_t number = claimed.fetch_add(1, std::memory_order_relaxed);
  if (number >= g_flight_file.header.sites_max) {
    claimed.store(g_flight_file.header.sites_max, std::memory_order_relaxed);
    return false;
  }
  FlightSiteSlot& slot = g_flight_file.site(number);
  std::string_view file(site.file);
  if (file.size() > kLogFileBytesMax) file.remove_prefix(file.size() - kLogFileBytesMax);
  slot.line = site.line;
  slot.severity = site.severity;
  slot.argument_count = site.argument_count;
  std::copy(std::begin(site.arguments), std::end(site.arguments), slot.arguments);
  slot.file.assign(file);
  slot.format.assign(site.format);
  const uint32_t crc =
      crc32c(reinterpret_cast<const std::byte*>(&slot) + sizeof slot.crc, sizeof slot - sizeof slot.crc);
  std::atomic_ref<uint32_t>(slot.crc).store(crc, std::memory_order_release);
  site.key.store(generation << detail::kSiteBits | number, std::memory_order_release);
  return true;
}

void start_signal_rings(uint32_t generation) {
  for (uint32_t i = 0; i < g_flight_file.header.signal_rings; ++i) {
    const uint32_t ring = g_flight_file.thread_rings() + i;
    start_ring(detail::g_signal_logs[i].log, ring);
    complete_entry(g_flight_file.entry(ring), FlightRingKind::kSignalHandler, 0, "signal handler");
    detail::g_signal_logs[i].log.generation = generation;
  }
}

bool needs_drainer(const FlightRecorderOptions& options) {
  return options.mode != FlightMode::kKeepNewest || options.survives == Durability::kPowerLoss;
}

}  // namespace

bool detail::prepare_site(LogSite& site, uint32_t generation) noexcept {
  if (site.key.load(std::memory_order_acquire) >> kSiteBits == generation || store_site(site, generation)) return true;
  g_flight_file.page().records_refused.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool detail::prepare_log(LogSite& site, uint32_t generation) noexcept {
  if (generation == 0) return false;
  std::atomic_thread_fence(std::memory_order_acquire);
  if (ready_ring(generation)) return prepare_site(site, generation);
  g_flight_file.page().records_refused.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool detail::make_room(ThreadLog& log, uint64_t lines, bool may_wait) noexcept {
  const timespec pause{0, 20'000};
  for (;;) {
    log.limit_line = log.entry->drained_line.load(std::memory_order_acquire) + log.line_mask + 1;
    if (log.next_line + lines <= log.limit_line) return true;
    const bool drained_still = g_generation.load(std::memory_order_relaxed) == log.generation &&
                               g_flight_file.page().drain_failed.load(std::memory_order_relaxed) == 0;
    if (!may_wait || g_flight_file.header.mode != FlightMode::kKeepAllWait || !drained_still) break;
    ::nanosleep(&pause, nullptr);
  }
  log.entry->dropped.store(log.entry->dropped.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return false;
}

Status open_flight_recorder(const FlightRecorderOptions& options) {
  if (auto good = check_flight_options(options); !good) return good;
  if (detail::g_generation.load(std::memory_order_relaxed) != 0) {
    return fail(ErrorKind::kUsage, "flight recorder: already open", "close_flight_recorder() first");
  }
  FlightHeader header = plan_flight_file(options);
  header.opened = take_anchor(header.clock);
  auto file = create_flight_file(options, header);
  if (!file) return tl::unexpected<Error>(std::move(file.error()));
  std::unique_ptr<FlightDrainer> drainer;
  if (needs_drainer(options)) {
    auto made = FlightDrainer::make(*file, options);
    if (!made) {
      discard_flight_file(*file, options);
      return tl::unexpected<Error>(std::move(made.error()));
    }
    drainer = std::move(*made);
  }
  auto* const page = new (file->mapping) FlightHeaderPage{};
  store_first_anchor(*page, header);
  write_header(file->mapping, header);
  if (g_flight_file.fd >= 0) ::close(g_flight_file.fd);
  g_flight_file = *file;
  detail::g_epoch = {header.clock, header.opened.ticks, header.opened.monotonic_ns, header.opened.wall_ns};
  const uint32_t generation = next_generation();
  start_signal_rings(generation);
  g_drainer = std::move(drainer);
  detail::g_generation.store(generation, std::memory_order_release);
  if (g_drainer) g_drainer->start();
  return {};
}

void close_flight_recorder() {
  if (detail::g_generation.load(std::memory_order_relaxed) == 0) return;
  refresh_flight_clock();
  detail::g_generation.store(0, std::memory_order_relaxed);
  g_drainer.reset();  // drains what there is
}

Status flush_flight_recorder(std::chrono::nanoseconds timeout) {
  return g_drainer ? g_drainer->flush(timeout) : Status{};
}

void prepare_flight_thread() {
  const uint32_t generation = detail::g_generation.load(std::memory_order_acquire);
  if (generation != 0) static_cast<void>(ready_ring(generation));
}

void refresh_flight_clock() {
  if (detail::g_generation.load(std::memory_order_acquire) == 0) return;
  if (g_anchoring.test_and_set(std::memory_order_acquire)) return;
  store_anchor(g_flight_file.page(), g_flight_file.header.clock);
  g_anchoring.clear(std::memory_order_release);
}

bool flight_clock_is_tsc() noexcept { return detail::g_epoch.clock == FlightClock::kTimeStampCounter; }

FlightStamp FlightStamp::now() noexcept { return from_ticks(read_ticks(detail::g_epoch.clock)); }

}  // namespace crashwright::postmortem
