// The time of a case as a picture: a lane for the exchange, each start of the engine and each of its threads.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

using Kind = LaneMark::Kind;

constexpr double kLeft = 170;    // room for the names of the lanes
constexpr double kWidth = 1100;  // of the whole picture
constexpr double kProcessHeight = 22;
constexpr double kThreadHeight = 15;
constexpr double kTop = 8;
constexpr double kAxisHeight = 24;
constexpr uint64_t kNsPerMs = 1'000'000;

struct Window {
  uint64_t begin_ns = 0;
  uint64_t end_ns = 0;

  [[nodiscard]] double x(uint64_t at_ns) const {
    const double share = static_cast<double>(std::clamp(at_ns, begin_ns, end_ns) - begin_ns) /
                         static_cast<double>(std::max<uint64_t>(1, end_ns - begin_ns));
    return kLeft + share * (kWidth - kLeft - 10);
  }
  [[nodiscard]] bool shows(uint64_t at_ns) const { return at_ns >= begin_ns && at_ns <= end_ns; }
};

const char* mark_class(Kind kind) {
  switch (kind) {
    case Kind::kFault:
      return "t-fault";
    case Kind::kDurable:
      return "t-durable";
    case Kind::kSent:
      return "t-sent";
    case Kind::kDeath:
      return "t-death";
    case Kind::kRecovery:
      return "t-recovery";
    case Kind::kEvent:
      break;
  }
  return "t-event";
}

// Told apart by shape as well as by colour.
std::string mark_shape(Kind kind, double x, double y) {
  switch (kind) {
    case Kind::kFault:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l5 9h-10z\"/>", x, y - 5);
    case Kind::kDurable:
      return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"8\" height=\"8\"/>", x - 4, y - 4);
    case Kind::kSent:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l9 5l-9 5z\"/>", x - 4, y - 5);
    case Kind::kDeath:
      return fmt::format("<path class=\"line\" d=\"M{0:.1f} {1:.1f}l9 9m0 -9l-9 9\"/>", x - 4.5, y - 4.5);
    default:
      return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"/>", x, y);
  }
}

std::string ticks(const Lane& lane, const Window& window, double y, double height) {
  std::string path;
  for (const LaneMark& mark : lane.marks) {
    if (mark.kind != Kind::kEvent || !window.shows(mark.at_ns)) continue;
    path += fmt::format("M{:.1f} {:.1f}v{:.0f}", window.x(mark.at_ns), y + height * 0.3, height * 0.4);
  }
  return path.empty() ? path : "<path class=\"t-event\" d=\"" + path + "\"/>\n";
}

std::string draw_lane(const Lane& lane, const Window& window, double y, double height) {
  std::string svg =
      fmt::format("<text class=\"{}\" x=\"{}\" y=\"{:.1f}\">{}</text>\n", lane.is_thread ? "t-thread" : "t-process",
                  lane.is_thread ? 22 : 6, y + height * 0.72, escape_markup(lane.name));
  if (lane.end_ns < window.begin_ns || lane.begin_ns > window.end_ns) return svg;
  const double x = window.x(lane.begin_ns);
  svg += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\"/>\n",
                     lane.is_thread ? "t-bar" : "t-bar t-whole", x, y + 2, std::max(1.0, window.x(lane.end_ns) - x),
                     height - 4);
  return svg + ticks(lane, window, y, height);
}

std::string draw_marks(const Lane& lane, const Window& window, double y, double height) {
  std::string svg;
  for (const LaneMark& mark : lane.marks) {
    if (mark.kind == Kind::kEvent || !window.shows(mark.at_ns)) continue;
    svg += fmt::format("<g class=\"{}\"><title>{} (at {:.3f} ms)</title>{}</g>\n", mark_class(mark.kind),
                       escape_markup(mark.text),
                       static_cast<double>(mark.at_ns - std::min(mark.at_ns, window.begin_ns)) / 1e6,
                       mark_shape(mark.kind, window.x(mark.at_ns), y + height / 2));
  }
  return svg;
}

// A step of 1, 2 or 5 that leaves between four and ten of them.
uint64_t axis_step(uint64_t span_ns) {
  uint64_t step = 1000;
  const uint64_t factors[] = {2, 5, 10};
  for (uint64_t decade = 1000;; decade *= 10) {
    for (const uint64_t factor : factors) {
      if (span_ns / step <= 10) return step;
      step = decade * factor;
    }
  }
}

std::string draw_axis(const Window& window, double height) {
  std::string svg;
  const uint64_t span = window.end_ns - window.begin_ns;
  const uint64_t step = axis_step(span);
  for (uint64_t i = 0; i <= span / step; ++i) {
    const uint64_t at = i * step;
    const double x = window.x(window.begin_ns + at);
    svg += fmt::format("<path class=\"t-grid\" d=\"M{:.1f} {}V{:.1f}\"/>", x, kTop, height - kAxisHeight + 4);
    svg += fmt::format(
        "<text class=\"t-axis\" x=\"{:.1f}\" y=\"{:.1f}\">{}{}</text>\n", x, height - 7,
        step >= kNsPerMs ? fmt::format("{}", at / kNsPerMs) : fmt::format("{:.2f}", static_cast<double>(at) / 1e6),
        at == 0 ? " ms" : "");
  }
  return svg;
}

