#include "rca/timeline.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace crashwright::rca {

const char* timeline_kind_name(TimelineKind kind) noexcept {
  switch (kind) {
    case TimelineKind::kEngineLog:
      return "engine";
    case TimelineKind::kAuditLog:
      return "audit";
    case TimelineKind::kExchange:
      return "exchange";
    case TimelineKind::kFeed:
      return "feed";
    case TimelineKind::kCrash:
      return "crash";
  }
  return "unknown";
}

size_t TimelineBuilder::add_source(TimelineKind kind, const std::string& path, uint32_t pid) {
  TimelineSource source;
  source.kind = kind;
  source.path = path;
  source.pid = pid;
  timeline_.sources.push_back(std::move(source));
  return timeline_.sources.size() - 1;
}

void TimelineBuilder::note(size_t source, const std::string& text) { timeline_.sources[source].notes.push_back(text); }

void TimelineBuilder::add(TimelineEvent event) {
  ++timeline_.sources[event.source].events;
  timeline_.events.push_back(std::move(event));
  is_crash_.push_back(false);
}

void TimelineBuilder::add_crash(TimelineEvent event) {
  add(std::move(event));
  is_crash_.back() = true;
}

void TimelineBuilder::anchor_feed(uint64_t feed_sequence, uint64_t monotonic_ns) {
  if (feed_sequence == 0 || monotonic_ns == 0) return;
  anchors_.push_back({feed_sequence, monotonic_ns});
  anchors_sorted_ = false;
}

// One anchor per feed message: the first thing that it caused.
void TimelineBuilder::sort_anchors() {
  std::sort(anchors_.begin(), anchors_.end(), [](const FeedAnchor& left, const FeedAnchor& right) {
    return left.sequence != right.sequence ? left.sequence < right.sequence : left.monotonic_ns < right.monotonic_ns;
  });
  anchors_.erase(
      std::unique(anchors_.begin(), anchors_.end(),
                  [](const FeedAnchor& left, const FeedAnchor& right) { return left.sequence == right.sequence; }),
      anchors_.end());
  anchors_sorted_ = true;
}

std::optional<TimelineBuilder::FeedPlace> TimelineBuilder::place_feed(uint64_t feed_sequence) {
  if (!anchors_sorted_) sort_anchors();
  const auto above =
      std::lower_bound(anchors_.begin(), anchors_.end(), feed_sequence,
                       [](const FeedAnchor& anchor, uint64_t wanted) { return anchor.sequence < wanted; });
  if (above == anchors_.end()) return std::nullopt;
  // A cause precedes its effect.
  if (above->sequence == feed_sequence) return FeedPlace{above->monotonic_ns - 1, 1};
  if (above == anchors_.begin()) return std::nullopt;
  const FeedAnchor& below = *(above - 1);
  if (above->monotonic_ns <= below.monotonic_ns) return FeedPlace{below.monotonic_ns, 0};
  const uint64_t width = above->monotonic_ns - below.monotonic_ns;
  const auto part =
      static_cast<double>(feed_sequence - below.sequence) / static_cast<double>(above->sequence - below.sequence);
  return FeedPlace{below.monotonic_ns + static_cast<uint64_t>(part * static_cast<double>(width)), width};
}

void TimelineBuilder::drop_copies() {
  std::map<TimelineKind, size_t> sources_of;
  for (const TimelineSource& source : timeline_.sources) ++sources_of[source.kind];
  using Key = std::tuple<TimelineKind, uint64_t, uint64_t, uint64_t, uint32_t, uint32_t, std::string>;
  std::map<Key, size_t> first_source;
  std::map<size_t, size_t> dropped;
  size_t kept = 0;
  for (size_t i = 0; i < timeline_.events.size(); ++i) {
    TimelineEvent& event = timeline_.events[i];
    const TimelineKind kind = timeline_.sources[event.source].kind;
    if (sources_of[kind] > 1 && (event.monotonic_ns != 0 || event.wall_ns != 0)) {
      const auto [entry, fresh] = first_source.try_emplace(
          {kind, event.monotonic_ns, event.wall_ns, event.sequence, event.pid, event.tid, event.text}, event.source);
      if (!fresh && entry->second != event.source) {
        ++dropped[event.source];
        continue;
      }
    }
    is_crash_[kept] = is_crash_[i];
    if (kept != i) timeline_.events[kept] = std::move(event);
    ++kept;
  }
  timeline_.events.resize(kept);
  is_crash_.resize(kept);
  for (const auto& [source, count] : dropped) {
    timeline_.sources[source].events -= count;
    note(source, std::to_string(count) + " events stand in another copy too and are shown once");
  }
}

Timeline TimelineBuilder::finish() {
  drop_copies();
  std::vector<TimelineEvent>& events = timeline_.events;
  // One pair of readings turns every monotonic time into wall time.
  const auto both = std::find_if(events.begin(), events.end(), [](const TimelineEvent& event) {
    return event.monotonic_ns != 0 && event.wall_ns != 0;
  });
  const uint64_t offset = both == events.end() ? 0 : both->wall_ns - both->monotonic_ns;  // modulo 2^64
  for (TimelineEvent& event : events) {
    event.at_ns = event.monotonic_ns != 0 ? event.monotonic_ns + offset : event.wall_ns;
  }
  std::vector<size_t> order(events.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&events](size_t left, size_t right) {
    const TimelineEvent& one = events[left];
    const TimelineEvent& other = events[right];
    return one.at_ns != other.at_ns ? one.at_ns < other.at_ns : one.source < other.source;
  });
  std::vector<TimelineEvent> sorted;
  sorted.reserve(events.size());
  for (const size_t index : order) {
    if (is_crash_[index]) timeline_.crashes.push_back({sorted.size(), events[index].pid, events[index].tid});
    sorted.push_back(std::move(events[index]));
  }
  timeline_.events = std::move(sorted);
  is_crash_.clear();
  return std::move(timeline_);
}

}  // namespace crashwright::rca
