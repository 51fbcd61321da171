#include "harness/report/github.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "harness/report/case_words.h"
#include "harness/report/html_parts.h"

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

constexpr size_t kAnnotationsMax = 10;
constexpr size_t kRowsMax = 100;
constexpr size_t kCellBytesMax = 300;

std::string escaped_data(std::string_view text, bool is_property) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool separates = is_property && (c == ':' || c == ',');
    if (c == '%' || byte < 0x20 || byte == 0x7f || separates) {
      escaped += fmt::format("%{:02X}", byte);
    } else {
      escaped += c;
    }
  }
  return escaped;
}

bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// One cell of a table in Markdown, as text whatever it holds.
std::string cell(std::string_view text) {
  std::string escaped;
  text = text.substr(0, kCellBytesMax);
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    // Between two letters an underscore is one, and the file is read without a browser too.
    const bool inside = i > 0 && i + 1 < text.size() && is_letter(text[i - 1]) && is_letter(text[i + 1]);
    if (byte < 0x20 || byte == 0x7f) {
      escaped += ' ';
    } else if (c == '_' && inside) {
      escaped += c;
    } else if (std::string_view("\\`*_{}[]<>()#|!~@&").find(c) != std::string_view::npos) {
      escaped += fmt::format("&#{};", byte);
    } else {
      escaped += c;
    }
  }
  return escaped;
}

const char* level_of(Outcome outcome) {
  if (outcome == Outcome::kFail || outcome == Outcome::kError) return "error";
  return outcome == Outcome::kInconclusive ? "warning" : "notice";
}

std::string annotation(const CaseFinished& done, const std::string& workspace) {
  std::string place = done.scenario_path;
  if (!workspace.empty() && !place.empty()) {
    const auto relative = std::filesystem::path(place).lexically_relative(workspace);
    if (!relative.empty() && *relative.begin() != "..") place = relative.string();
  }
  std::string text = fmt::format("::{} ", level_of(done.outcome));
  if (!place.empty()) text += fmt::format("file={},line=1,", escaped_data(place, true));
  text += fmt::format(
      "title={}::",
      escaped_data(fmt::format("{} {} [{}]", verifiers::outcome_name(done.outcome), done.name, done.build), true));
  std::string message = done.summary;
  if (done.autopsy) message += "\ncause: " + cause_in_words(done);
  if (done.outcome != Outcome::kSkipped) message += "\nrepeat: " + done.repro;
  return text + escaped_data(message, false) + "\n";
}

std::string row(const CaseRecord& record) {
  if (!record.finished) {
    return fmt::format("| UNFINISHED | {} | the run was interrupted in this case | |\n", cell(record.started.case_id));
  }
  const CaseFinished& done = *record.finished;
  return fmt::format("| {} | {} &#91;{}&#93; | {} | {} |\n", verifiers::outcome_name(done.outcome), cell(done.name),
                     done.build, cell(done.summary), cell(cause_in_words(done)));
}

}  // namespace

std::string github_annotations(const RunRecord& run, const std::string& workspace) {
  std::string text;
  size_t count = 0;
  for (const CaseRecord* const record : by_attention(run)) {
    if (!record->finished || record->finished->outcome == Outcome::kPass) continue;
    if (++count <= kAnnotationsMax) text += annotation(*record->finished, workspace);
  }
  if (count > kAnnotationsMax) {
    text += fmt::format("::notice title=crashwright::{} more cases did not pass%2C see the report\n",
                        count - kAnnotationsMax);
  }
  return text;
}

std::string run_markdown(const RunRecord& run) {
  const OutcomeCounts counts = count_outcomes(run);
  std::string text =
      "### Crashwright\n\n| passed | failed | error | inconclusive | skipped | interrupted | never "
      "started | shares missing |\n|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  text +=
      fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", counts.pass, counts.fail, counts.error,
                  counts.inconclusive, counts.skipped, counts.unfinished, counts.never_started, counts.missing_shards);
  std::string rows;
  std::string commands;
  size_t count = 0;
  for (const CaseRecord* const record : by_attention(run)) {
    if (record_outcome(*record) == "PASS" || ++count > kRowsMax) continue;
    rows += row(*record);
    if (record->finished && record->finished->outcome != Outcome::kSkipped) {
      // Indented by four: a block of code that no text can leave.
      std::string command = record->finished->repro;
      std::replace_if(
          command.begin(), command.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
      commands += "    " + command + "\n";
    }
  }
  if (rows.empty()) return text + "\nEvery promise that was judged held.\n";
  text += "\n| verdict | case | finding | cause |\n|---|---|---|---|\n" + rows;
  if (count > kRowsMax) text += fmt::format("\n{} more in the report.\n", count - kRowsMax);
  return commands.empty() ? text : text + "\nTo repeat them:\n\n" + commands;
}

}  // namespace crashwright::harness
