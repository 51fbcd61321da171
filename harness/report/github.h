// A run as GitHub shows it: an annotation on the scenario of each case that did not pass, and a summary of the job.
//
// Threads: pure functions. Errors: none. Limits: GitHub shows ten annotations of a step; the first ten are written, and
// one line counts the rest. Text of a dying program can give no command and no markup: line ends and the characters of
// either language are escaped.
#pragma once

#include <string>

#include "harness/report/event_log.h"

namespace crashwright::harness {

// Workflow commands, one a line. `workspace`: what paths are relative to ($GITHUB_WORKSPACE).
[[nodiscard]] std::string github_annotations(const RunRecord& run, const std::string& workspace);

// Markdown, for $GITHUB_STEP_SUMMARY and for people: the counts, and what did not pass with cause and command.
[[nodiscard]] std::string run_markdown(const RunRecord& run);

}  // namespace crashwright::harness
