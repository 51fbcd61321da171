// The table of all cases, what came of each in the runs before, and those runs.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <set>
#include <vector>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"
#include "rca/report_parts.h"

namespace crashwright::harness {
namespace {

constexpr size_t kReasonBytesMax = 160;

std::string milliseconds(std::optional<uint64_t> nanoseconds) {
  return nanoseconds ? fmt::format("{:.1f}", static_cast<double>(*nanoseconds) / 1e6) : std::string("&ndash;");
}

// One letter each, for the squares of the history: the page shows hundreds of them.
char outcome_letter(const std::string& outcome) {
  if (outcome == "PASS") return 'p';
  if (outcome == "FAIL" || outcome == "ERROR") return 'f';
  if (outcome == "INCONCLUSIVE" || outcome == "UNFINISHED") return 'i';
  return outcome == "SKIPPED" ? 's' : 'n';
}

std::string squares(const CaseRecord& record, const RunHistory& history) {
  if (history.runs.empty()) return {};
  std::string text;
  std::string words;
  const auto add = [&](const std::string& outcome) {
    text += fmt::format("<i class={}></i>", outcome_letter(outcome));
    words += (words.empty() ? "" : ", ") + (outcome.empty() ? std::string("not run") : outcome);
  };
  for (const EarlierRun& run : history.runs) {
    const auto found = run.outcomes.find(record.started.case_id);
    add(found == run.outcomes.end() ? "" : found->second);
  }
  add(record_outcome(record));
  return fmt::format("<span class=\"hist\" role=\"img\" aria-label=\"{0}\" title=\"{0}\">{1}</span>",
                     escape_markup(words), text);
}

std::string faults_of(const CaseFinished& done) {
  std::string faults;
  for (const auto& fault : done.faults) {
    if (!faults.empty()) faults += "<br>";
    faults += "<code>" + escape_markup(fault.kind) + "</code>";
    if (!fault.point.empty()) faults += " at <code>" + escape_markup(fault.point) + "</code>";
  }
  return faults.empty() ? "&ndash;" : faults;
}

std::string overview_row(const CaseRecord& record, const RunHistory& history) {
  const std::string outcome = record_outcome(record);
  std::string row = fmt::format("<tr data-o=\"{}\" data-s=\"{}\"><td>{}</td>", outcome, escape_markup(suite_of(record)),
                                html_badge(outcome));
  if (!record.finished) {
    row += fmt::format("<td><a href=\"#{}\">{}</a></td><td></td><td></td><td></td><td></td>", html_anchor(record),
                       escape_markup(record.started.case_id));
  } else {
    const CaseFinished& done = *record.finished;
    std::string reason;
    if (done.outcome != verifiers::Outcome::kPass) {
      reason = "<div class=\"soft\">" + escape_markup(rca::clip(done.summary, kReasonBytesMax)) + "</div>";
    }
    const std::string cause = done.autopsy ? "<code>" + escape_markup(done.autopsy->cause) + "</code>" : "&ndash;";
    row += fmt::format(
        "<td><a href=\"#{}\">{}</a> <span class=\"soft\">[{}]</span>{}</td><td>{}</td><td>{}</td><td "
        "class=\"n\">{}</td>"
        "<td class=\"n\">{}</td>",
        html_anchor(record), escape_markup(done.name), escape_markup(done.build), reason, faults_of(done), cause,
        milliseconds(done.recovery_time_ns), milliseconds(done.duration_ns));
  }
  if (!history.runs.empty()) row += "<td>" + squares(record, history) + "</td>";
  return row + "</tr>\n";
}

// Only for a page whose script runs: it takes `hidden` away.
std::string filters(const RunRecord& run) {
  std::set<std::string> outcomes;
  std::set<std::string> suites;
  for (const CaseRecord& record : run.cases) {
    outcomes.insert(record_outcome(record));
    suites.insert(suite_of(record));
  }
  std::string text =
      "<div id=\"filters\" class=\"filters\" hidden>\n"
      "<input id=\"search\" type=\"search\" placeholder=\"name, fault, cause\" aria-label=\"search\">\n";
  for (const std::string& outcome : outcomes) {
    text += fmt::format("<label class=\"{0}\"><input type=\"checkbox\" value=\"{0}\" checked> {0}</label>\n", outcome);
  }
  if (suites.size() > 1) {
    text += "<select id=\"suite\" aria-label=\"family\"><option value=\"\">all families</option>";
    for (const std::string& suite : suites) text += fmt::format("<option>{}</option>", escape_markup(suite));
    text += "</select>\n";
  }
  return text +
         "<span id=\"shown\" class=\"soft\" role=\"status\"></span>\n"
         "<span class=\"soft keys\"><kbd>/</kbd> search <kbd>j</kbd> <kbd>k</kbd> next, previous case "
         "<kbd>d</kbd> light, dark</span></div>\n";
}

size_t count_of(const EarlierRun& run, char letter) {
  return static_cast<size_t>(std::count_if(run.outcomes.begin(), run.outcomes.end(),
                                           [&](const auto& entry) { return outcome_letter(entry.second) == letter; }));
}

}  // namespace

std::string html_time(uint64_t wall_ns) {
  const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(seconds));
}

