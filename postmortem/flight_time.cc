#include "postmortem/flight_time.h"

#include <algorithm>
#include <cmath>

namespace crashwright::postmortem {
namespace {

constexpr double kMillion = 1e6;
constexpr double kErrorNsMax = 1e18;

// Of unsigned times that may be in either order.
double distance(uint64_t from, uint64_t to) { return static_cast<double>(static_cast<int64_t>(to - from)); }

}  // namespace

FlightTime::FlightTime(const FlightHeader& header, std::vector<FlightClockAnchor> anchors)
    : opened_(header.opened), anchors_(std::move(anchors)) {
  std::sort(anchors_.begin(), anchors_.end(), [](const auto& left, const auto& right) {
    return left.ticks != right.ticks ? left.ticks < right.ticks : left.monotonic_ns < right.monotonic_ns;
  });
  anchors_.erase(std::unique(anchors_.begin(), anchors_.end(),
                             [](const auto& left, const auto& right) { return left.ticks == right.ticks; }),
                 anchors_.end());
}

FlightMoment FlightTime::at(int64_t monotonic_ns, double error_ns) const {
  FlightMoment moment{};
  moment.monotonic_ns = static_cast<uint64_t>(monotonic_ns);
  moment.wall_ns = opened_.wall_ns + (moment.monotonic_ns - opened_.monotonic_ns);
  moment.error_ns = static_cast<uint64_t>(std::ceil(std::min(std::max(error_ns, 0.0), kErrorNsMax)));
  return moment;
}

FlightMoment FlightTime::moment(int64_t stamp, bool is_nanoseconds) const {
  const auto opened_ns = static_cast<int64_t>(opened_.monotonic_ns);
  if (is_nanoseconds) return at(opened_ns + stamp, opened_.error_ns);
  const uint64_t ticks = opened_.ticks + static_cast<uint64_t>(stamp);
  if (anchors_.size() < 2) return at(opened_ns + stamp, std::abs(static_cast<double>(stamp)));
  const auto after = std::upper_bound(anchors_.begin(), anchors_.end(), ticks,
                                      [](uint64_t wanted, const auto& anchor) { return wanted < anchor.ticks; });
  if (after == anchors_.begin()) return outside(anchors_.front(), ticks);
  if (after == anchors_.end()) return outside(anchors_.back(), ticks);
  return between(static_cast<size_t>(after - anchors_.begin()), ticks);
}

double FlightTime::rate(size_t left, size_t right) const {
  return distance(anchors_[left].monotonic_ns, anchors_[right].monotonic_ns) /
         distance(anchors_[left].ticks, anchors_[right].ticks);
}

// Relative: how unevenly the kernel's clock may have run between anchor `after - 1` and `after`.
double FlightTime::slew(size_t after) const {
  double most = kSlewPpm / kMillion;
  const double own = rate(after - 1, after);
  if (after >= 2) most = std::max(most, std::abs(rate(after - 2, after - 1) / own - 1));
  if (after + 1 < anchors_.size()) most = std::max(most, std::abs(rate(after, after + 1) / own - 1));
  return most;
}

FlightMoment FlightTime::between(size_t after, uint64_t ticks) const {
  const FlightClockAnchor& left = anchors_[after - 1];
  const FlightClockAnchor& right = anchors_[after];
  const double own_rate = rate(after - 1, after);
  const double from_left = distance(left.ticks, ticks) * own_rate;
  const double to_right = distance(ticks, right.ticks) * own_rate;
  const double error = 2 * slew(after) * std::min(from_left, to_right) + std::max(left.error_ns, right.error_ns);
  return at(static_cast<int64_t>(left.monotonic_ns) + std::llround(from_left), error);
}

FlightMoment FlightTime::outside(const FlightClockAnchor& nearest, uint64_t ticks) const {
  const size_t last = anchors_.size() - 1;
  const double overall = rate(0, last);
  const double baseline_ns = distance(anchors_[0].monotonic_ns, anchors_[last].monotonic_ns);
  const double away_ns = distance(nearest.ticks, ticks) * overall;
  const double uncertainty =
      2 * kSlewPpm / kMillion + (anchors_[0].error_ns + anchors_[last].error_ns) / std::max(baseline_ns, 1.0);
  return at(static_cast<int64_t>(nearest.monotonic_ns) + std::llround(away_ns),
            std::abs(away_ns) * uncertainty + nearest.error_ns);
}

std::vector<std::string> FlightTime::steps() const {
  constexpr int64_t kNoticedNs = 1'000'000;
  std::vector<std::string> found;
  for (size_t i = 1; i < anchors_.size(); ++i) {
    const uint64_t before = anchors_[i - 1].wall_ns - anchors_[i - 1].monotonic_ns;
    const uint64_t after = anchors_[i].wall_ns - anchors_[i].monotonic_ns;
    const auto step = static_cast<int64_t>(after - before);
    if (std::abs(step) < kNoticedNs) continue;
    found.push_back("the wall clock was set by " + std::to_string(step / kNoticedNs) +
                    " ms while the recorder ran; times go on as if it had not been");
  }
  return found;
}

}  // namespace crashwright::postmortem
