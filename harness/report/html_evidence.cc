// What speaks for a verdict, part by part: log, stacks, ring, states, storage, files.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"
#include "rca/report_parts.h"

namespace crashwright::harness {
namespace {

constexpr size_t kEvidenceMax = 40;
constexpr size_t kFramesMax = 40;
constexpr size_t kOtherFramesMax = 14;
constexpr size_t kStacksMax = 12;
constexpr double kPi = 3.14159265358979;

std::string evidence_rows(const rca::AutopsyReport& autopsy, bool supporting) {
  std::string rows;
  size_t shown = 0;
  for (const rca::Evidence& evidence : autopsy.evidence) {
    const bool for_it = evidence.cause == autopsy.cause && evidence.strength > 0;
    if (for_it != supporting || ++shown > kEvidenceMax) continue;
    rows +=
        fmt::format("<tr><td>{}</td><td><code>{}</code></td><td class=\"n\">{:+.2f}</td><td>{}</td><td>{}</td></tr>\n",
                    escape_markup(evidence.source), escape_markup(evidence.cause), evidence.strength,
                    html_bounded(evidence.excerpt), html_bounded(evidence.where));
  }
  if (rows.empty()) return {};
  return fmt::format(
      "<h3>Evidence {}</h3>\n<div class=\"wide\"><table><thead><tr><th>source</th><th>cause</th><th "
      "class=\"n\">strength</th>"
      "<th>what it says</th><th>where</th></tr></thead>\n<tbody>{}</tbody></table></div>\n",
      supporting ? "for it" : "against it and for others", rows);
}

std::string stack_text(const rca::ThreadStack& stack, const std::string& guilty, size_t frames_max) {
  std::string lines;
  for (size_t i = 0; i < std::min(stack.frames.size(), frames_max); ++i) {
    const rca::Frame& frame = stack.frames[i];
    const std::string place = frame.line > 0 ? "  " + rca::short_place(frame) : std::string();
    const std::string line =
        escape_markup(fmt::format("#{:<3} {:#018x}  {}{}", i, frame.pc, rca::name_of_frame(frame), place));
    const bool to_blame = !guilty.empty() && frame.function.find(guilty) != std::string::npos;
    lines += (to_blame ? "<mark>" + line + "</mark>" : line) + "\n";
  }
  if (stack.frames.size() > frames_max) lines += fmt::format("... {} more\n", stack.frames.size() - frames_max);
  return "<pre>" + lines + "</pre>\n";
}

std::string size_text(uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} B", bytes);
  return bytes < 1'000'000 ? fmt::format("{} kB", bytes / 1000)
                           : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

struct Edge {
  std::string from;
  std::string text;  // "waits for mutex at 0x..."
};

// "trading (12) in f waits for mutex at 0x10, held by audit (13)" as waiter and what it waits for.
Edge edge_of(const std::string& line) {
  const size_t waits = line.find(" waits for ");
  const size_t held = line.find(", held by ");
  if (waits == std::string::npos) return {line, ""};
  return {line.substr(0, waits), line.substr(waits + 1, held == std::string::npos ? held : held - waits - 1)};
}

}  // namespace

std::string html_weighed(const rca::AutopsyReport& autopsy) {
  std::string text = evidence_rows(autopsy, true) + evidence_rows(autopsy, false);
  if (!autopsy.missing.empty()) {
    text += "<h3>Could not be looked at</h3>\n<ul>";
    for (const std::string& line : autopsy.missing) text += "<li>" + html_bounded(line) + "</li>";
    text += "</ul>\n";
  }
  if (!autopsy.signature.empty()) {
    text += "<p class=\"soft\">signature <code>" + escape_markup(autopsy.signature) + "</code></p>\n";
  }
  return text;
}

std::string html_stacks(const rca::AutopsyReport& autopsy, StacksOf which) {
  std::vector<rca::StackGroup> groups = rca::fold_stacks(autopsy);
  if (which == StacksOf::kTheDyingOne) {
    groups.erase(std::remove_if(groups.begin(), groups.end(), [](const auto& group) { return !group.faulting; }),
                 groups.end());
  }
  if (groups.empty()) return {};
  std::string text = "<h3>Stacks</h3>\n";
  for (size_t i = 0; i < std::min(groups.size(), kStacksMax); ++i) {
    const rca::StackGroup& group = groups[i];
    text += fmt::format("<details{}><summary>{}</summary>\n{}</details>\n", group.faulting ? " open" : "",
                        html_bounded(rca::title_of(group)),
                        stack_text(*group.threads.front(), group.faulting ? autopsy.function : "",
                                   group.faulting ? kFramesMax : kOtherFramesMax));
  }
  if (groups.size() > kStacksMax) text += fmt::format("<p class=\"soft\">{} more</p>\n", groups.size() - kStacksMax);
  return text;
}

std::string html_wait_for_ring(const rca::AutopsyReport& autopsy) {
  const std::vector<std::string>& cycle = autopsy.wait_for_cycle;
  if (cycle.empty()) return {};
  constexpr double kX = 330;
  constexpr double kY = 120;
  const double count = static_cast<double>(cycle.size());
  std::string svg =
      "<h3>Wait-for ring</h3>\n<svg class=\"ring\" role=\"img\" aria-label=\"threads that wait for each other\" "
      "viewBox=\"0 0 660 240\" width=\"660\">\n"
      "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
      "orient=\"auto\"><path d=\"M0 0l8 4l-8 4z\"/></marker></defs>\n";
  svg += fmt::format("<circle class=\"t-grid\" cx=\"{}\" cy=\"{}\" r=\"70\" fill=\"none\"/>\n", kX, kY);
  for (size_t i = 0; i < cycle.size(); ++i) {
    const double angle = -kPi / 2 + 2 * kPi * static_cast<double>(i) / count;
    const double x = kX + 70 * std::cos(angle);
    const double y = kY + 70 * std::sin(angle);
    // The arrow's tip a little before the next one.
    const double from = angle + 2 * kPi / count * 0.35;
    const double to = angle + 2 * kPi / count * 0.65;
    svg +=
        fmt::format("<path class=\"arrow\" marker-end=\"url(#tip)\" d=\"M{:.1f} {:.1f}A70 70 0 0 1 {:.1f} {:.1f}\"/>\n",
                    kX + 70 * std::cos(from), kY + 70 * std::sin(from), kX + 70 * std::cos(to), kY + 70 * std::sin(to));
    const bool left = std::cos(angle) < -0.1;
    svg += fmt::format(
        "<circle class=\"node\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"7\"/><text x=\"{:.1f}\" y=\"{:.1f}\""
        " text-anchor=\"{}\">{}</text>\n",
        x, y, left ? x - 14 : x + 14, y + 4, left ? "end" : "start",
        escape_markup(rca::clip(edge_of(cycle[i]).from, 44)));
  }
  svg += "</svg>\n<ul>";
  for (const std::string& line : cycle) svg += "<li><code>" + html_bounded(line) + "</code></li>";
  return svg + "</ul>\n";
}

std::string html_log(const CasePicture& picture) {
  if (picture.log.empty()) return {};
  std::string rows;
  for (const LogLine& line : picture.log) {
    rows += fmt::format("<tr class=\"log-{}\"><td class=\"n\">{:+.3f}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                        line.severity, static_cast<double>(line.offset_ns) / 1e6, escape_markup(line.source),
                        escape_markup(line.thread), html_bounded(line.text));
  }
  const std::string rest =
      picture.log_left_out == 0
          ? std::string()
          : fmt::format("<p class=\"soft\">{} more events: <code>crashwright log</code> shows them.</p>\n",
                        picture.log_left_out);
  return "<h3>Log around the crash</h3>\n<div class=\"wide log\"><table><thead><tr><th>ms</th><th>source</th>"
         "<th>thread</th><th>what</th></tr></thead>\n<tbody>" +
         rows + "</tbody></table></div>\n" + rest;
}

std::string html_states(const CasePicture& picture) {
  std::string text;
  for (const StateTable& table : picture.states) {
    text += fmt::format("<h4>{}</h4>\n", escape_markup(table.title));
    if (table.rows.empty()) {
      text += fmt::format("<p class=\"soft\">All agree ({} {}).</p>\n", table.equal, table.equal == 1 ? "row" : "rows");
      continue;
    }
    text += "<div class=\"wide\"><table class=\"states\"><thead><tr>";
    for (size_t i = 0; i < table.columns.size(); ++i) {
      text += fmt::format("<th{}>{}</th>", i == 0 ? "" : " class=\"n\"", escape_markup(table.columns[i]));
    }
    text += "</tr></thead>\n<tbody>";
    for (const std::vector<std::string>& row : table.rows) {
      text += "<tr>";
      for (size_t i = 0; i < row.size(); ++i) {
        const bool odd = i > 1 && row[i] != row[1];
        text += fmt::format("<td{}>{}</td>",
                            i == 0 ? ""
                            : odd  ? " class=\"n differs\""
                                   : " class=\"n\"",
                            escape_markup(row[i]));
      }
      text += "</tr>\n";
    }
    text += fmt::format("</tbody></table></div>\n<p class=\"soft\">{} {}{}.</p>\n", table.equal,
                        table.equal == 1 ? "row agrees" : "rows agree",
                        table.left_out == 0 ? "" : fmt::format(", {} more differ", table.left_out));
  }
  return text.empty() ? text : "<h3>State difference</h3>\n" + text;
}

std::string html_lost(const CasePicture& picture) {
  if (picture.power_losses == 0) return {};
  std::string text = "<h3>Storage operations lost</h3>\n";
  if (picture.lost.empty()) return text + "<p>None: all that the loss of power could take was durable.</p>\n";
  text += "<ol>";
  for (const std::string& line : picture.lost) text += "<li><code>" + html_bounded(line) + "</code></li>";
  return text + "</ol>\n";
}

std::string html_artefacts(const CasePicture& picture, const std::string& link) {
  if (link.empty() || picture.artefacts.empty()) return {};
  std::string text = fmt::format("<h3>Artefacts</h3>\n<p><a href=\"{}/\">{}/</a></p>\n<ul class=\"files\">",
                                 html_link(link), escape_markup(link));
  for (const Artefact& file : picture.artefacts) {
    text += fmt::format("<li><a href=\"{}\">{}</a> <span class=\"soft\">{}</span></li>\n",
                        html_link(link + "/" + file.path), escape_markup(file.path), size_text(file.bytes));
  }
  if (picture.artefacts_left_out > 0) text += fmt::format("<li>{} more</li>\n", picture.artefacts_left_out);
  return text + "</ul>\n";
}

}  // namespace crashwright::harness
