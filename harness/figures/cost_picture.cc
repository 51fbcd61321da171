#include "harness/figures/cost_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/figures/figure_table.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

constexpr double kWidth = 880;
constexpr double kMargin = 24;
constexpr double kRowHeight = 24;
constexpr double kBarHeight = 14;
constexpr double kLabelWidth = 330;
constexpr double kValueWidth = 100;
constexpr double kHeadHeight = 54;  // of a part: its title and what follows it

// Ours, and what it is held against.
constexpr const char* kOwn = "#2563a8";
constexpr const char* kOther = "#a8adb4";

struct Source {
  const char* label;
  const char* measurement;
  const char* sample;
  const char* colour = kOwn;
};

constexpr Source kCalls[] = {
    {"dormant fault point", "fault_point", "dormant_ns"},
    {"fault point, armed for others", "fault_point", "armed_not_matching_ns"},
    {"floor: a time stamp and one 64-byte store", "log", "floor.numbers_p50_ns", kOther},
    {"log call, the caller's time stamp", "log", "recorder.numbers_caller_stamp_p50_ns"},
    {"log call, two integers and a double", "log", "recorder.numbers_p50_ns"},
    {"log call, a string of 20 characters", "log", "recorder.string20_p50_ns"},
    {"two integers and a double by NanoLog", "log", "nanolog.numbers_p50_ns", kOther},
    {"two integers and a double by xtr", "log", "xtr.numbers_p50_ns", kOther},
    {"two integers and a double by fmtlog", "log", "fmtlog.numbers_p50_ns", kOther},
    {"two integers and a double by Quill", "log", "quill.numbers_p50_ns", kOther},
    {"audit record, appended", "audit", "audit.append_p50_ns"},
};

constexpr Source kCrashes[] = {
    {"fault to the dying thread's record", "handler", "record_ms"},
    {"fault to every thread's record", "handler", "all_threads_ms"},
    {"the dying thread's, its stack exhausted", "handler", "record_stack_exhausted_ms"},
    {"core of 256 MB by the dying process", "core", "self_256mb_ms"},
    {"core of 256 MB from outside", "core", "outside_256mb_ms"},
    {"core of 256 MB by the kernel", "core", "kernel_256mb_ms", kOther},
};

struct Setting {
  const char* label;
  const char* name;
  const char* colour;
};
constexpr Setting kSettings[] = {{"everything on", "everything_on", kOwn},
                                 {"recorder off", "recorder_off", kOther},
                                 {"crash handler off", "handler_off", kOther},
                                 {"fault points off", "fault_points_off", kOther},
                                 {"everything off", "everything_off", kOther}};
constexpr const char* kPercentiles[][2] = {{"median", "p50_ns"}, {"99th", "p99_ns"}, {"99.9th", "p999_ns"}};

struct Bar {
  std::string label;
  Spread spread;
  const char* colour;
};

const Spread* find_measure(const BenchResults& results, const std::string& measurement, const std::string& sample) {
  const auto measured = results.measures.find(measurement);
  if (measured == results.measures.end()) return nullptr;
  const auto found = measured->second.find(sample);
  return found == measured->second.end() ? nullptr : &found->second;
}

// One part of the picture after the other, downwards.
class Canvas {
 public:
  void title(const std::string& text, const std::string& what) {
    y_ += 16;
    say(kMargin, y_, text, "font-weight=\"600\" font-size=\"15\"");
    say(kMargin, y_ + 16, what, "opacity=\"0.7\"");
    y_ += kHeadHeight - 16;
  }
  void nothing(const char* command) {
    say(kMargin, y_ + 4, std::string("not measured: ") + command, "opacity=\"0.7\"");
    y_ += kRowHeight;
  }
  void bars(const std::vector<Bar>& bars, const std::string& unit) {
    const double scale = (kWidth - 2 * kMargin - kLabelWidth - kValueWidth) / longest(bars);
    for (const Bar& bar : bars) {
      say(kMargin + kLabelWidth - 8, y_ + 4, bar.label, "text-anchor=\"end\"");
      const double end = draw_bar(kMargin + kLabelWidth, scale, bar);
      say(end + 8, y_ + 4, short_number(bar.spread.median) + " " + unit, "");
      y_ += kRowHeight;
    }
    y_ += 12;
  }
  [[nodiscard]] std::string finish() const {
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
        "{1:.0f}\" "
        "font-family=\"system-ui,sans-serif\" font-size=\"12.5\" role=\"img\" aria-label=\"what the kit costs\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<g fill=\"#1b1f24\">\n{2}</g>\n</svg>\n",
        kWidth, y_ + 12, body_);
  }

 private:
  static double longest(const std::vector<Bar>& bars) {
    double length = 1e-9;
    for (const Bar& bar : bars) length = std::max(length, bar.spread.high);
    return length;
  }
  void say(double x, double y, const std::string& text, const char* style) {
    body_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style, escape_markup(text));
  }
  // Gives the place behind the bar and its whisker.
  double draw_bar(double x, double scale, const Bar& bar) {
    const double width = std::max(bar.spread.median * scale, 1.0);
    const double low = x + bar.spread.low * scale;
    const double high = std::max(x + bar.spread.high * scale, low);
    body_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" rx=\"2\" fill=\"{}\"/>\n"
        "<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"#1b1f24\" stroke-width=\"1.5\"/>\n",
        x, y_ - kBarHeight / 2, width, kBarHeight, bar.colour, low, y_, high);
    return std::max(x + width, high);
  }

  double y_ = 18;
  std::string body_;
};

template <size_t N>
void draw_sources(Canvas& canvas, const BenchResults& results, const Source (&sources)[N], const char* unit,
                  const char* command) {
  std::vector<Bar> bars;
  for (const Source& source : sources) {
    const Spread* const spread = find_measure(results, source.measurement, source.sample);
    if (spread != nullptr) bars.push_back({source.label, *spread, source.colour});
  }
  if (bars.empty()) return canvas.nothing(command);
  canvas.bars(bars, unit);
}

void draw_engine(Canvas& canvas, const BenchResults& results) {
  bool any = false;
  for (const auto& [name, sample] : kPercentiles) {
    std::vector<Bar> bars;
    for (const Setting& setting : kSettings) {
      const Spread* const ns = find_measure(results, "engine", std::string(setting.name) + "." + sample);
      if (ns == nullptr) continue;
      const Spread us = {ns->median / 1e3, ns->low / 1e3, ns->high / 1e3, ns->repetitions};
      bars.push_back({(bars.empty() ? std::string(name) + ": " : "") + setting.label, us, setting.colour});
    }
    if (!bars.empty()) canvas.bars(bars, "µs");
    any = any || !bars.empty();
  }
  if (!any) canvas.nothing("crashwright bench --only engine.");
}

}  // namespace

std::string render_cost_picture(const BenchResults& results) {
  Canvas canvas;
  canvas.title("What the kit costs", results.machine);
  canvas.title("Per call", "nanoseconds, median; the line is from quartile to quartile; grey: what it is held against");
  draw_sources(canvas, results, kCalls, "ns", "crashwright bench --only log. --only fault_point. --only audit.");
  canvas.title("Per crash", "milliseconds, median");
  draw_sources(canvas, results, kCrashes, "ms", "crashwright bench --only handler. --only core.");
  canvas.title("From tick to order in the mock engine", "microseconds, each part of the kit off and on");
  draw_engine(canvas, results);
  return canvas.finish();
}

}  // namespace crashwright::harness
