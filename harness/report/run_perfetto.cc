// A run as a trace for ui.perfetto.dev: a slice for each case, on as many tracks as ran side by side, with its steps.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

using Json = nlohmann::ordered_json;

// Microseconds since the run began, as the trace counts.
double microseconds(const RunRecord& run, uint64_t wall_ns) {
  return static_cast<double>(wall_ns - std::min(wall_ns, run.started.wall_ns)) / 1e3;
}

// The first track that is free by then; a case that was cut short keeps its track.
size_t take_track(std::vector<uint64_t>& busy_until, uint64_t begin_ns, uint64_t end_ns) {
  for (size_t i = 0; i < busy_until.size(); ++i) {
    if (busy_until[i] > begin_ns) continue;
    busy_until[i] = end_ns;
    return i;
  }
  busy_until.push_back(end_ns);
  return busy_until.size() - 1;
}

void add_case(const RunRecord& run, const CaseRecord& record, size_t track, Json& events) {
  const auto tid = track + 1;
  Json args = {{"case", record.started.case_id}, {"outcome", record_outcome(record)}};
  uint64_t duration_ns = 0;
  if (record.finished) {
    duration_ns = record.finished->duration_ns;
    args["summary"] = record.finished->summary;
    if (record.finished->autopsy) args["cause"] = record.finished->autopsy->cause;
  }
  events.push_back({{"ph", "X"},
                    {"name", record_outcome(record) + " " + record.started.name},
                    {"cat", suite_of(record)},
                    {"ts", microseconds(run, record.started.wall_ns)},
                    {"dur", static_cast<double>(duration_ns) / 1e3},
                    {"pid", 1},
                    {"tid", tid},
                    {"args", args}});
  for (const CaseNote& note : record.notes) {
    events.push_back({{"ph", "i"},
                      {"s", "t"},
                      {"name", note.text},
                      {"ts", microseconds(run, note.wall_ns)},
                      {"pid", 1},
                      {"tid", tid}});
  }
}

}  // namespace

std::string render_perfetto(const RunRecord& run) {
  Json events = Json::array();
  events.push_back({{"ph", "M"}, {"name", "process_name"}, {"pid", 1}, {"args", {{"name", run.started.version}}}});
  std::vector<const CaseRecord*> order;
  for (const CaseRecord& record : run.cases) order.push_back(&record);
  std::stable_sort(order.begin(), order.end(),
                   [](const CaseRecord* a, const CaseRecord* b) { return a->started.wall_ns < b->started.wall_ns; });
  std::vector<uint64_t> busy_until;
  for (const CaseRecord* const record : order) {
    const uint64_t begin_ns = record->started.wall_ns;
    const uint64_t end_ns = record->finished ? begin_ns + record->finished->duration_ns : UINT64_MAX;
    add_case(run, *record, take_track(busy_until, begin_ns, end_ns), events);
  }
  for (size_t i = 0; i < busy_until.size(); ++i) {
    events.push_back({{"ph", "M"},
                      {"name", "thread_name"},
                      {"pid", 1},
                      {"tid", i + 1},
                      {"args", {{"name", "job " + std::to_string(i + 1)}}}});
  }
  const Json trace = {{"displayTimeUnit", "ms"}, {"traceEvents", events}};
  return trace.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace crashwright::harness
