#include "harness/cli/log_filter.h"

#include <time.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "harness/scenario/value.h"

namespace crashwright::harness::cli {
namespace {

using rca::Timeline;
using rca::TimelineEvent;

constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kDayNs = 86'400 * kSecondNs;

Result<uint64_t> duration(const std::string& text) {
  const auto parsed = parse_duration_ns(text);
  if (!parsed) return fail(ErrorKind::kUsage, "a duration " + parsed.error().message, "for example 50ms");
  return *parsed;
}

Result<uint64_t> first_crash(const Timeline& timeline) {
  if (timeline.crashes.empty()) {
    return fail(ErrorKind::kUsage, "no crash record here to count from", "give times of day, or the crash record too");
  }
  return timeline.events[timeline.crashes.front().event].at_ns;
}

// "11:02:03.25" as nanoseconds of the day.
std::optional<uint64_t> time_of_day(const std::string& text) {
  unsigned hour = 0;
  unsigned minute = 0;
  double second = 0;
  int used = 0;
  if (std::sscanf(text.c_str(), "%2u:%2u:%lf%n", &hour, &minute, &second, &used) != 3) return std::nullopt;
  if (static_cast<size_t>(used) != text.size() || hour > 23 || minute > 59 || !(second >= 0 && second < 61)) {
    return std::nullopt;
  }
  return (hour * 3600ULL + minute * 60ULL) * kSecondNs +
         static_cast<uint64_t>(std::llround(second * static_cast<double>(kSecondNs)));
}

// "2026-11-25T" as nanoseconds since the epoch.
std::optional<uint64_t> day(const std::string& text) {
  struct tm date {};
  const char* const end = ::strptime(text.c_str(), "%Y-%m-%d", &date);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const time_t seconds = ::timegm(&date);
  return seconds < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(seconds) * kSecondNs);
}

bool contains_folded(const std::string& text, const std::string& part) {
  const auto same = [](char left, char right) {
    return std::tolower(static_cast<unsigned char>(left)) == std::tolower(static_cast<unsigned char>(right));
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

bool is_one_of(const std::string& text, const std::vector<std::string>& words) {
  return words.empty() || std::find(words.begin(), words.end(), text) != words.end();
}

int severity_rank(const std::string& name) {
  const std::vector<std::string> names = {"debug", "info", "warn", "error"};
  return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

struct Window {
  uint64_t from = 0;
  uint64_t to = UINT64_MAX;
};

Result<std::vector<Window>> windows(const LogFilter& filter, const Timeline& timeline) {
  Window bounds;
  if (!filter.since.empty()) {
    const auto since = time_on_axis(filter.since, timeline);
    if (!since) return tl::unexpected(since.error());
    bounds.from = *since;
  }
  if (!filter.until.empty()) {
    const auto until = time_on_axis(filter.until, timeline);
    if (!until) return tl::unexpected(until.error());
    bounds.to = *until;
  }
  if (bounds.from > bounds.to) return fail(ErrorKind::kUsage, "--since lies behind --until");
  if (filter.around.empty()) return std::vector<Window>{bounds};
  const auto width = duration(filter.around);
  if (!width) return tl::unexpected(width.error());
  if (const auto crash = first_crash(timeline); !crash) return tl::unexpected(crash.error());
  std::vector<Window> found;
  for (const rca::TimelineCrash& crash : timeline.crashes) {
    const uint64_t at = timeline.events[crash.event].at_ns;
    found.push_back({std::max(bounds.from, at - std::min(at, *width)), std::min(bounds.to, at + *width)});
  }
  return found;
}

}  // namespace

Result<uint64_t> time_on_axis(const std::string& text, const Timeline& timeline) {
  if (text.starts_with("-") || text.starts_with("+")) {
    const auto distance = duration(text.substr(1));
    if (!distance) return tl::unexpected(distance.error());
    const auto crash = first_crash(timeline);
    if (!crash) return tl::unexpected(crash.error());
    return text[0] == '-' ? *crash - std::min(*crash, *distance) : *crash + *distance;
  }
  std::string date;
  std::string rest = text;
  if (const size_t at = text.find('T'); at != std::string::npos) {
    date = text.substr(0, at);
    rest = text.substr(at + 1);
    if (rest.ends_with('Z')) rest.pop_back();
  }
  const auto since_midnight = time_of_day(rest);
  const auto midnight = !date.empty()             ? day(date)
                        : timeline.events.empty() ? std::optional(uint64_t{0})
                                                  : timeline.events.front().at_ns / kDayNs * kDayNs;
  if (!since_midnight || !midnight) {
    return fail(ErrorKind::kUsage, "\"" + text + "\" is no time",
                "-50ms before the crash, 11:02:03.5, or 2026-11-25T11:02:03Z");
  }
  return *midnight + *since_midnight;
}

Status apply_log_filter(const LogFilter& filter, Timeline& timeline) {
  const auto kept_windows = windows(filter, timeline);
  if (!kept_windows) return tl::unexpected(kept_windows.error());
  const int severity = severity_rank(filter.severity);
  const auto passes = [&](const TimelineEvent& event) {
    return static_cast<int>(event.severity) >= severity &&
           std::any_of(kept_windows->begin(), kept_windows->end(),
                       [&](const Window& window) { return event.at_ns >= window.from && event.at_ns <= window.to; }) &&
           (is_one_of(event.thread, filter.threads) || is_one_of(std::to_string(event.tid), filter.threads)) &&
           is_one_of(rca::timeline_kind_name(timeline.sources[event.source].kind), filter.sources) &&
           (filter.text.empty() || contains_folded(event.text, filter.text));
  };
  std::vector<TimelineEvent> kept;
  std::vector<rca::TimelineCrash> crashes;
  size_t crash = 0;
  for (size_t i = 0; i < timeline.events.size(); ++i) {
    const bool death = crash < timeline.crashes.size() && timeline.crashes[crash].event == i;
    if (death) ++crash;
    if (!passes(timeline.events[i])) continue;
    if (death) crashes.push_back({kept.size(), timeline.events[i].pid, timeline.events[i].tid});
    kept.push_back(std::move(timeline.events[i]));
  }
  timeline.events = std::move(kept);
  timeline.crashes = std::move(crashes);
  return {};
}

}  // namespace crashwright::harness::cli
