// The section of one case: what stands open, and the order of what lies below.
#include <fmt/format.h>

#include <algorithm>

#include "harness/report/case_words.h"
#include "harness/report/html_parts.h"
#include "harness/report/report.h"
#include "rca/report_parts.h"

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

constexpr size_t kDetailsMax = 40;
constexpr size_t kBriefBytesMax = 240;

std::string cause_sentence(const rca::AutopsyReport& autopsy) {
  std::string sentence = fmt::format("Cause: <code>{}</code>", escape_markup(autopsy.cause));
  if (!autopsy.function.empty()) sentence += fmt::format(" in <code>{}</code>", escape_markup(autopsy.function));
  if (!autopsy.thread_name.empty()) {
    sentence += fmt::format(" on thread <code>{}</code>", escape_markup(autopsy.thread_name));
  }
  sentence += fmt::format(", confidence {:.2f}", autopsy.confidence);
  if (!autopsy.detail.empty()) sentence += ": " + html_bounded(autopsy.detail);
  return sentence + ".";
}

std::string details_of(const verifiers::Verdict& verdict) {
  std::string details;
  for (size_t i = 0; i < std::min(verdict.details.size(), kDetailsMax); ++i) {
    if (verdict.details[i] == verdict.summary) continue;
    details += "<li>" + html_bounded(verdict.details[i]) + "</li>";
  }
  if (verdict.details.size() > kDetailsMax) {
    details +=
        fmt::format("<li class=\"soft\">and {} more in verdicts.json</li>", verdict.details.size() - kDetailsMax);
  }
  return details.empty() ? details : "<ul>" + details + "</ul>";
}

bool holds(const verifiers::Verdict& verdict) {
  return verdict.outcome == Outcome::kPass || verdict.outcome == Outcome::kNotApplicable;
}

// The promises that did not hold; those that did are one line each further down.
std::string broken_promises(const CaseFinished& done) {
  std::string items;
  for (const verifiers::Verdict& verdict : broken_verdicts(done)) {
    if (verdict.outcome == Outcome::kSkipped) continue;
    const std::string details = details_of(verdict);
    // The sentence above has said it.
    if (details.empty() && done.summary == verdict.promise + ": " + verdict.summary) continue;
    items += fmt::format("<li>{} <code>{}</code> {}{}</li>\n", html_badge(verifiers::outcome_name(verdict.outcome)),
                         escape_markup(verdict.promise), html_bounded(verdict.summary), details);
  }
  return items.empty() ? items : "<ul class=\"broken\">" + items + "</ul>\n";
}

std::string title_of(const CaseRecord& record) {
  std::string name = escape_markup(record.started.case_id);
  if (record.finished) {
    name = fmt::format("{} <span class=\"soft\">[{}]</span>", escape_markup(record.finished->name),
                       escape_markup(record.finished->build));
  }
  return html_badge(record_outcome(record)) + " " + name;
}

}  // namespace

std::string html_promises(const CaseFinished& done) {
  std::string items;
  for (const verifiers::Verdict& verdict : done.verdicts) {
    if (!holds(verdict) && verdict.outcome != Outcome::kSkipped) continue;
    items += fmt::format("<li>{} <code>{}</code> {}</li>\n", html_badge(verifiers::outcome_name(verdict.outcome)),
                         escape_markup(verdict.promise), html_bounded(verdict.summary));
  }
  if (items.empty()) return {};
  return "<details><summary>Promises that held, or had nothing to judge</summary>\n<ul class=\"plain\">" + items +
         "</ul></details>\n";
}

std::string html_faults(const CaseFinished& done) {
  if (done.faults.empty()) return {};
  std::string rows;
  for (const rca::InjectedFaultFact& fault : done.faults) {
    rows += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td><td>{}</td></tr>\n",
                        escape_markup(fault.kind), escape_markup(fault.point), escape_markup(fault.state),
                        html_bounded(fault.confirmed_by));
  }
  return "<div class=\"wide\"><table><thead><tr><th>fault</th><th>at</th><th>state</th><th>observed</th></tr></thead>\n"
         "<tbody>" +
         rows + "</tbody></table></div>\n";
}

