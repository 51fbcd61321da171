// The flight recorder: the last records of every thread, in a mapped file that outlives any death of the process.
//
//   CRASHWRIGHT_LOG_INFO("order {} sent at {}", reference, price_ticks);
//   CRASHWRIGHT_LOG_WARN("refused {symbol} {price_ticks=}", symbol, price_ticks);      // named: key-value fields
//   CRASHWRIGHT_LOG_AT(FlightStamp::from_ticks(event.tsc), Severity::kInfo, "fill of {}", reference);
//   CRASHWRIGHT_LOG_IN_SIGNAL(Severity::kError, "signal {}", signal_number);             // from a signal handler
//
// A log call packs its arguments into a 64-byte line, stamps it and stores it into the calling thread's ring. No lock,
// no system call, no formatting and no page fault; formatting is the reader's work (flight_reader.h). The format string
// is a literal, checked against the argument types at compile time (log_format_check.h), and is stored once in the file
// with source file, line, severity and argument types, so that a file decodes without the binary that wrote it.
//
// Arguments: integers, enumerations, float, double, bool, char, const char*, std::string_view, std::string, const
//          void*; at most 16. Strings are copied up to 255 bytes. More than 40 bytes of arguments (a string counts two
//          bytes more) take further lines of the ring.
// Time:    of the time stamp counter where it is invariant, else of CLOCK_MONOTONIC; or handed over (FlightStamp) by a
//          caller who has one already, which is most of a call's cost saved. The reader turns it into wall time and
//          says how far off that may be.
// Modes:   keep the newest (a ring overwrites its oldest records) or keep all: a thread of the recorder drains the
//          rings into files beside the ring's, `path`.000001 and so on, and when it falls behind a log call drops its
//          record and counts that, or waits. What ring and files hold together is every committed record.
// Durable: a record whose call returned survives any death of the process. The ring itself is never synced: that would
//          stall the writer. To survive power loss too, it is copied out to those files in the background, through
//          io_uring and synced; flush_flight_recorder() tells when.
// Truncation: another process that shortens a mapped file kills its writers by SIGBUS. A ring in `memory_fd` is sealed
//          against that and outlives the process as long as its supervisor holds the descriptor. A file system knows no
//          seals; there the file is read-only to everyone from its creation (mode 0444), so that only root or a change
//          of mode by its owner can truncate it.
// Complete or absent: a record counts once its commit mark is stored, after everything else: line number and checksum
//          over the whole record.
// Threads: log calls from any thread, each has its own ring. The first call of a thread claims and prefaults it (or
//          prepare_flight_thread(), off the hot path); the first call through a call site stores the site. Both are
//          free of locks. open, close and refresh: one thread at a time.
// Errors:  a log call never fails and never throws. Before opening, after closing, and for a thread or a call site for
//          which there is no room, it drops the record; drops are counted in the file.
// fork:    a child does not write into its parent's rings; it may open a file of its own (a file per process).
// Signal context: CRASHWRIGHT_LOG_IN_SIGNAL yes, into a ring reserved for handlers; all others no (a handler would
//          interrupt its own thread's ring). A handler that leaves by siglongjmp out of a log call keeps its ring.
// Witness: each commit stores the thread's count of committed records in ThreadWitness::log_committed; of signal
//          handlers' records only the file keeps count.
// Format:  flight_recorder_format.md
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "postmortem/audit_log.h"
#include "postmortem/flight_fast_path.h"
#include "postmortem/flight_format.h"
#include "postmortem/log_packing.h"
#include "postmortem/log_site.h"

namespace crashwright::postmortem {

struct FlightRecorderOptions {
  std::string path;                        // a file of that name is first renamed to `path`.previous
  size_t ring_bytes_per_thread = 1 << 20;  // rounded up to a power of two, at least 8 KiB
  size_t threads_max = 32;                 // further threads get no ring
  size_t threads_prefaulted = 6;           // rings made ready by open; later ones when they are claimed
  size_t signal_rings = 2;                 // handlers that may log at the same time; their rings are made ready by open
  size_t sites_max = 1024;                 // call sites
  // kMonotonic: log calls cost more, and opening saves the millisecond in which a time stamp counter is rated.
  FlightClock clock_wanted = FlightClock::kTimeStampCounter;
  FlightMode mode = FlightMode::kKeepNewest;
  // kPowerLoss: records are copied out and synced in the background, in every mode.
  Durability survives = Durability::kProcessDeath;
  size_t segment_bytes = 64 << 20;  // a drained file of this size is followed by the next
  size_t segments_max = 0;          // older ones are deleted; 0: none
  int memory_fd = -1;               // of make_flight_memory(): the ring lies there, `path` names the drained files only
};

// A sealed memory file for the ring of a process that is yet to be started with the same options (and this descriptor
// as memory_fd): it can neither shrink nor grow, and whoever holds the descriptor can read it after the death of all
// others, as /proc/self/fd/N. Close-on-exec is not set. kUsage for limits out of range, kIo.
[[nodiscard]] Result<int> make_flight_memory(const FlightRecorderOptions& options);

// Creates, maps and prefaults the file, and starts the drainer where mode or durability need one. kUsage when already
// open or for limits out of range, kIo with the path.
[[nodiscard]] Status open_flight_recorder(const FlightRecorderOptions& options);

// Drops everything that is logged from now on, drains what there is, stops the drainer. The mapping stays until the
// process ends, so that a call under way in another thread can finish. Closed already: nothing.
void close_flight_recorder();

// Returns once everything committed before the call is in the drained files, and synced if the recorder is to survive
// power loss. Without a drainer at once. kIo when the drainer has failed, kEnvironment when the time is over first.
[[nodiscard]] Status flush_flight_recorder(std::chrono::nanoseconds timeout);

// Claims the calling thread's ring now, so that its first log call is as cheap as the others.
void prepare_flight_thread();

// Reads the clocks once more and stores them: makes the times of a long run exact. Worth a call every few seconds, from
// the watchdog for example; the drainer does it too. Signal context: no.
void refresh_flight_clock();

namespace detail {

// The open file's clock and the moment of its opening.
struct FlightEpoch {
  FlightClock clock;
  uint64_t ticks;
  uint64_t monotonic_ns;
  uint64_t wall_ns;
};
extern FlightEpoch g_epoch;

}  // namespace detail

// A moment that the caller knows already, for CRASHWRIGHT_LOG_AT. Good for the file that is open when it is made.
// Signal context: yes.
class FlightStamp {
 public:
  // What a log call would take now: take it once for an event and hand it to all its log calls.
  [[nodiscard]] static FlightStamp now() noexcept;
  // A reading of the time stamp counter; only where that is the recorder's clock (flight_clock_is_tsc()).
  [[nodiscard]] static FlightStamp from_ticks(uint64_t ticks) noexcept {
    return FlightStamp((ticks - detail::g_epoch.ticks) & kFlightStampMask);
  }
  [[nodiscard]] static FlightStamp from_monotonic_ns(uint64_t ns) noexcept {
    return FlightStamp(((ns - detail::g_epoch.monotonic_ns) & kFlightStampMask) | kFlightStampNanoseconds);
  }
  [[nodiscard]] static FlightStamp from_wall_ns(uint64_t ns) noexcept {
    return FlightStamp(((ns - detail::g_epoch.wall_ns) & kFlightStampMask) | kFlightStampNanoseconds);
  }

