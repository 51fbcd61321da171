// The story: what happened last before the death, on one time axis over all that was recorded.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "rca/rules.h"
#include "rca/timeline.h"

namespace crashwright::rca {
namespace {

constexpr size_t kEventsMax = 24;           // the last ones, besides those that are abnormal
constexpr uint64_t kWindowNs = 50'000'000;  // before the death
constexpr size_t kOrdersMax = 8;

std::string when(uint64_t at_ns, uint64_t death_ns) {
  const double milliseconds = (static_cast<double>(at_ns) - static_cast<double>(death_ns)) / 1e6;
  return fmt::format("{:+.3f} ms", milliseconds);
}

std::string line_of(const Timeline& timeline, const TimelineEvent& event, uint64_t death_ns) {
  return fmt::format("{} {}{}{}: {}", when(event.at_ns, death_ns),
                     timeline_kind_name(timeline.sources[event.source].kind), event.thread.empty() ? "" : " ",
                     event.thread, event.text);
}

const TimelineField* field(const TimelineEvent& event, const char* name) {
  const auto found = std::ranges::find(event.fields, name, &TimelineField::name);
  return found == event.fields.end() ? nullptr : &*found;
}

// Orders of which the audit log's last word before the death leaves something open.
void tell_orders(const Timeline& timeline, uint64_t death_ns, std::vector<std::string>& story) {
  std::map<std::string, const TimelineEvent*> last;
  std::map<std::string, const TimelineEvent*> exchange;
  for (const TimelineEvent& event : timeline.events) {
    const TimelineField* const order = field(event, "user_ref");
    if (order == nullptr) continue;
    const TimelineKind kind = timeline.sources[event.source].kind;
    if (kind == TimelineKind::kAuditLog && event.at_ns <= death_ns) last[order->value] = &event;
    if (kind == TimelineKind::kExchange) exchange[order->value] = &event;
  }
  size_t open = 0;
  for (const auto& [order, event] : last) {
    const TimelineField* const leaves = field(*event, "leaves");
    if (leaves == nullptr || leaves->value == "0") continue;
    if (open++ >= kOrdersMax) continue;
    const auto fate = exchange.find(order);
    story.push_back(fmt::format(
        "order {} in flight, {} open: last record \"{}\"; {}", order, leaves->value, event->text,
        fate == exchange.end() ? "the exchange never heard of it" : "at the exchange: " + fate->second->text));
  }
  if (open > kOrdersMax) story.push_back(fmt::format("{} more in flight", open - kOrdersMax));
}

// The last event before the death by default; else the crash record's own.
uint64_t time_of_death(const Timeline& timeline) {
  if (!timeline.crashes.empty()) return timeline.events[timeline.crashes.front().event].at_ns;
  uint64_t last = 0;
  for (const TimelineEvent& event : timeline.events) {
    const TimelineKind kind = timeline.sources[event.source].kind;
    if (kind == TimelineKind::kEngineLog || kind == TimelineKind::kAuditLog) last = std::max(last, event.at_ns);
  }
  return last;
}

}  // namespace

void apply_story_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  if (artefacts.folder.empty()) return;
  std::vector<std::string> paths = {artefacts.folder};
  if (artefacts.process) {  // the exchange lives beside the process
    const std::string exchange = artefacts.folder.substr(0, artefacts.folder.rfind('/')) + "/exchange";
    std::error_code error;
    if (std::filesystem::is_directory(exchange, error)) paths.push_back(exchange);
  }
  const auto timeline = read_timeline(paths);
  if (!timeline || timeline->events.empty()) return;
  const uint64_t death = time_of_death(*timeline);
  if (death == 0) return;
  std::vector<std::string>& story = investigation.report.story;
  const auto& events = timeline->events;
  const auto end = std::ranges::upper_bound(events, death, {}, &TimelineEvent::at_ns);
  const auto abnormal = std::find_if(
      events.begin(), end, [](const TimelineEvent& event) { return event.severity >= postmortem::Severity::kWarn; });
  auto begin = end - std::min<ptrdiff_t>(end - events.begin(), static_cast<ptrdiff_t>(kEventsMax));
  while (begin != end && begin->at_ns + kWindowNs < death) ++begin;
  if (abnormal < begin && abnormal != end) {
    story.push_back("first abnormal event " + line_of(*timeline, *abnormal, death));
  }
  for (auto event = begin; event != end; ++event) story.push_back(line_of(*timeline, *event, death));
  tell_orders(*timeline, death, story);
}

}  // namespace crashwright::rca
