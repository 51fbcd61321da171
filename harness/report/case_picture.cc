#include "harness/report/case_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>

#include "base/file.h"
#include "harness/runner/process.h"
#include "rca/facts.h"
#include "rca/timeline.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLogBeforeMax = 40;
constexpr size_t kLogAfterMax = 20;
constexpr size_t kLostMax = 60;
constexpr size_t kArtefactsMax = 60;

char severity_letter(postmortem::Severity severity) {
  switch (severity) {
    case postmortem::Severity::kDebug:
      return 'D';
    case postmortem::Severity::kWarn:
      return 'W';
    case postmortem::Severity::kError:
      return 'E';
    default:
      return 'I';
  }
}

LogLine line_of(const rca::Timeline& timeline, size_t index, uint64_t crash_ns) {
  const rca::TimelineEvent& event = timeline.events[index];
  LogLine line;
  line.offset_ns = static_cast<int64_t>(event.at_ns) - static_cast<int64_t>(crash_ns);
  const auto is_this = [&](const rca::TimelineCrash& crash) { return crash.event == index; };
  const bool death = std::any_of(timeline.crashes.begin(), timeline.crashes.end(), is_this);
  line.severity = death ? 'X' : severity_letter(event.severity);
  line.source = rca::timeline_kind_name(timeline.sources[event.source].kind);
  line.thread = event.thread;
  line.text = event.text;
  return line;
}

// Where to look: the first event after the death, and the death's time on the axis.
struct Centre {
  size_t event = 0;
  uint64_t at_ns = 0;
  std::string death;  // a line for it where no record tells of it; empty: the event before is the death itself
};

// Without a crash record (a process that was killed from outside) the supervisor's clock says when it ended.
std::optional<Centre> death_seen_from_outside(const std::string& case_folder, const rca::Timeline& timeline) {
  const auto facts = rca::read_case_facts(case_folder + "/facts.json");
  if (!facts) return std::nullopt;
  for (const rca::ProcessFacts& process : facts->processes) {
    if (process.role != "engine" || process.finished) continue;
    std::optional<Centre> centre;
    for (size_t i = 0; i < timeline.events.size(); ++i) {
      const rca::TimelineEvent& event = timeline.events[i];
      if (event.monotonic_ns == 0 || event.monotonic_ns > process.ended_ns) continue;
      centre = Centre{
          i + 1, event.at_ns + (process.ended_ns - event.monotonic_ns),
          fmt::format("the engine's process {} had ended: {}", process.pid, describe_wait_status(process.wait_status))};
    }
    return centre;
  }
  return std::nullopt;
}

Centre centre_of(const std::string& case_folder, const rca::Timeline& timeline) {
  if (!timeline.crashes.empty()) {
    const size_t crash = timeline.crashes.front().event;
    return {crash + 1, timeline.events[crash].at_ns, ""};
  }
  return death_seen_from_outside(case_folder, timeline)
      .value_or(Centre{timeline.events.size(), timeline.events.back().at_ns, ""});
}

// Around the first death; without one the end of what was said.
void read_log(const std::string& case_folder, CasePicture& picture) {
  const auto timeline = rca::read_timeline({case_folder});
  if (!timeline || timeline->events.empty()) return;
  const Centre centre = centre_of(case_folder, *timeline);
  const size_t begin = centre.event > kLogBeforeMax ? centre.event - kLogBeforeMax : 0;
  const size_t end = std::min(timeline->events.size(), centre.event + kLogAfterMax);
  for (size_t i = begin; i < end; ++i) {
    if (i == centre.event && !centre.death.empty()) picture.log.push_back({0, 'X', "harness", "", centre.death});
    // The exchange opens its day before it looks at a clock.
    if (timeline->events[i].monotonic_ns > 0 || timeline->events[i].wall_ns > 0) {
      picture.log.push_back(line_of(*timeline, i, centre.at_ns));
    }
  }
  picture.log_left_out = timeline->events.size() - std::min(timeline->events.size(), picture.log.size());
}

void read_lost(const std::string& case_folder, CasePicture& picture) {
  for (int number = 1;; ++number) {
    const auto text = read_file(case_folder + "/backing-" + std::to_string(number) + ".lost");
    if (!text) return;
    ++picture.power_losses;
    std::istringstream lines(*text);
    size_t left_out = 0;
    for (std::string line; std::getline(lines, line);) {
      if (picture.lost.size() < kLostMax) {
        picture.lost.push_back(std::move(line));
      } else {
        ++left_out;
      }
    }
    if (left_out > 0) picture.lost.push_back("and " + std::to_string(left_out) + " more");
  }
}

void read_artefacts(const std::string& case_folder, CasePicture& picture) {
  std::error_code trouble;
  for (fs::recursive_directory_iterator entry(case_folder, trouble), end; entry != end && !trouble;
       entry.increment(trouble)) {
    if (!entry->is_regular_file(trouble) || entry->file_size(trouble) == 0) continue;  // an empty one says nothing
    if (picture.artefacts.size() >= kArtefactsMax) {
      ++picture.artefacts_left_out;
      continue;
    }
    picture.artefacts.push_back({entry->path().lexically_relative(case_folder).string(), entry->file_size(trouble)});
  }
  std::sort(picture.artefacts.begin(), picture.artefacts.end(),
            [](const Artefact& a, const Artefact& b) { return a.path < b.path; });
}

}  // namespace

CasePicture read_case_picture(const std::string& case_folder) {
  CasePicture picture;
  picture.lanes = read_lanes(case_folder);
  read_log(case_folder, picture);
  picture.states = read_state_tables(case_folder);
  read_lost(case_folder, picture);
  read_artefacts(case_folder, picture);
  return picture;
}

}  // namespace crashwright::harness
