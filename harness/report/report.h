// What people and CI read of a run, each rendered from its events alone: run.json, junit.xml, report.html.
//
// Everything that came from a dying program is escaped and bounded. Threads: free functions without shared state.
// Errors: kIo, kEnvironment when a file cannot be written; kCorrupt when events.jsonl holds no run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "harness/report/event_log.h"

namespace crashwright::harness {

[[nodiscard]] std::string render_run_json(const RunRecord& run);
// JUnit XML as Jenkins and GitLab accept it: one testcase per case, grouped by the scenario's folder.
[[nodiscard]] std::string render_junit(const RunRecord& run);
// A trace for ui.perfetto.dev: a slice for each case, its steps as instants.
[[nodiscard]] std::string render_perfetto(const RunRecord& run);
// JSON Schema (draft-07) of a line of events.jsonl.
[[nodiscard]] const char* events_schema() noexcept;

// One static page that needs no network and is whole without its script. `folder`: of the run, where evidence and
// earlier runs are found; empty: from the events alone.
struct BesidePage {
  std::string path;  // below the run's folder
  std::string html;
};
struct Page {
  std::string html;
  std::vector<BesidePage> beside;  // evidence that would make the page heavy
};
[[nodiscard]] Page render_page(const RunRecord& run, const std::string& folder);
[[nodiscard]] std::string render_html(const RunRecord& run);  // from the events alone

// Renders all three into `folder` from its events.jsonl, each replaced at once.
[[nodiscard]] Status write_reports(const std::string& folder);

// Text for XML and HTML: markup escaped, control characters and bytes that are not UTF-8 replaced.
[[nodiscard]] std::string escape_markup(std::string_view text);

}  // namespace crashwright::harness
