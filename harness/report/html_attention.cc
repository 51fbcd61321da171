// What did not pass, before everything else: somebody who opens the page at night needs no other part of it.
#include <fmt/format.h>

#include <algorithm>

#include "harness/report/case_words.h"
#include "harness/report/html_parts.h"
#include "harness/report/report.h"
#include "rca/report_parts.h"

namespace crashwright::harness {
namespace {

constexpr size_t kCasesMax = 5;
constexpr size_t kSummaryBytesMax = 240;

bool wants_attention(const CaseRecord& record) {
  const std::string outcome = record_outcome(record);
  return outcome != "PASS" && outcome != "SKIPPED";
}

std::string entry(const CaseRecord& record) {
  if (!record.finished) {
    return fmt::format("<li>{} <a href=\"#{}\">{}</a><br>The run was interrupted in this case.</li>\n",
                       html_badge(record_outcome(record)), html_anchor(record), escape_markup(record.started.case_id));
  }
  const CaseFinished& done = *record.finished;
  const std::string cause = cause_in_words(done);
  return fmt::format(
      "<li>{} <a href=\"#{}\">{}</a> <span class=\"soft\">[{}]</span><br>{}{}\n"
      "<div class=\"repeat\"><pre>{}</pre></div></li>\n",
      html_badge(record_outcome(record)), html_anchor(record), escape_markup(done.name), escape_markup(done.build),
      escape_markup(rca::clip(done.summary, kSummaryBytesMax)),
      cause.empty() ? "" : " &middot; cause: <code>" + escape_markup(cause) + "</code>", escape_markup(done.repro));
}

}  // namespace

std::string html_attention(const RunRecord& run) {
  std::string items;
  size_t bad = 0;
  for (const CaseRecord* const record : by_attention(run)) {
    if (wants_attention(*record) && ++bad <= kCasesMax) items += entry(*record);
  }
  if (bad == 0) return {};
  std::string text = "<h2 id=\"attention\">What did not pass</h2>\n<ul class=\"broken\">" + items + "</ul>\n";
  if (bad > kCasesMax) {
    text += fmt::format("<p><a href=\"#overview\">and {} more</a></p>\n", bad - kCasesMax);
  }
  return text;
}

}  // namespace crashwright::harness
