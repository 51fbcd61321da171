#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/report/timeline_report.h"
#include "postmortem/flight_reader.h"

namespace crashwright::harness {
namespace {

// Keys in the order in which they are read, not sorted.
using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Json field_value(const rca::TimelineField& field) {
  if (!field.is_literal) return field.value;
  const Json literal = Json::parse(field.value, nullptr, false);
  return literal.is_number() || literal.is_boolean() ? literal : Json(field.value);
}

Json fields_object(const rca::TimelineEvent& event) {
  Json fields = Json::object();
  for (const rca::TimelineField& field : event.fields) fields[field.name] = field_value(field);
  return fields;
}

Json source_object(const rca::TimelineSource& source) {
  Json json;
  json["record"] = "source";
  json["kind"] = rca::timeline_kind_name(source.kind);
  json["path"] = source.path;
  if (source.pid != 0) json["pid"] = source.pid;
  json["events"] = source.events;
  json["notes"] = source.notes;
  return json;
}

Json event_object(const rca::Timeline& timeline, const rca::TimelineEvent& event, bool death) {
  Json json;
  json["record"] = "event";
  json["time_ns"] = event.at_ns;
  json["error_ns"] = event.error_ns;
  if (event.monotonic_ns != 0) json["monotonic_ns"] = event.monotonic_ns;
  json["source"] = rca::timeline_kind_name(timeline.sources[event.source].kind);
  json["path"] = timeline.sources[event.source].path;
  if (event.pid != 0) json["pid"] = event.pid;
  if (event.tid != 0) json["tid"] = event.tid;
  json["thread"] = event.thread;
  json["sequence"] = event.sequence;
  json["severity"] = postmortem::severity_name(event.severity);
  if (death) json["death"] = true;
  json["text"] = event.text;
  if (!event.file.empty()) json["file"] = event.file;
  if (event.line != 0) json["line"] = event.line;
  if (!event.fields.empty()) json["fields"] = fields_object(event);
  return json;
}

// A process for each source that knows its pid; the others get numbers that no pid has.
uint32_t process_number(const rca::Timeline& timeline, const rca::TimelineEvent& event) {
  constexpr uint32_t kBeyondPids = 1U << 30;
  if (event.pid != 0) return event.pid;
  return kBeyondPids + static_cast<uint32_t>(timeline.sources[event.source].kind);
}

uint32_t track_number(const rca::TimelineEvent& event) { return event.tid != 0 ? event.tid : 1; }

}  // namespace

std::string timeline_json_lines(const rca::Timeline& timeline) {
  std::string text;
  for (const rca::TimelineSource& source : timeline.sources) text += line_of(source_object(source));
  size_t crash = 0;
  for (size_t i = 0; i < timeline.events.size(); ++i) {
    const bool death = crash < timeline.crashes.size() && timeline.crashes[crash].event == i;
    if (death) ++crash;
    text += line_of(event_object(timeline, timeline.events[i], death));
  }
  return text;
}

std::string timeline_perfetto(const rca::Timeline& timeline) {
  // Times are microseconds in a double: relative to the first event, so that nanoseconds stay exact for weeks.
  const uint64_t base_ns = timeline.events.empty() ? 0 : timeline.events.front().at_ns;
  std::string text = "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"first_event_ns\":\"" + std::to_string(base_ns) +
                     "\"},\"traceEvents\":[\n";
  std::string separator;
  const auto put = [&](const Json& json) {
    std::string line = line_of(json);
    line.pop_back();
    text += separator + line;
    separator = ",\n";
  };
  std::vector<std::pair<uint32_t, uint32_t>> named;
  size_t crash = 0;
  for (size_t i = 0; i < timeline.events.size(); ++i) {
    const rca::TimelineEvent& event = timeline.events[i];
    const uint32_t pid = process_number(timeline, event);
    const uint32_t track = track_number(event);
    if (std::find(named.begin(), named.end(), std::pair(pid, track)) == named.end()) {
      named.emplace_back(pid, track);
      std::string process = rca::timeline_kind_name(timeline.sources[event.source].kind);
      if (event.pid != 0) process = "engine " + std::to_string(event.pid);
      put({{"ph", "M"}, {"name", "process_name"}, {"pid", pid}, {"args", {{"name", process}}}});
      put({{"ph", "M"}, {"name", "thread_name"}, {"pid", pid}, {"tid", track}, {"args", {{"name", event.thread}}}});
    }
    const bool death = crash < timeline.crashes.size() && timeline.crashes[crash].event == i;
    if (death) ++crash;
    Json args = fields_object(event);
    args["severity"] = postmortem::severity_name(event.severity);
    args["error_ns"] = event.error_ns;
    args["sequence"] = event.sequence;
    if (!event.file.empty()) args["source"] = event.file + ":" + std::to_string(event.line);
    put({{"ph", "i"},
         {"s", death ? "g" : "t"},  // a death is a line across all tracks
         {"name", event.text},
         {"cat", rca::timeline_kind_name(timeline.sources[event.source].kind)},
         {"ts", static_cast<double>(event.at_ns - base_ns) / 1000.0},
         {"pid", pid},
         {"tid", track},
         {"args", args}});
  }
  return text + "\n]}\n";
}

}  // namespace crashwright::harness