std::string html_steps(const CaseRecord& record) {
  if (record.notes.empty()) return {};
  std::string rows;
  for (const CaseNote& note : record.notes) {
    const uint64_t since = note.wall_ns > record.started.wall_ns ? note.wall_ns - record.started.wall_ns : 0;
    rows += fmt::format("<tr><td class=\"n\">{:.1f} ms</td><td>{}</td></tr>\n", static_cast<double>(since) / 1e6,
                        html_bounded(note.text));
  }
  return "<details><summary>What happened, step by step</summary>\n<table><tbody>" + rows +
         "</tbody></table></details>\n";
}

std::string html_verdict(const CaseRecord& record) {
  if (!record.finished) return "<p class=\"lead\">The run was interrupted in this case.</p>\n";
  const CaseFinished& done = *record.finished;
  std::string text = "<p class=\"lead\">" + html_bounded(done.summary);
  const std::string advice = unfired_advice(done);
  if (!advice.empty()) {
    text += "<br>" + html_bounded(advice) + ".";
  } else if (done.autopsy) {
    text += "<br>" + cause_sentence(*done.autopsy);
  }
  text += "</p>\n<div class=\"repeat\"><pre>" + escape_markup(done.repro) + "</pre></div>\n";
  if (!done.why.empty()) text += "<p class=\"soft\">Why it matters: " + html_bounded(done.why) + "</p>\n";
  if (!done.need.empty()) text += "<p>Skipped for want of: <code>" + html_bounded(done.need) + "</code></p>\n";
  return text + broken_promises(done);
}

std::string html_evidence(const CaseRecord& record, const CasePicture& picture, const std::string& link) {
  if (!record.finished) return html_steps(record);
  const CaseFinished& done = *record.finished;
  std::string text = html_timeline(picture) + html_log(picture);
  // Of a case that passed nobody asks for the other threads: they would be half of a long run's page.
  const StacksOf stacks = done.outcome == Outcome::kPass ? StacksOf::kTheDyingOne : StacksOf::kEveryThread;
  if (done.autopsy) text += html_stacks(*done.autopsy, stacks) + html_wait_for_ring(*done.autopsy);
  text += html_states(picture);
  if (done.autopsy) text += html_weighed(*done.autopsy);
  text += html_exploration(done) + html_lost(picture) + html_artefacts(picture, link);
  return text + html_promises(done) + html_steps(record);
}

std::string html_brief(const CaseRecord& record, const std::string& rest) {
  std::string text = fmt::format(
      "<details class=\"case\"><summary><h3 class=\"title\">{}</h3></summary>\n"
      "<div class=\"body\" id=\"{}\">\n",
      title_of(record), html_anchor(record));
  if (record.finished) {
    const CaseFinished& done = *record.finished;
    const std::string cause = cause_in_words(done);
    text += fmt::format("<p>{}{}</p>\n", escape_markup(rca::clip(done.summary, kBriefBytesMax)),
                        cause.empty() ? "" : "<br>Cause: <code>" + escape_markup(cause) + "</code>.");
    text += "<div class=\"repeat\"><pre>" + escape_markup(done.repro) + "</pre></div>\n";
  }
  return text + rest + "</div></details>\n";
}

std::string html_case(const CaseRecord& record, const std::string& evidence) {
  const std::string outcome = record_outcome(record);
  // The id is inside: a browser opens what it jumps into.
  return fmt::format(
      "<details class=\"case\"{}><summary><h3 class=\"title\">{}</h3></summary>\n<div class=\"body\" id=\"{}\">\n"
      "{}{}{}</div></details>\n",
      outcome == "PASS" || outcome == "SKIPPED" ? "" : " open", title_of(record), html_anchor(record),
      html_verdict(record), record.finished ? html_faults(*record.finished) : "", evidence);
}

}  // namespace crashwright::harness
