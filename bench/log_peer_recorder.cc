// The flight recorder, as an engine uses it: the newest records kept in a ring.
#include <cerrno>
#include <string>
#include <string_view>

#include "bench/log_peers.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::bench {
namespace {

int open_recorder(const char* folder) {
  postmortem::FlightRecorderOptions options;
  options.path = std::string(folder) + "/flight.rec";
  options.threads_max = 4;
  if (!postmortem::open_flight_recorder(options)) return EIO;
  postmortem::prepare_flight_thread();
  return 0;
}

void burst_numbers(int64_t first) {
  for (int64_t i = first; i < first + CRASHWRIGHT_LOG_BURST; ++i) {
    CRASHWRIGHT_LOG_INFO("order {} quantity {} value {}", i, static_cast<int>(i), static_cast<double>(i));
  }
}

// One stamp for the event that all these calls are about. Without an invariant counter taking it is part of the cost.
void burst_numbers_stamped(int64_t first, uint64_t ticks) {
  using postmortem::FlightStamp;
  const FlightStamp stamp = postmortem::flight_clock_is_tsc() ? FlightStamp::from_ticks(ticks) : FlightStamp::now();
  for (int64_t i = first; i < first + CRASHWRIGHT_LOG_BURST; ++i) {
    CRASHWRIGHT_LOG_AT(stamp, postmortem::Severity::kInfo, "order {} quantity {} value {}", i, static_cast<int>(i),
                       static_cast<double>(i));
  }
}

void burst_string(const char* text, size_t length) {
  const std::string_view view(text, length);
  for (int i = 0; i < CRASHWRIGHT_LOG_BURST; ++i) CRASHWRIGHT_LOG_INFO("text {}", view);
}

uint64_t saturate(uint64_t calls) {
  for (uint64_t i = 0; i < calls; ++i) {
    CRASHWRIGHT_LOG_INFO("order {} quantity {} value {}", i, static_cast<int>(i), static_cast<double>(i));
  }
  return calls;
}

}  // namespace

const crashwright_log_peer& recorder_log_peer() {
  static const crashwright_log_peer peer = {CRASHWRIGHT_LOG_PEER_VERSION, open_recorder, burst_numbers,
                                            burst_numbers_stamped,        burst_string,  saturate};
  return peer;
}

}  // namespace crashwright::bench
