#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/report/html_parts.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

// Evidence beyond this stands in a page of its own beside the report, which stays light to open.
constexpr size_t kPageBytesWanted = 1'900'000;

std::string tile(const char* outcome, size_t count) {
  if (count == 0) return {};
  return fmt::format("<div class=\"tile\"><b>{}</b>{}</div>\n", count, html_badge(outcome));
}

std::string summary_sentence(const RunRecord& run, const OutcomeCounts& counts) {
  const size_t bad = counts.fail + counts.error + counts.inconclusive + counts.unfinished;
  std::string sentence;
  if (!run.finished || run.finished->interrupted) sentence = "The run was interrupted. ";
  if (run.finished && !run.finished->stopped_by.empty()) {
    sentence += fmt::format("The run was ended by {}. ", run.finished->stopped_by);
  }
  if (counts.never_started > 0) {
    sentence += fmt::format("{} of {} cases never started. ", counts.never_started, run.started.cases);
  }
  for (const uint64_t index : run.started.shard.missing) {
    sentence += fmt::format("The share {} of {} is missing. ", index, run.started.shard.count);
  }
  if (bad > 0) {
    return sentence + fmt::format("{} of {} {} attention.", bad, run.cases.size(),
                                  run.cases.size() == 1 ? "case needs"
                                  : bad == 1            ? "cases needs"
                                                        : "cases need");
  }
  if (counts.pass == 0) return sentence + "Nothing was judged.";
  if (!sentence.empty()) return sentence + "What was judged held.";
  return counts.skipped == 0 ? "Every promise held and every fault fired."
                             : "Every promise that could be judged here held; some cases were skipped.";
}

// What a tab of a browser shows: the verdict first.
std::string page_title(const RunRecord& run) {
  const OutcomeCounts counts = count_outcomes(run);
  const size_t bad = counts.fail + counts.error + counts.inconclusive + counts.unfinished;
  const size_t cases = run.cases.size();
  const std::string verdict =
      bad > 0 ? fmt::format("{} of {} not passed", bad, cases) : fmt::format("{} passed", counts.pass);
  return fmt::format("{}, seed {} - Crashwright", verdict, run.started.seed);
}

std::string head(const std::string& title) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "img-src data:; script-src '{}'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
      html_script_hash(), escape_markup(title), html_style());
}

std::string tail() { return std::string("<script>") + html_script() + "</script>\n</body>\n</html>\n"; }

std::string summary(const RunRecord& run) {
  const OutcomeCounts counts = count_outcomes(run);
  const RunStarted& started = run.started;
  std::string text = fmt::format(
      "<header>\n<h1>Crashwright run</h1>\n<p class=\"lead\">{}</p>\n<p class=\"soft\">{}, seed {}, {} {}{}</p>\n",
      escape_markup(summary_sentence(run, counts)), html_time(started.wall_ns), started.seed, started.jobs,
      started.jobs == 1 ? "job" : "jobs",
      run.finished ? fmt::format(", {:.1f} s", static_cast<double>(run.finished->duration_ns) / 1e9) : std::string());
  if (started.shard.index > 0) {
    text += fmt::format("<p class=\"soft\">share {} of {}</p>\n", started.shard.index, started.shard.count);
  }
  text += "<div class=\"tiles\">\n" + tile("PASS", counts.pass) + tile("FAIL", counts.fail) +
          tile("ERROR", counts.error) + tile("INCONCLUSIVE", counts.inconclusive) + tile("SKIPPED", counts.skipped) +
          tile("UNFINISHED", counts.unfinished) + "</div>\n";
  std::string notes;
  for (const RunNote& note : run.notes) notes += "<li>" + html_bounded(note.text) + "</li>\n";
  if (run.damaged_lines > 0) {
    notes += fmt::format("<li>{} damaged lines of events.jsonl were skipped</li>\n", run.damaged_lines);
  }
  if (!notes.empty())
    text += "<details><summary>About this machine and run</summary><ul>" + notes + "</ul></details>\n";
  return text + "</header>\n<main>\n";
}

bool wants_evidence(const CaseRecord& record) {
  return record.finished && record.finished->outcome != verifiers::Outcome::kSkipped;
}

// The page of one case alone, in its folder.
std::string own_page(const CaseRecord& record, const CasePicture& picture) {
  return head("Crashwright: " + record.started.case_id) +
         "<main class=\"single\">\n<p><a href=\"../report.html\">the whole run</a></p>\n" +
         html_case(record, html_evidence(record, picture, ".")) + "</main>\n" + tail();
}

// A folder of another run (a merged one has only such) is not ours to write into.
bool has_own_folder(const CaseRecord& record) {
  return record.finished && !record.finished->folder.empty() && record.finished->folder.find('/') == std::string::npos;
}

std::string beside_link(const CaseRecord& record) {
  if (!has_own_folder(record)) return {};
  return fmt::format("<p><a href=\"{}/report.html\">all evidence of this case</a></p>\n",
                     html_link(record.finished->folder));
}

std::string whole_section(const CaseRecord& record, const std::string& folder, CasePicture& picture) {
  const std::string link = record.finished ? record.finished->folder : "";
  if (!folder.empty() && !link.empty() && wants_evidence(record)) picture = read_case_picture(folder + "/" + link);
  return html_case(record, html_evidence(record, picture, link));
}

}  // namespace

Page render_page(const RunRecord& run, const std::string& folder) {
  Page page;
  const RunHistory history = folder.empty() ? RunHistory() : read_history(folder);
  std::string& html = page.html;
  html = head(page_title(run)) + summary(run) + html_attention(run) + html_matrix(run) + html_overview(run, history) +
         html_history(history) + "<h2>Case by case</h2>\n";
  const std::vector<const CaseRecord*> order = by_attention(run);
  // Room is kept for telling every case in brief; the first ones get what is left for the whole of it.
  size_t needed = html.size();
  for (const CaseRecord* const record : order) needed += html_brief(*record, beside_link(*record)).size();
  for (const CaseRecord* const record : order) {
    CasePicture picture;
    std::string section = whole_section(*record, folder, picture);
    const size_t brief = html_brief(*record, beside_link(*record)).size();
    if (needed + section.size() - brief <= kPageBytesWanted) {
      needed += section.size() - brief;
    } else {
      const bool kept = has_own_folder(*record) && !folder.empty() && !picture.artefacts.empty();
      if (kept) page.beside.push_back({record->finished->folder + "/report.html", own_page(*record, picture)});
      section = html_brief(*record, kept ? beside_link(*record) : "");
    }
    html += section;
  }
  html += "</main>\n" + tail();
  return page;
}

std::string render_html(const RunRecord& run) { return render_page(run, "").html; }

}  // namespace crashwright::harness
