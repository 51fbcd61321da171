#include "postmortem/flight_clock.h"

#include <cstddef>
#include <string_view>

#include "base/checksum.h"
#include "base/file.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace crashwright::postmortem {

FlightClock best_flight_clock() noexcept {
#if defined(__x86_64__)
  constexpr unsigned kPowerManagement = 0x80000007U;
  constexpr unsigned kInvariant = 1U << 8;
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  if (__get_cpuid(kPowerManagement, &eax, &ebx, &ecx, &edx) == 0 || (edx & kInvariant) == 0) {
    return FlightClock::kMonotonic;
  }
  const auto source = read_file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  // Without that file (a sandbox) there is only the processor's word.
  if (!source) return FlightClock::kTimeStampCounter;
  const std::string_view name(*source);
  return name.starts_with("tsc") || name.starts_with("kvm-clock") ? FlightClock::kTimeStampCounter
                                                                  : FlightClock::kMonotonic;
#else
  return FlightClock::kMonotonic;
#endif
}

FlightClockAnchor take_anchor(FlightClock clock) noexcept {
  constexpr int kReadings = 16;
  FlightClockAnchor best{};
  uint64_t best_width = UINT64_MAX;
  for (int i = 0; i < kReadings; ++i) {
    const uint64_t before = read_ticks(clock);
    const uint64_t monotonic = monotonic_ns();
    const uint64_t after = read_ticks(clock);
    if (after - before >= best_width) continue;
    best_width = after - before;
    best.ticks = before + best_width / 2;
    best.monotonic_ns = monotonic;
    // The wall clock may come a little later: its reading is good to a microsecond, not to the nanosecond.
    best.wall_ns = wall_ns();
  }
  if (clock == FlightClock::kMonotonic) best.ticks = best.monotonic_ns;
  best.crc = crc32c(&best, offsetof(FlightClockAnchor, crc));
  return best;
}

bool anchor_intact(const FlightClockAnchor& anchor) noexcept {
  return anchor.monotonic_ns != 0 && anchor.crc == crc32c(&anchor, offsetof(FlightClockAnchor, crc));
}

}  // namespace crashwright::postmortem
