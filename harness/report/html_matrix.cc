// The picture of a run: fault point × fault, one square for all cases of the two, coloured by the worst verdict.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

constexpr int kCellWidth = 58;
constexpr int kCellHeight = 24;
constexpr size_t kLetterWidth = 7;
constexpr int kRight = 130;

struct Square {
  size_t cases = 0;
  size_t passed = 0;
  const CaseRecord* worst = nullptr;
};

using Squares = std::map<std::pair<std::string, std::string>, Square>;

// The bad first; what was skipped says nothing.
int badness(const CaseRecord& record) {
  const std::string outcome = record_outcome(record);
  if (outcome == "FAIL") return 5;
  if (outcome == "ERROR") return 4;
  if (outcome == "UNFINISHED") return 3;
  if (outcome == "INCONCLUSIVE") return 2;
  return outcome == "PASS" ? 0 : 1;
}

// Where and by what a case was put to the test; empty when at no fault point.
struct Subject {
  std::string point;
  std::string fault;
};

// The last storage fault of a case is what it is about, else its last fault: those before it lead there, and a death
// behind a lost write only ends the run. A fault at rest stands where the engine had died.
Subject subject_of(const CaseRecord& record) {
  if (!record.finished || record.finished->faults.empty()) return {};
  const auto& faults = record.finished->faults;
  size_t about = faults.size() - 1;
  for (size_t i = 0; i < faults.size(); ++i) {
    if (!faults[i].file.empty()) about = i;
  }
  const auto& fault = faults[about];
  const std::string name = fault.file.empty() ? fault.kind : fault.kind + " " + fault.file;
  return {fault.point.empty() && about > 0 ? faults[about - 1].point : fault.point, name};
}

void collect(const RunRecord& run, Squares& squares, std::vector<std::string>& points,
             std::vector<std::string>& faults) {
  const auto remember = [](std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const CaseRecord& record : run.cases) {
    const Subject subject = subject_of(record);
    if (subject.point.empty()) continue;
    remember(points, subject.point);
    remember(faults, subject.fault);
    Square& square = squares[{subject.point, subject.fault}];
    ++square.cases;
    if (badness(record) == 0) ++square.passed;
    if (square.worst == nullptr || badness(record) > badness(*square.worst)) square.worst = &record;
  }
  std::sort(points.begin(), points.end());
  std::sort(faults.begin(), faults.end());
}

std::string draw_square(const Square& square, const std::string& point, const std::string& fault, int x, int y) {
  const std::string outcome = record_outcome(*square.worst);
  return fmt::format(
      "<a href=\"#{}\"><title>{} at {}: {} of {} passed, worst {}</title><rect class=\"{}\" x=\"{}\" y=\"{}\" "
      "width=\"{}\" height=\"{}\" rx=\"3\" fill=\"currentColor\" fill-opacity=\"0.22\" stroke=\"currentColor\"/>"
      "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"currentColor\">{}/{}</text></a>\n",
      html_anchor(*square.worst), escape_markup(fault), escape_markup(point), square.passed, square.cases, outcome,
      outcome, x + 1, y + 1, kCellWidth - 2, kCellHeight - 2, x + kCellWidth / 2, y + kCellHeight - 8, square.passed,
      square.cases);
}

// Room for the longest of the names.
int room_for(const std::vector<std::string>& names) {
  size_t longest = 0;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  return static_cast<int>(longest * kLetterWidth) + 16;
}

}  // namespace

std::string html_matrix(const RunRecord& run) {
  Squares squares;
  std::vector<std::string> points;
  std::vector<std::string> faults;
  collect(run, squares, points, faults);
  if (points.size() < 2 || faults.size() < 2) return {};
  const int left = room_for(points);
  const int top = room_for(faults) * 7 / 10 + 10;  // they stand aslant
  const int width = left + static_cast<int>(faults.size()) * kCellWidth + kRight;
  const int height = top + static_cast<int>(points.size()) * kCellHeight + 4;
  std::string svg = fmt::format(
      "<h2 id=\"matrix\">Fault point × fault</h2>\n<p class=\"soft\">Passed of all cases of the two; the colour is the "
      "worst verdict, the link its case.</p>\n<div class=\"wide\"><svg role=\"img\" aria-label=\"verdicts by fault "
      "point and fault\" width=\"{}\" height=\"{}\" font-size=\"12\" font-family=\"system-ui,sans-serif\">\n",
      width, height);
  for (size_t column = 0; column < faults.size(); ++column) {
    const int x = left + static_cast<int>(column) * kCellWidth + kCellWidth / 2;
    svg += fmt::format("<text x=\"{0}\" y=\"{1}\" fill=\"currentColor\" transform=\"rotate(-45 {0} {1})\">{2}</text>\n",
                       x, top - 8, escape_markup(faults[column]));
  }
  for (size_t row = 0; row < points.size(); ++row) {
    const int y = top + static_cast<int>(row) * kCellHeight;
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"currentColor\">{}</text>\n", left - 8,
                       y + kCellHeight - 8, escape_markup(points[row]));
    for (size_t column = 0; column < faults.size(); ++column) {
      const auto square = squares.find({points[row], faults[column]});
      if (square == squares.end()) continue;
      svg += draw_square(square->second, points[row], faults[column], left + static_cast<int>(column) * kCellWidth, y);
    }
  }
  return svg + "</svg></div>\n";
}

}  // namespace crashwright::harness
