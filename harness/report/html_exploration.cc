#include <fmt/format.h>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

constexpr size_t kLossesMax = 12;

std::string losses(const ExploredFinding& finding) {
  if (finding.lost.empty()) return "nothing: everything that reached the file system was kept";
  std::string items;
  for (size_t i = 0; i < finding.lost.size() && i < kLossesMax; ++i) {
    items += "<li>" + html_bounded(finding.lost[i]) + "</li>";
  }
  if (finding.lost.size() > kLossesMax) {
    items += fmt::format("<li class=\"soft\">and {} more</li>", finding.lost.size() - kLossesMax);
  }
  return "<ul>" + items + "</ul>";
}

std::string finding_row(const ExploredFinding& finding) {
  std::string folder;
  if (!finding.folder.empty()) folder = fmt::format("<a href=\"{0}/\">{0}</a>", escape_markup(finding.folder));
  return fmt::format(
      "<tr><td><code>{}</code></td><td>{}<br><span class=\"soft\">{} states fail so</span></td><td>{}</td>"
      "<td>{}<br><span class=\"soft\">{} acknowledged</span></td><td>{}</td><td>{}</td></tr>\n",
      escape_markup(finding.profile), html_bounded(finding.reason), finding.states, losses(finding),
      html_bounded(finding.last_operation), finding.acknowledged,
      finding.fix.empty() ? "&ndash;" : html_bounded(finding.fix), folder.empty() ? "&ndash;" : folder);
}

}  // namespace

std::string html_exploration(const CaseFinished& done) {
  if (!done.exploration) return {};
  const ExplorationOutcome& explored = *done.exploration;
  std::string profiles;
  for (const std::string& profile : explored.profiles) {
    profiles += (profiles.empty() ? "" : ", ") + escape_markup(profile);
  }
  std::string text = fmt::format(
      "<h3>Power loss</h3>\n<p>{} operations, {} acknowledgements; profiles {}: {} distinct states judged, {} violated."
      "</p>\n",
      explored.operations, explored.acknowledged, profiles, explored.states, explored.violated);
  if (explored.findings.empty()) return text;
  text +=
      "<div class=\"wide\"><table><thead><tr><th>profile</th><th>the checker said</th><th>lost, all the rest kept</th>"
      "<th>power lost after</th><th>would pass with</th><th>evidence</th></tr></thead>\n<tbody>";
  for (const ExploredFinding& finding : explored.findings) text += finding_row(finding);
  return text + "</tbody></table></div>\n";
}

}  // namespace crashwright::harness
