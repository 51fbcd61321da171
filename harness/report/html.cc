#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

std::string when(uint64_t wall_ns) {
  const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(seconds));
}

std::string tile(const char* outcome, size_t count) {
  if (count == 0) return {};
  return fmt::format("<div class=\"tile\"><b>{}</b>{}</div>\n", count, html_badge(outcome));
}

// What needs attention first.
int rank(const CaseRecord& record) {
  if (!record.finished) return 1;
  switch (record.finished->outcome) {
    case Outcome::kFail:
      return 0;
    case Outcome::kError:
      return 1;
    case Outcome::kInconclusive:
      return 2;
    case Outcome::kSkipped:
      return 3;
    default:
      return 4;
  }
}

std::string milliseconds(std::optional<uint64_t> nanoseconds) {
  return nanoseconds ? fmt::format("{:.1f}", static_cast<double>(*nanoseconds) / 1e6) : std::string("&ndash;");
}

std::string overview_row(const CaseRecord& record) {
  if (!record.finished) {
    return fmt::format("<tr><td>{}</td><td><a href=\"#{}\">{}</a></td><td></td><td></td><td></td><td></td></tr>\n",
                       html_badge("UNFINISHED"), html_anchor(record), escape_markup(record.started.case_id));
  }
  const CaseFinished& done = *record.finished;
  std::string faults;
  for (const auto& fault : done.faults) {
    if (!faults.empty()) faults += "<br>";
    faults += "<code>" + escape_markup(fault.kind) + "</code>";
    if (!fault.point.empty()) faults += " at <code>" + escape_markup(fault.point) + "</code>";
  }
  std::string cause = done.autopsy ? "<code>" + escape_markup(done.autopsy->cause) + "</code>" : "&ndash;";
  return fmt::format(
      "<tr><td>{}</td><td><a href=\"#{}\">{}</a> <span class=\"soft\">[{}]</span></td><td>{}</td><td>{}</td>"
      "<td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
      html_badge(verifiers::outcome_name(done.outcome)), html_anchor(record), escape_markup(done.name),
      escape_markup(done.build), faults.empty() ? "&ndash;" : faults, cause, milliseconds(done.recovery_time_ns),
      milliseconds(done.duration_ns));
}

std::string summary_sentence(const RunRecord& run, const OutcomeCounts& counts) {
  const size_t bad = counts.fail + counts.error + counts.inconclusive + counts.unfinished;
  std::string sentence;
  if (!run.finished || run.finished->interrupted) sentence = "The run was interrupted. ";
  if (run.cases.size() < run.started.cases) {
    sentence += fmt::format("{} of {} cases never started. ", run.started.cases - run.cases.size(), run.started.cases);
  }
  if (bad == 0 && counts.pass > 0 && !sentence.empty()) {
    sentence += "What was judged held.";
  } else if (bad == 0 && counts.pass > 0) {
    sentence += counts.skipped == 0 ? "Every promise held and every fault fired."
                                    : "Every promise that could be judged here held; some cases were skipped.";
  } else if (bad > 0) {
    sentence += fmt::format("{} of {} cases need attention.", bad, run.cases.size());
  } else {
    sentence += "Nothing was judged.";
  }
  return sentence;
}

}  // namespace

std::string render_html(const RunRecord& run) {
  const OutcomeCounts counts = count_outcomes(run);
  std::vector<const CaseRecord*> order;
  for (const CaseRecord& record : run.cases) order.push_back(&record);
  std::stable_sort(order.begin(), order.end(),
                   [](const CaseRecord* a, const CaseRecord* b) { return rank(*a) < rank(*b); });
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>Crashwright: {} cases, seed {}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      run.cases.size(), run.started.seed, html_style());
  page += fmt::format(
      "<h1>Crashwright run</h1>\n<p class=\"lead\">{}</p>\n<p class=\"soft\">{}, seed {}, {} jobs{}</p>\n",
      escape_markup(summary_sentence(run, counts)), when(run.started.wall_ns), run.started.seed, run.started.jobs,
      run.finished ? fmt::format(", {:.1f} s", static_cast<double>(run.finished->duration_ns) / 1e9) : std::string());
  page += "<div class=\"tiles\">\n" + tile("PASS", counts.pass) + tile("FAIL", counts.fail) +
          tile("ERROR", counts.error) + tile("INCONCLUSIVE", counts.inconclusive) + tile("SKIPPED", counts.skipped) +
          tile("UNFINISHED", counts.unfinished) + "</div>\n";
  for (const RunNote& note : run.notes) page += "<p class=\"soft\">" + escape_markup(note.text) + "</p>\n";
  if (run.damaged_lines > 0) {
    page += fmt::format("<p class=\"soft\">{} damaged lines of events.jsonl were skipped.</p>\n", run.damaged_lines);
  }
  page += html_matrix(run);
  page +=
      "<h2 id=\"overview\">Overview</h2>\n<div class=\"wide\"><table><thead><tr><th>verdict</th><th>case</th>"
      "<th>faults</th><th>cause found</th><th>recovery, ms</th><th>total, ms</th></tr></thead>\n<tbody>\n";
  for (const CaseRecord* const record : order) page += overview_row(*record);
  page += "</tbody></table></div>\n<h2>Cases</h2>\n";
  for (const CaseRecord* const record : order) page += html_case(*record);
  return page + "</main>\n</body>\n</html>\n";
}

}  // namespace crashwright::harness
