// The recorder's time stamps: the time stamp counter where it is invariant, CLOCK_MONOTONIC elsewhere.
//
// Threads: any. Errors: none. Signal context: read_ticks() and take_anchor() yes, best_flight_clock() no.
// Source:  Intel SDM vol. 3, 17.17.1 "Invariant TSC"; AMD APM vol. 3, CPUID Fn8000_0007 EDX bit 8.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "postmortem/flight_format.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace crashwright::postmortem {

// The counter only if the processor calls it invariant; whether it is also the same on all processors is the kernel's
// judgement: it must be its clock source or the base of one (tsc, kvm-clock).
[[nodiscard]] FlightClock best_flight_clock() noexcept;

[[nodiscard]] inline uint64_t read_ticks(FlightClock clock) noexcept {
#if defined(__x86_64__)
  if (clock == FlightClock::kTimeStampCounter) [[likely]]
    return __rdtsc();
#else
  static_cast<void>(clock);
#endif
  return monotonic_ns();
}

// All clocks at one moment: the closest of several readings.
[[nodiscard]] FlightClockAnchor take_anchor(FlightClock clock) noexcept;

[[nodiscard]] uint32_t anchor_crc(const FlightClockAnchor& anchor, uint32_t version = kFlightVersion) noexcept;
[[nodiscard]] bool anchor_intact(const FlightClockAnchor& anchor, uint32_t version = kFlightVersion) noexcept;

}  // namespace crashwright::postmortem
