// Turns a record's stamp into CLOCK_MONOTONIC and wall time, with a bound on its error. Internal to the reader.
//
// Method:  ticks are interpolated between the two anchors around them. The counter runs evenly; the kernel's clock does
//          not, its discipline may slew it: by kSlewPpm at most, which is the limit of adjtimex(2)'s frequency, or as
//          much as the rates of neighbouring anchor pairs differ, whichever is more. Over a distance d to the nearer
//          anchor the interpolation is off by no more than 2 d times that, plus the anchors' own reading errors. Behind
//          the last anchor the rate since opening is carried on, and its uncertainty is added.
//          A stamp handed over in nanoseconds is as good as its caller's clock, which nobody here knows.
// Wall:    the wall clock at opening, carried on by the monotonic clock: a step of the wall clock reorders nothing.
//          Steps that anchors have seen are told by steps().
// Threads: a value. Errors: none. Signal context: no.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "postmortem/flight_format.h"

namespace crashwright::postmortem {

struct FlightMoment {
  uint64_t monotonic_ns;
  uint64_t wall_ns;
  uint64_t error_ns;
};

class FlightTime {
 public:
  static constexpr uint64_t kSlewPpm = 500;

  // `anchors` with the opening one among them, in any order.
  FlightTime(const FlightHeader& header, std::vector<FlightClockAnchor> anchors);

  // `stamp` since opening, in ticks or nanoseconds.
  [[nodiscard]] FlightMoment moment(int64_t stamp, bool is_nanoseconds) const;
  // One line for each time the wall clock was set while the recorder ran.
  [[nodiscard]] std::vector<std::string> steps() const;

 private:
  [[nodiscard]] FlightMoment between(size_t after, uint64_t ticks) const;
  [[nodiscard]] FlightMoment outside(const FlightClockAnchor& nearest, uint64_t ticks) const;
  [[nodiscard]] double rate(size_t left, size_t right) const;  // nanoseconds per tick
  [[nodiscard]] double slew(size_t after) const;
  [[nodiscard]] FlightMoment at(int64_t monotonic_ns, double error_ns) const;

  FlightClockAnchor opened_;
  std::vector<FlightClockAnchor> anchors_;  // by ticks
};

}  // namespace crashwright::postmortem