  [[nodiscard]] uint64_t word() const noexcept { return word_; }  // as stored, without the number of lines

 private:
  explicit FlightStamp(uint64_t word) : word_(word) {}
  uint64_t word_;
};

[[nodiscard]] bool flight_clock_is_tsc() noexcept;

namespace detail {

// Stores a record of any size; bytes behind `size` and below 40 are readable and zero.
void commit_bytes(LogSite& site, const std::byte* bytes, size_t size) noexcept;
void commit_bytes_at(LogSite& site, uint64_t stamp, const std::byte* bytes, size_t size) noexcept;
// The first four bytes make room for the thread's id.
void commit_in_signal(LogSite& site, std::byte* bytes, size_t size) noexcept;

template <typename... Args>
inline void log(LogSite& site, const Args&... args) noexcept {
  pack([&](const uint64_t* w) { commit_line(site, OwnStamp{}, w[0], w[1], w[2], w[3], w[4]); },
       [&](const std::byte* bytes, size_t size) { commit_bytes(site, bytes, size); }, args...);
}

template <typename... Args>
inline void log_at(FlightStamp stamp, LogSite& site, const Args&... args) noexcept {
  pack([&](const uint64_t* w) { commit_line(site, GivenStamp{stamp.word()}, w[0], w[1], w[2], w[3], w[4]); },
       [&](const std::byte* bytes, size_t size) { commit_bytes_at(site, stamp.word(), bytes, size); }, args...);
}

template <typename... Args>
inline void log_in_signal(LogSite& site, const Args&... args) noexcept {
  LogBytes<sizeof(uint32_t), Args...> packed(args...);
  commit_in_signal(site, packed.bytes, packed.size);
}

}  // namespace detail
}  // namespace crashwright::postmortem

// `format_text` is a string literal. Works in templates and inline functions too.
#define CRASHWRIGHT_LOG_SITE(severity_value, format_text, ...)                                                 \
  static constinit ::crashwright::postmortem::LogSite crashwright_log_site =                                   \
      ::crashwright::postmortem::detail::make_log_site(                                                        \
          decltype(::crashwright::postmortem::detail::log_arguments(__VA_ARGS__)){}, "" format_text, __FILE__, \
          __LINE__, severity_value)

#define CRASHWRIGHT_LOG(severity_value, format_text, ...)                                    \
  do {                                                                                       \
    CRASHWRIGHT_LOG_SITE(severity_value, format_text, __VA_ARGS__);                          \
    ::crashwright::postmortem::detail::log(crashwright_log_site __VA_OPT__(, ) __VA_ARGS__); \
  } while (false)

#define CRASHWRIGHT_LOG_AT(stamp, severity_value, format_text, ...)                                    \
  do {                                                                                                 \
    CRASHWRIGHT_LOG_SITE(severity_value, format_text, __VA_ARGS__);                                    \
    ::crashwright::postmortem::detail::log_at(stamp, crashwright_log_site __VA_OPT__(, ) __VA_ARGS__); \
  } while (false)

#define CRASHWRIGHT_LOG_IN_SIGNAL(severity_value, format_text, ...)                                    \
  do {                                                                                                 \
    CRASHWRIGHT_LOG_SITE(severity_value, format_text, __VA_ARGS__);                                    \
    ::crashwright::postmortem::detail::log_in_signal(crashwright_log_site __VA_OPT__(, ) __VA_ARGS__); \
  } while (false)

#define CRASHWRIGHT_LOG_DEBUG(...) CRASHWRIGHT_LOG(::crashwright::postmortem::Severity::kDebug, __VA_ARGS__)
#define CRASHWRIGHT_LOG_INFO(...) CRASHWRIGHT_LOG(::crashwright::postmortem::Severity::kInfo, __VA_ARGS__)
#define CRASHWRIGHT_LOG_WARN(...) CRASHWRIGHT_LOG(::crashwright::postmortem::Severity::kWarn, __VA_ARGS__)
#define CRASHWRIGHT_LOG_ERROR(...) CRASHWRIGHT_LOG(::crashwright::postmortem::Severity::kError, __VA_ARGS__)
