// Promise: cause, function, thread and signature are named rightly, with honest confidence; a case without fault is
// NO_FAULT. Witness: what was injected.
#include <algorithm>
#include <cstdio>

#include "base/file.h"
#include "rca/autopsy.h"
#include "verifiers/control_dump.h"
#include "verifiers/deaths.h"
#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " or ") + word;
  return text;
}

std::string two_digits(double confidence) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", confidence);
  return text;
}

std::vector<std::string> expected_causes(const CasePlan& plan) {
  if (!plan.expect.rca_causes.empty()) return plan.expect.rca_causes;
  if (plan.faults.empty()) return {"NO_FAULT"};
  return plan.faults.front().causes;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What an unexpected cause is about: how the first engine that did not finish ended.
std::string ending_in_words(const CaseView& view) {
  const rca::ProcessFacts* const death = view.first_death();
  if (death == nullptr) return {};
  if (death->kill_reason == "deadline") {
    return ": it still ran when its time was over and was killed; if it does not hang, give it more with `deadline:`";
  }
  return ": it ended with " + describe_ending(*death);
}

// A fault that the engine's own thread committed blames that thread.
void check_thread(const CaseView& view, const rca::AutopsyReport& report, Findings& findings) {
  const std::string& expected = view.plan.expect.rca_thread;
  if (!expected.empty() && report.thread_name != expected) {
    findings.fail("thread " + report.thread_name + " is blamed, expected " + expected);
  }
  const rca::ProcessFacts* const death = view.first_death();
  if (death == nullptr) return;
  const auto dump = read_control_dump(view.path(death->control_dump));
  if (!dump) return;
  const postmortem::ArmedFault* const fault = fired_fault(**dump, death->incarnation);
  if (fault != nullptr && must_crash(*fault) && !on_its_thread(*fault, static_cast<uint32_t>(report.tid))) {
    findings.fail("thread " + std::to_string(report.tid) + " is blamed, the fault fired on " +
                  std::to_string(fault->fired_tid.load()));
  }
}

}  // namespace

Verdict verify_rca(const CaseView& view) {
  Findings findings("rca");
  const auto text = read_file(view.path("rca.json"));
  if (!text) return findings.error("no autopsy: " + text.error().message);
  const auto report = rca::autopsy_from_json(*text);
  if (!report) return findings.error(report.error().message);
  const std::vector<std::string> causes = expected_causes(view.plan);
  const std::string& function = view.plan.expect.rca_function;
  const std::string other_function =
      function.empty() || report->function == function
          ? std::string()
          : "function " + (report->function.empty() ? "(none)" : report->function) + " is blamed, expected " + function;
  if (!contains(causes, report->cause)) {
    findings.fail("the autopsy says " + report->cause + " (confidence " + two_digits(report->confidence) +
                  "), expected " + join(causes) + ending_in_words(view) +
                  (other_function.empty() ? "" : "; " + other_function));
  } else if (report->confidence < view.plan.expect.rca_confidence_min) {
    findings.fail("right cause " + report->cause + ", but only with confidence " + two_digits(report->confidence));
  }
  if (report->confidence > 1 || report->confidence < 0) findings.fail("the confidence is no probability");
  if (report->evidence.empty()) findings.fail("the autopsy names a cause without any evidence");
  if (!other_function.empty()) findings.fail(other_function);
  check_thread(view, *report, findings);
  // Where no function is known, nothing may tell the crash from others, and it stands alone.
  if (view.first_death() != nullptr && !report->function.empty() && report->signature.empty()) {
    findings.fail("the crash has no signature");
  }
  return findings.finish(report->cause + (report->function.empty() ? "" : " in " + report->function) + ", confidence " +
                         two_digits(report->confidence));
}

}  // namespace crashwright::verifiers