// Moments that concern every lane.
std::string draw_moments(const std::vector<Lane>& lanes, const Window& window, double height) {
  std::string svg;
  for (const Lane& lane : lanes) {
    for (const LaneMark& mark : lane.marks) {
      if ((mark.kind != Kind::kDeath && mark.kind != Kind::kRecovery) || !window.shows(mark.at_ns)) continue;
      svg += fmt::format("<path class=\"t-moment {}\" d=\"M{:.1f} {}V{:.1f}\"/>\n", mark_class(mark.kind),
                         window.x(mark.at_ns), kTop, height - kAxisHeight + 4);
    }
  }
  return svg;
}

std::string draw(const std::vector<Lane>& lanes, const Window& window, const char* label) {
  double height = kTop + kAxisHeight;
  for (const Lane& lane : lanes) height += lane.is_thread ? kThreadHeight : kProcessHeight;
  std::string svg = fmt::format(
      "<div class=\"wide\"><svg class=\"timeline\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {} {}\" "
      "width=\"{}\">\n",
      label, kWidth, height, kWidth);
  svg += draw_axis(window, height) + draw_moments(lanes, window, height);
  std::string marks;
  double y = kTop;
  for (const Lane& lane : lanes) {
    const double lane_height = lane.is_thread ? kThreadHeight : kProcessHeight;
    svg += draw_lane(lane, window, y, lane_height);
    marks += draw_marks(lane, window, y, lane_height);
    y += lane_height;
  }
  return svg + marks + "</svg></div>\n";
}

// Fault, last durable, last sent and the death lie within a millisecond or two of each other: looked at closely.
Window around_death(const std::vector<Lane>& lanes) {
  Window window{UINT64_MAX, 0};
  uint64_t death_ns = 0;
  for (const Lane& lane : lanes) {
    for (const LaneMark& mark : lane.marks) {
      if (mark.kind == Kind::kDeath && (death_ns == 0 || mark.at_ns < death_ns)) death_ns = mark.at_ns;
    }
  }
  if (death_ns == 0) return {};
  for (const Lane& lane : lanes) {
    for (const LaneMark& mark : lane.marks) {
      if (mark.kind == Kind::kEvent || mark.at_ns > death_ns) continue;
      window.begin_ns = std::min(window.begin_ns, mark.at_ns);
    }
  }
  const uint64_t span = std::max<uint64_t>(death_ns - window.begin_ns, kNsPerMs / 5);
  return {window.begin_ns - std::min(window.begin_ns, span / 5), death_ns + std::min(UINT64_MAX - death_ns, span / 8)};
}

std::string legend(const std::vector<Lane>& lanes) {
  static constexpr struct {
    Kind kind;
    const char* text;
  } kLegend[] = {{Kind::kFault, "fault"},
                 {Kind::kDurable, "last durable"},
                 {Kind::kSent, "last sent"},
                 {Kind::kDeath, "death"},
                 {Kind::kRecovery, "recovered"}};
  std::set<Kind> there;
  for (const Lane& lane : lanes) {
    for (const LaneMark& mark : lane.marks) there.insert(mark.kind);
  }
  std::string text = "<p class=\"legend\">";
  for (const auto& entry : kLegend) {
    if (there.count(entry.kind) == 0) continue;
    text += fmt::format("<svg width=\"14\" height=\"14\" aria-hidden=\"true\"><g class=\"{}\">{}</g></svg>{} ",
                        mark_class(entry.kind), mark_shape(entry.kind, 7, 7), entry.text);
  }
  return text + "<span class=\"soft\">ticks: log records, messages</span></p>\n";
}

}  // namespace

std::string html_timeline(const CasePicture& picture) {
  const std::vector<Lane>& lanes = picture.lanes;
  if (lanes.empty()) return {};
  Window whole{UINT64_MAX, 0};
  for (const Lane& lane : lanes) {
    whole.begin_ns = std::min(whole.begin_ns, lane.begin_ns);
    // Of a damaged folder the times may be anything.
    whole.end_ns = std::max({whole.end_ns, lane.end_ns, lane.begin_ns});
  }
  std::string text = "<h3>Timeline</h3>\n" + legend(lanes) + draw(lanes, whole, "threads and processes over time");
  const Window close = around_death(lanes);
  if (close.end_ns > 0 && close.end_ns - close.begin_ns < (whole.end_ns - whole.begin_ns) / 3) {
    std::vector<Lane> living;
    for (const Lane& lane : lanes) {
      if (lane.begin_ns <= close.end_ns && lane.end_ns >= close.begin_ns) living.push_back(lane);
    }
    text += "<p class=\"soft\">Around the death:</p>\n" + draw(living, close, "the moments around the death");
  }
  return text;
}

}  // namespace crashwright::harness
