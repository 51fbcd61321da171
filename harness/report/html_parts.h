// Pieces of report.html. Inside harness/report only.
//
// Threads: free functions without shared state.
#pragma once

#include <string>

#include "harness/report/event_log.h"

namespace crashwright::harness {

[[nodiscard]] const char* html_style() noexcept;
// The section of one case, with an id that the overview links to.
[[nodiscard]] std::string html_case(const CaseRecord& record);
// A picture of fault point × fault with the worst verdict of each pair; empty unless the run has two of both.
[[nodiscard]] std::string html_matrix(const RunRecord& run);
// A coloured word: PASS, FAIL, ...
[[nodiscard]] std::string html_badge(const std::string& outcome);
[[nodiscard]] std::string html_anchor(const CaseRecord& record);
[[nodiscard]] std::string record_outcome(const CaseRecord& record);  // "UNFINISHED" when interrupted

}  // namespace crashwright::harness
