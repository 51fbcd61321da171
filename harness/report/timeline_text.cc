#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/report/timeline_report.h"

namespace crashwright::harness {
namespace {

using postmortem::Severity;
using rca::TimelineEvent;
using rca::TimelineKind;

constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kDaySeconds = 86'400;
constexpr size_t kTextColumn = 29;  // time, severity, thread
constexpr const char* kReset = "\033[0m";

char severity_letter(Severity severity) {
  constexpr char kLetters[] = {'D', 'I', 'W', 'E'};
  const auto index = static_cast<size_t>(severity);
  return index < sizeof kLetters ? kLetters[index] : '?';
}

const char* colour_of(const TimelineEvent& event, bool death) {
  if (death) return "\033[1;31m";
  switch (event.severity) {
    case Severity::kDebug:
      return "\033[90m";
    case Severity::kInfo:
      return "";
    case Severity::kWarn:
      return "\033[33m";
    case Severity::kError:
      return "\033[31m";
  }
  return "";
}

// "-0.000123456" or "+1.500000000" seconds, cut to microseconds.
std::string distance_text(uint64_t at_ns, uint64_t from_ns) {
  const bool before = at_ns < from_ns;
  const uint64_t distance = before ? from_ns - at_ns : at_ns - from_ns;
  return fmt::format("{}{}.{:06}", before ? '-' : '+', distance / kSecondNs, distance % kSecondNs / 1000);
}

std::string time_text(uint64_t at_ns) {
  const uint64_t second = at_ns / kSecondNs % kDaySeconds;
  return fmt::format("{:02}:{:02}:{:02}.{:06}", second / 3600, second / 60 % 60, second % 60, at_ns % kSecondNs / 1000);
}

std::string clean(const std::string& text) {
  std::string shown = text;
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return shown;
}

// Broken at spaces where there are some, with what follows below the start of the text.
std::string wrapped(const std::string& text, size_t width) {
  if (width <= kTextColumn + 10 || text.size() <= width - kTextColumn) return text;
  const size_t room = width - kTextColumn;
  std::string shown;
  size_t at = 0;
  while (text.size() - at > room) {
    size_t cut = text.rfind(' ', at + room);
    if (cut == std::string::npos || cut <= at) cut = at + room;
    shown += text.substr(at, cut - at) + "\n" + std::string(kTextColumn, ' ');
    at = text[cut] == ' ' ? cut + 1 : cut;
  }
  return shown + text.substr(at);
}

std::string day_text(uint64_t at_ns) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(at_ns / kSecondNs)));
}

class TextWriter {
 public:
  TextWriter(const rca::Timeline& timeline, const TimelineTextStyle& style) : timeline_(timeline), style_(style) {
    std::set<uint32_t> pids;
    for (const TimelineEvent& event : timeline.events) {
      if (event.pid != 0) pids.insert(event.pid);
    }
    several_processes_ = pids.size() > 1;
  }

  std::string write() {
    for (const rca::TimelineCrash& crash : timeline_.crashes) deaths_.insert(crash.event);
    for (size_t i = 0; i < timeline_.events.size(); ++i) write_event(timeline_.events[i], deaths_.count(i) > 0);
    return std::move(text_);
  }

 private:
  void write_event(const TimelineEvent& event, bool death) {
    std::string time;
    if (style_.relative_ns) {
      time = fmt::format("{:>15}", distance_text(event.at_ns, *style_.relative_ns));
    } else {
      const uint64_t day = event.at_ns / kSecondNs / kDaySeconds;
      if (day != day_) text_ += day_text(event.at_ns) + " UTC\n";
      day_ = day;
      time = time_text(event.at_ns);
    }
    const std::string who = event.thread.empty() ? std::to_string(event.tid) : clean(event.thread);
    std::string said = clean(event.text);
    if (several_processes_ && event.pid != 0) said = fmt::format("[{}] {}", event.pid, said);
    const char* const colour = style_.colour ? colour_of(event, death) : "";
    text_ += fmt::format("{}{} {} {:<10.10} {}{}\n", colour, time, death ? 'X' : severity_letter(event.severity), who,
                         wrapped(said, style_.width), *colour != '\0' ? kReset : "");
  }

  const rca::Timeline& timeline_;
  const TimelineTextStyle& style_;
  std::set<size_t> deaths_;
  bool several_processes_ = false;
  uint64_t day_ = UINT64_MAX;
  std::string text_;
};

}  // namespace

std::string timeline_text(const rca::Timeline& timeline, const TimelineTextStyle& style) {
  return TextWriter(timeline, style).write();
}

std::string timeline_account(const rca::Timeline& timeline) {
  std::string text;
  for (const rca::TimelineSource& source : timeline.sources) {
    text += fmt::format("{}: {} {}\n", source.path, source.events,
                        source.kind == TimelineKind::kFeed || source.kind == TimelineKind::kExchange ? "messages"
                        : source.kind == TimelineKind::kCrash                                        ? "deaths"
                                                                                                     : "records");
    for (const std::string& note : source.notes) text += "  " + clean(note) + "\n";
  }
  return text;
}

}  // namespace crashwright::harness
