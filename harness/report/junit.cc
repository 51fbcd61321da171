#include <fmt/format.h>

#include <map>

#include "harness/report/case_words.h"
#include "harness/report/html_parts.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

constexpr size_t kTextBytesMax = 16 * 1024;

struct Suite {
  std::string cases;
  size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  double seconds = 0;
};

std::string failure_text(const CaseFinished& done) {
  std::string text;
  for (const verifiers::Verdict& verdict : broken_verdicts(done)) {
    text += fmt::format("{} {}: {}\n", verifiers::outcome_name(verdict.outcome), verdict.promise, verdict.summary);
    for (const std::string& detail : verdict.details) {
      if (detail != verdict.summary) text += fmt::format("  {}\n", detail);
    }
  }
  if (const std::string advice = unfired_advice(done); !advice.empty()) text += advice + "\n";
  if (done.autopsy) text += fmt::format("cause: {}\n", cause_in_words(done));
  text += fmt::format("folder: {}\nrepeat: {}\n", done.folder, done.repro);
  if (text.size() > kTextBytesMax) text.resize(kTextBytesMax);
  return text;
}

std::string verdict_element(const CaseFinished& done, Suite& suite) {
  const std::string message = escape_markup(done.summary);
  switch (done.outcome) {
    case Outcome::kPass:
    case Outcome::kNotApplicable:
      return {};
    case Outcome::kSkipped:
      ++suite.skipped;
      return fmt::format("      <skipped message=\"{}\"/>\n", message);
    case Outcome::kError:
      ++suite.errors;
      return fmt::format("      <error type=\"ERROR\" message=\"{}\">{}</error>\n", message,
                         escape_markup(failure_text(done)));
    case Outcome::kFail:
    case Outcome::kInconclusive:
      ++suite.failures;
      return fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                         verifiers::outcome_name(done.outcome), message, escape_markup(failure_text(done)));
  }
  return {};
}

// " #2" of the second time that a case was run: two with one name would be taken for one.
std::string repetition_of(const std::string& case_id) {
  const std::string number = case_id.substr(case_id.rfind('.') + 1);
  const bool repeated = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  return repeated ? " #" + number : "";
}

void add_case(const CaseRecord& record, const std::string& suite_label, Suite& suite) {
  ++suite.tests;
  if (!record.finished) {
    ++suite.errors;
    suite.cases += fmt::format(
        "    <testcase classname=\"crashwright.{}\" name=\"{}\" time=\"0\">\n"
        "      <error type=\"INTERRUPTED\" message=\"the run was interrupted in this case\"/>\n"
        "    </testcase>\n",
        escape_markup(suite_label), escape_markup(record.started.case_id));
    return;
  }
  const CaseFinished& done = *record.finished;
  const double seconds = static_cast<double>(done.duration_ns) / 1e9;
  suite.seconds += seconds;
  suite.cases += fmt::format("    <testcase classname=\"crashwright.{}\" name=\"{} [{}]{}\" time=\"{:.3f}\">\n",
                             escape_markup(suite_label), escape_markup(done.name), escape_markup(done.build),
                             repetition_of(done.case_id), seconds);
  suite.cases += verdict_element(done, suite);
  suite.cases += "    </testcase>\n";
}

// An interrupted or incomplete run must not look like a smaller green one.
void add_absence(const std::string& name, const std::string& message, Suite& suite) {
  ++suite.tests;
  ++suite.errors;
  suite.cases += fmt::format(
      "    <testcase classname=\"crashwright.run\" name=\"{}\" time=\"0\">\n"
      "      <error type=\"INTERRUPTED\" message=\"{}\"/>\n"
      "    </testcase>\n",
      name, message);
}

void add_absences(const RunRecord& run, std::map<std::string, Suite>& suites) {
  const size_t never_started = count_outcomes(run).never_started;
  if (never_started > 0) {
    add_absence("cases that never started", fmt::format("{} cases never started", never_started), suites["run"]);
  }
  for (const uint64_t index : run.started.shard.missing) {
    const std::string name = fmt::format("share {} of {}", index, run.started.shard.count);
    add_absence(name, name + " is missing", suites["run"]);
  }
}

}  // namespace

std::string render_junit(const RunRecord& run) {
  std::map<std::string, Suite> suites;
  for (const CaseRecord& record : run.cases) {
    const std::string label = suite_of(record);
    add_case(record, label, suites[label]);
  }
  add_absences(run, suites);
  Suite total;
  std::string body;
  for (const auto& [label, suite] : suites) {
    body += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n{}"
        "  </testsuite>\n",
        escape_markup(label), suite.tests, suite.failures, suite.errors, suite.skipped, suite.seconds, suite.cases);
    total.tests += suite.tests;
    total.failures += suite.failures;
    total.errors += suite.errors;
    total.seconds += suite.seconds;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"crashwright\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n{}"
      "</testsuites>\n",
      total.tests, total.failures, total.errors, total.seconds, body);
}

}  // namespace crashwright::harness
