#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

constexpr size_t kDetailsMax = 40;
constexpr size_t kEvidenceMax = 60;
constexpr size_t kFramesMax = 40;
constexpr size_t kLineBytesMax = 600;

std::string bounded(std::string_view text) {
  if (text.size() <= kLineBytesMax) return escape_markup(text);
  return escape_markup(text.substr(0, kLineBytesMax)) + " &hellip;";
}

bool is_good(const CaseFinished& done) { return done.outcome == Outcome::kPass; }

std::string verdict_table(const CaseFinished& done) {
  if (done.verdicts.empty()) return {};
  std::string rows;
  for (const verifiers::Verdict& verdict : done.verdicts) {
    std::string details;
    for (size_t i = 0; i < std::min(verdict.details.size(), kDetailsMax); ++i) {
      if (verdict.details[i] == verdict.summary) continue;
      details += "<li>" + bounded(verdict.details[i]) + "</li>";
    }
    if (verdict.details.size() > kDetailsMax) {
      details +=
          fmt::format("<li class=\"soft\">and {} more in verdicts.json</li>", verdict.details.size() - kDetailsMax);
    }
    if (!details.empty()) details = "<ul>" + details + "</ul>";
    rows += fmt::format("<tr><td>{}</td><td><code>{}</code></td><td>{}{}</td></tr>\n",
                        html_badge(verifiers::outcome_name(verdict.outcome)), escape_markup(verdict.promise),
                        bounded(verdict.summary), details);
  }
  return "<h3>Promises</h3>\n<div class=\"wide\"><table><thead><tr><th>verdict</th><th>promise</th><th>finding</th>"
         "</tr></thead>\n<tbody>" +
         rows + "</tbody></table></div>\n";
}

std::string fault_table(const CaseFinished& done) {
  if (done.faults.empty()) return {};
  std::string rows;
  for (const rca::InjectedFaultFact& fault : done.faults) {
    rows += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td><td>{}</td></tr>\n",
                        escape_markup(fault.kind), escape_markup(fault.point), escape_markup(fault.state),
                        bounded(fault.confirmed_by));
  }
  return "<h3>Faults</h3>\n<div class=\"wide\"><table><thead><tr><th>fault</th><th>at</th><th>state</th>"
         "<th>observed</th></tr></thead>\n<tbody>" +
         rows + "</tbody></table></div>\n";
}

std::string evidence_rows(const rca::AutopsyReport& autopsy, bool supporting) {
  std::string rows;
  size_t shown = 0;
  for (const rca::Evidence& evidence : autopsy.evidence) {
    const bool speaks_for = evidence.strength > 0 && evidence.cause == autopsy.cause;
    if (speaks_for != supporting || ++shown > kEvidenceMax) continue;
    rows +=
        fmt::format("<tr><td>{}</td><td><code>{}</code></td><td class=\"n\">{:+.2f}</td><td>{}</td><td>{}</td></tr>\n",
                    escape_markup(evidence.source), escape_markup(evidence.cause), evidence.strength,
                    bounded(evidence.excerpt), bounded(evidence.where));
  }
  if (rows.empty()) return {};
  return fmt::format(
      "<h3>Evidence {}</h3>\n<div class=\"wide\"><table><thead><tr><th>source</th><th>cause</th><th>strength</th>"
      "<th>what it says</th><th>where</th></tr></thead>\n<tbody>{}</tbody></table></div>\n",
      supporting ? "for it" : "against it and for others", rows);
}

std::string stack_text(const rca::ThreadStack& stack) {
  std::string lines;
  for (size_t i = 0; i < std::min(stack.frames.size(), kFramesMax); ++i) {
    const rca::Frame& frame = stack.frames[i];
    const std::string place = frame.line > 0 ? fmt::format("  {}:{}", frame.file, frame.line) : std::string();
    lines += fmt::format("#{:<3} {:#018x}  {}{}\n", i, frame.pc, frame.function.empty() ? frame.module : frame.function,
                         place);
  }
  if (stack.frames.size() > kFramesMax) lines += fmt::format("... {} more\n", stack.frames.size() - kFramesMax);
  return "<pre>" + escape_markup(lines) + "</pre>\n";
}

std::string stacks(const CaseFinished& done) {
  std::string text;
  for (const rca::ThreadStack& stack : done.autopsy->threads) {
    text += fmt::format(
        "<details{}><summary>Stack of thread {} <span class=\"soft\">({}{})</span></summary>\n{}</details>\n",
        stack.faulting && !is_good(done) ? " open" : "", escape_markup(stack.name.empty() ? "?" : stack.name),
        stack.tid, stack.faulting ? ", the one that failed" : "", stack_text(stack));
  }
  return text;
}

