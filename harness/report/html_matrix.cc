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

constexpr int kCellWidthMin = 30;
constexpr int kCellHeight = 22;
constexpr size_t kLetterWidth = 7;

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

// "12" where all passed, "3/12" where not.
std::string count_text(const Square& square) {
  return square.passed == square.cases ? fmt::format("{}", square.cases)
                                       : fmt::format("{}/{}", square.passed, square.cases);
}

struct Place {
  int x = 0;
  int y = 0;
  int width = 0;
};

std::string draw_square(const Square& square, const std::string& point, const std::string& fault, const Place& place) {
  const std::string outcome = record_outcome(*square.worst);
  return fmt::format(
      "<a href=\"#{}\"><title>{} at {}: {} of {} passed, worst {}</title><rect class=\"{}\" x=\"{}\" y=\"{}\" "
      "width=\"{}\" height=\"{}\" rx=\"3\" fill=\"currentColor\" fill-opacity=\"0.22\" stroke=\"currentColor\"/>"
      "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"currentColor\">{}</text></a>\n",
      html_anchor(*square.worst), escape_markup(fault), escape_markup(point), square.passed, square.cases, outcome,
      outcome, place.x + 1, place.y + 1, place.width - 2, kCellHeight - 2, place.x + place.width / 2,
      place.y + kCellHeight - 7, count_text(square));
}

// Room for the longest of the names.
int room_for(const std::vector<std::string>& names) {
  size_t longest = 0;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  return static_cast<int>(longest * kLetterWidth) + 16;
}

int width_of_squares(const Squares& squares) {
  size_t longest = 0;
  for (const auto& [names, square] : squares) longest = std::max(longest, count_text(square).size());
  return std::max(kCellWidthMin, static_cast<int>(longest * kLetterWidth) + 10);
}

std::string draw_names(const std::vector<std::string>& rows, const std::vector<std::string>& columns, int cell_width) {
  const int left = room_for(rows);
  const int top = room_for(columns) * 7 / 10 + 10;  // they stand aslant
  std::string svg;
  for (size_t column = 0; column < columns.size(); ++column) {
    const int x = left + static_cast<int>(column) * cell_width + cell_width / 2;
    svg += fmt::format("<text x=\"{0}\" y=\"{1}\" fill=\"currentColor\" transform=\"rotate(-45 {0} {1})\">{2}</text>\n",
                       x, top - 8, escape_markup(columns[column]));
  }
  for (size_t row = 0; row < rows.size(); ++row) {
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"currentColor\">{}</text>\n", left - 8,
                       top + static_cast<int>(row + 1) * kCellHeight - 7, escape_markup(rows[row]));
  }
  return svg;
}

}  // namespace

std::string html_matrix(const RunRecord& run) {
  Squares squares;
  std::vector<std::string> points;
  std::vector<std::string> faults;
  collect(run, squares, points, faults);
  if (points.size() < 2 || faults.size() < 2) return {};
  // A page has more room below than beside.
  const bool faults_below = faults.size() > points.size();
  const std::vector<std::string>& rows = faults_below ? faults : points;
  const std::vector<std::string>& columns = faults_below ? points : faults;
  const int cell_width = width_of_squares(squares);
  const int left = room_for(rows);
  const int aslant = room_for(columns) * 7 / 10 + 10;
  std::string svg = fmt::format(
      "<h2 id=\"matrix\">Fault point × fault</h2>\n<p class=\"soft\">How many cases put both to the test, and how many "
      "of them passed where not all did; the colour is the worst verdict, the link its case.</p>\n<div class=\"wide\">"
      "<svg role=\"img\" aria-label=\"verdicts by fault point and fault\" width=\"{}\" height=\"{}\" font-size=\"12\" "
      "font-family=\"system-ui,sans-serif\">\n",
      left + static_cast<int>(columns.size()) * cell_width + aslant,
      aslant + static_cast<int>(rows.size()) * kCellHeight + 4);
  svg += draw_names(rows, columns, cell_width);
  for (size_t row = 0; row < rows.size(); ++row) {
    for (size_t column = 0; column < columns.size(); ++column) {
      const std::string& point = faults_below ? columns[column] : rows[row];
      const std::string& fault = faults_below ? rows[row] : columns[column];
      const auto square = squares.find({point, fault});
      if (square == squares.end()) continue;
      svg += draw_square(
          square->second, point, fault,
          {left + static_cast<int>(column) * cell_width, aslant + static_cast<int>(row) * kCellHeight, cell_width});
    }
  }
  return svg + "</svg></div>\n";
}

}  // namespace crashwright::harness