std::string suite_of(const CaseRecord& record) {
  if (!record.finished) return "interrupted";
  const std::string& path = record.finished->scenario_path;
  const size_t file = path.rfind('/');
  if (file == std::string::npos || file == 0) return "scenarios";
  const size_t folder = path.rfind('/', file - 1);
  return path.substr(folder == std::string::npos ? 0 : folder + 1,
                     file - (folder == std::string::npos ? 0 : folder + 1));
}

std::vector<const CaseRecord*> by_attention(const RunRecord& run) {
  static constexpr const char* kOrder[] = {"FAIL", "ERROR", "UNFINISHED", "INCONCLUSIVE", "SKIPPED", "PASS"};
  const auto rank = [](const CaseRecord* record) {
    return std::find(std::begin(kOrder), std::end(kOrder), record_outcome(*record)) - std::begin(kOrder);
  };
  std::vector<const CaseRecord*> order;
  for (const CaseRecord& record : run.cases) order.push_back(&record);
  std::stable_sort(order.begin(), order.end(),
                   [&](const CaseRecord* a, const CaseRecord* b) { return rank(a) < rank(b); });
  return order;
}

std::string html_overview(const RunRecord& run, const RunHistory& history) {
  std::string text = "<h2 id=\"overview\">All cases</h2>\n" + filters(run) +
                     "<div class=\"wide\"><table id=\"cases\"><thead><tr><th>verdict</th><th>case</th><th>faults</th>"
                     "<th>cause found</th><th class=\"n\">recovery, ms</th><th class=\"n\">total, ms</th>";
  if (!history.runs.empty()) text += "<th>earlier runs</th>";
  text += "</tr></thead>\n<tbody>\n";
  for (const CaseRecord* const record : by_attention(run)) text += overview_row(*record, history);
  return text + "</tbody></table></div>\n";
}

std::string html_history(const RunHistory& history) {
  if (history.runs.empty()) return {};
  std::string rows;
  for (auto run = history.runs.rbegin(); run != history.runs.rend(); ++run) {
    rows += fmt::format(
        "<tr><td><a href=\"{}/report.html\">{}</a></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}"
        "</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        html_link(run->folder), html_time(run->started_wall_ns), run->seed, count_of(*run, 'p'), count_of(*run, 'f'),
        count_of(*run, 'i'), count_of(*run, 's'));
  }
  return "<h2 id=\"history\">Earlier runs</h2>\n<div class=\"wide\"><table class=\"runs\"><thead><tr><th>run</th>"
         "<th>seed</th><th>passed</th><th>failed</th><th>inconclusive</th><th>skipped</th></tr></thead>\n<tbody>" +
         rows + "</tbody></table></div>\n";
}

}  // namespace crashwright::harness