std::string cause_sentence(const rca::AutopsyReport& autopsy) {
  std::string sentence = fmt::format("Cause: <code>{}</code>", escape_markup(autopsy.cause));
  if (!autopsy.function.empty()) sentence += fmt::format(" in <code>{}</code>", escape_markup(autopsy.function));
  if (!autopsy.thread_name.empty())
    sentence += fmt::format(" on thread <code>{}</code>", escape_markup(autopsy.thread_name));
  sentence += fmt::format(", confidence {:.0f} %", autopsy.confidence * 100);
  if (!autopsy.detail.empty()) sentence += ": " + bounded(autopsy.detail);
  return "<p class=\"lead\">" + sentence + "</p>\n";
}

std::string autopsy_part(const CaseFinished& done) {
  if (!done.autopsy) return {};
  const rca::AutopsyReport& autopsy = *done.autopsy;
  std::string text;
  if (!is_good(done)) text += evidence_rows(autopsy, true) + evidence_rows(autopsy, false);
  if (!autopsy.wait_for_cycle.empty()) {
    text += "<h3>Wait-for ring</h3>\n<ul>";
    for (const std::string& edge : autopsy.wait_for_cycle) text += "<li><code>" + bounded(edge) + "</code></li>";
    text += "</ul>\n";
  }
  if (!is_good(done)) text += stacks(done);
  if (!autopsy.missing.empty() && !is_good(done)) {
    text += "<h3>Could not be looked at</h3>\n<ul>";
    for (const std::string& line : autopsy.missing) text += "<li>" + bounded(line) + "</li>";
    text += "</ul>\n";
  }
  if (!autopsy.signature.empty()) {
    text += "<p class=\"soft\">signature <code>" + escape_markup(autopsy.signature) + "</code></p>\n";
  }
  return text;
}

std::string steps(const CaseRecord& record) {
  if (record.notes.empty()) return {};
  std::string rows;
  for (const CaseNote& note : record.notes) {
    const uint64_t since = note.wall_ns > record.started.wall_ns ? note.wall_ns - record.started.wall_ns : 0;
    rows += fmt::format("<tr><td class=\"n\">{:.1f} ms</td><td>{}</td></tr>\n", static_cast<double>(since) / 1e6,
                        bounded(note.text));
  }
  return "<details><summary>What happened, step by step</summary>\n<table><tbody>" + rows +
         "</tbody></table></details>\n";
}

}  // namespace

std::string record_outcome(const CaseRecord& record) {
  return record.finished ? verifiers::outcome_name(record.finished->outcome) : "UNFINISHED";
}

std::string html_badge(const std::string& outcome) {
  const std::string shown = outcome == "NOT_APPLICABLE" ? "N/A" : outcome;
  return fmt::format("<span class=\"badge {}\">{}</span>", escape_markup(outcome), escape_markup(shown));
}

std::string html_anchor(const CaseRecord& record) { return "case-" + escape_markup(record.started.case_id); }

std::string html_case(const CaseRecord& record) {
  std::string text = fmt::format("<section id=\"{}\">\n", html_anchor(record));
  if (!record.finished) {
    return text + fmt::format("<h2>{} {}</h2>\n<p>The run was interrupted in this case.</p>\n{}</section>\n",
                              html_badge("UNFINISHED"), escape_markup(record.started.case_id), steps(record));
  }
  const CaseFinished& done = *record.finished;
  text += fmt::format("<h2>{} {} <span class=\"soft\">[{}]</span></h2>\n",
                      html_badge(verifiers::outcome_name(done.outcome)), escape_markup(done.name),
                      escape_markup(done.build));
  text += "<p class=\"lead\">" + bounded(done.summary) + "</p>\n";
  if (done.autopsy) text += cause_sentence(*done.autopsy);
  if (!done.why.empty()) text += "<p class=\"soft\">Why: " + bounded(done.why) + "</p>\n";
  text += "<p class=\"soft\">Repeat it:</p><pre>" + escape_markup(done.repro) + "</pre>\n";
  if (!done.folder.empty()) {
    text += fmt::format("<p class=\"soft\">Artefacts: <a href=\"{0}/\">{0}</a></p>\n", escape_markup(done.folder));
  }
  std::string body = fault_table(done) + verdict_table(done) + autopsy_part(done) + steps(record);
  if (is_good(done)) body = "<details><summary>Faults, promises, steps</summary>\n" + body + "</details>\n";
  return text + body + "</section>\n";
}

}  // namespace crashwright::harness
