// One time axis over everything that a death left: engine log, audit log, exchange, feed, crash record.
//
//   auto timeline = read_timeline({"crashwright-out/latest/double-free.release"});
//   for (const TimelineEvent& event : timeline->events) ...
//
// Neutral to its sources: each reader turns its format into TimelineEvents and hands them to a TimelineBuilder, which
// puts them on the axis. `crashwright log` prints it, the autopsy tells its story from it.
//
// Folders: of a case folder (facts.json) the sessions golden/ and recovered/ are left out; name them to have them.
// Axis:    nanoseconds of the wall clock. Sources of one boot are ordered by CLOCK_MONOTONIC, which all processes share
//          and no clock step disturbs; it is shown as wall time through one pair of readings, that of the first source
//          that knows both clocks. A source that knows no monotonic time is placed by its wall time.
// Error:   error_ns bounds how far an event may really lie from its place relative to other sources. Order within one
//          thread of one source is always the source's own, whatever the bound.
// Feed:    a feed carries the exchange's time of day, not this machine's. Its messages are placed by sequence between
//          the audit records that name a feed message as their cause; error_ns is then the width of that bracket. What
//          lies outside all brackets is left out and counted.
// Copies:  a log that grew from one incarnation to the next, or was copied, holds the same records again. An event that
//          two sources of one kind tell word for word is shown once, and the account says how many were left out.
// Errors:  kUsage for a path that is not there, or a file of no known kind; a damaged source is part of the result
//          (TimelineSource::notes). Never throws.
// Threads: free functions without shared state; a builder has one owner. Signal context: no.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "postmortem/flight_format.h"

namespace crashwright::rca {

enum class TimelineKind : uint8_t { kEngineLog, kAuditLog, kExchange, kFeed, kCrash };

[[nodiscard]] const char* timeline_kind_name(TimelineKind kind) noexcept;  // "engine" "audit" "exchange" "feed" "crash"

struct TimelineField {
  std::string name;
  std::string value;
  bool is_literal = false;  // a number, true or false: stands without quotes in JSON
};

struct TimelineEvent {
  uint64_t at_ns = 0;         // on the axis; filled by the builder
  uint64_t monotonic_ns = 0;  // 0: the source does not know it
  uint64_t wall_ns = 0;       // 0: the source does not know it
  uint64_t error_ns = 0;
  size_t source = 0;      // index into Timeline::sources
  uint64_t sequence = 0;  // the source's own number, in its thread
  postmortem::Severity severity = postmortem::Severity::kInfo;
  uint32_t pid = 0;
  uint32_t tid = 0;
  std::string thread;
  std::string text;
  std::string file;  // of the log call, empty elsewhere
  int line = 0;
  std::vector<TimelineField> fields;
};

struct TimelineSource {
  TimelineKind kind = TimelineKind::kEngineLog;
  std::string path;
  uint32_t pid = 0;
  size_t events = 0;
  std::vector<std::string> notes;  // what was damaged, refused, overwritten
};

// A death, as a crash record tells it.
struct TimelineCrash {
  size_t event = 0;  // index into Timeline::events
  uint32_t pid = 0;
  uint32_t tid = 0;
};

struct Timeline {
  std::vector<TimelineSource> sources;
  std::vector<TimelineEvent> events;  // by at_ns; at equal times in order of source, then as the source had them
  std::vector<TimelineCrash> crashes;
};

// Collects sources in any order; finish() sorts them onto the axis.
class TimelineBuilder {
 public:
  // Returns the index to put into TimelineEvent::source.
  size_t add_source(TimelineKind kind, const std::string& path, uint32_t pid);
  void note(size_t source, const std::string& text);
  void add(TimelineEvent event);
  void add_crash(TimelineEvent event);

  // `feed_sequence` was the cause of something at this monotonic time: brackets for a feed.
  void anchor_feed(uint64_t feed_sequence, uint64_t monotonic_ns);
  struct FeedPlace {
    uint64_t monotonic_ns;
    uint64_t error_ns;
  };
  // Nothing outside all brackets. Anchors must all be there by then.
  [[nodiscard]] std::optional<FeedPlace> place_feed(uint64_t feed_sequence);

  [[nodiscard]] Timeline finish();

 private:
  struct FeedAnchor {
    uint64_t sequence;
    uint64_t monotonic_ns;
  };
  void sort_anchors();
  void drop_copies();

  Timeline timeline_;
  std::vector<bool> is_crash_;  // beside timeline_.events
  std::vector<FeedAnchor> anchors_;
  bool anchors_sorted_ = true;
};

// Files of a known kind, and folders, which are searched for such files. Unknown files in folders are passed over.
[[nodiscard]] Result<Timeline> read_timeline(const std::vector<std::string>& paths);

}  // namespace crashwright::rca
