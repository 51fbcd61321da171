#include "postmortem/flight_clock.h"

#include <algorithm>
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
  uint64_t best_width_ns = UINT64_MAX;
  for (int i = 0; i < kReadings; ++i) {
    const uint64_t start_ns = monotonic_ns();
    const uint64_t before = read_ticks(clock);
    const uint64_t monotonic = monotonic_ns();
    const uint64_t after = read_ticks(clock);
    const uint64_t wall = wall_ns();
    const uint64_t end_ns = monotonic_ns();
    if (end_ns - start_ns >= best_width_ns) continue;
    best_width_ns = end_ns - start_ns;  // all three were read within it
    best.ticks = before + (after - before) / 2;
    best.monotonic_ns = monotonic;
    best.wall_ns = wall - (end_ns - monotonic) / 2;
    best.error_ns = static_cast<uint32_t>(std::min<uint64_t>(best_width_ns, UINT32_MAX));
  }
  if (clock == FlightClock::kMonotonic) best.ticks = best.monotonic_ns;
  best.crc = anchor_crc(best);
  return best;
}

uint32_t anchor_crc(const FlightClockAnchor& anchor, uint32_t version) noexcept {
  const uint32_t crc = crc32c(&anchor, offsetof(FlightClockAnchor, crc));
  return version < 2 ? crc : crc32c(&anchor.error_ns, sizeof anchor.error_ns, crc);
}

bool anchor_intact(const FlightClockAnchor& anchor, uint32_t version) noexcept {
  return anchor.monotonic_ns != 0 && anchor.crc == anchor_crc(anchor, version);
}

}  // namespace crashwright::postmortem
