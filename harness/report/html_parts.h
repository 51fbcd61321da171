// Pieces of report.html. Inside harness/report only.
//
// Threads: free functions without shared state. Every text that may come from a dying program goes through
// escape_markup() or html_bounded().
#pragma once

#include <string>
#include <string_view>

#include "harness/report/case_picture.h"
#include "harness/report/event_log.h"
#include "harness/report/run_history.h"

namespace crashwright::harness {

[[nodiscard]] const char* html_style() noexcept;
// Filters, keys, copying, light and dark. The page is whole without it; its hash stands in the page's policy, so that
// no other script can run in it.
[[nodiscard]] const char* html_script() noexcept;
[[nodiscard]] const char* html_script_hash() noexcept;  // "sha256-..." in base64

// What stands open in the section of a case, from the top: verdict and cause with the command that repeats it.
[[nodiscard]] std::string html_verdict(const CaseRecord& record);
// Everything below that, in the order in which somebody looks for it. `link`: from the page to the case's folder.
[[nodiscard]] std::string html_evidence(const CaseRecord& record, const CasePicture& picture, const std::string& link);
// The section of one case, with an id that the overview links to; `evidence` is what html_evidence() gave, or a link.
[[nodiscard]] std::string html_case(const CaseRecord& record, const std::string& evidence);

// As short as it can be told, for a page that has no room: verdict, cause, command, and where the rest is.
[[nodiscard]] std::string html_brief(const CaseRecord& record, const std::string& rest);

[[nodiscard]] std::string html_timeline(const CasePicture& picture);
[[nodiscard]] std::string html_log(const CasePicture& picture);
enum class StacksOf { kEveryThread, kTheDyingOne };
[[nodiscard]] std::string html_stacks(const rca::AutopsyReport& autopsy, StacksOf which);
[[nodiscard]] std::string html_wait_for_ring(const rca::AutopsyReport& autopsy);
[[nodiscard]] std::string html_weighed(const rca::AutopsyReport& autopsy);  // evidence for and against
[[nodiscard]] std::string html_states(const CasePicture& picture);
// What an exploration of power losses found; empty for other cases.
[[nodiscard]] std::string html_exploration(const CaseFinished& done);
[[nodiscard]] std::string html_lost(const CasePicture& picture);
[[nodiscard]] std::string html_artefacts(const CasePicture& picture, const std::string& link);
[[nodiscard]] std::string html_promises(const CaseFinished& done);
[[nodiscard]] std::string html_faults(const CaseFinished& done);
[[nodiscard]] std::string html_steps(const CaseRecord& record);

// What did not pass, the worst first, each with cause and command; empty when all did.
[[nodiscard]] std::string html_attention(const RunRecord& run);
// A picture of fault point × fault with the worst verdict of each pair; empty unless the run has two of both.
[[nodiscard]] std::string html_matrix(const RunRecord& run);
// The table of all cases with its filters, and the runs before this one.
[[nodiscard]] std::string html_overview(const RunRecord& run, const RunHistory& history);
[[nodiscard]] std::string html_history(const RunHistory& history);

// A coloured word: PASS, FAIL, ...
[[nodiscard]] std::string html_badge(const std::string& outcome);
[[nodiscard]] std::string html_anchor(const CaseRecord& record);
[[nodiscard]] std::string html_bounded(std::string_view text);       // escaped, and cut when it is long
[[nodiscard]] std::string html_link(std::string_view path);          // of a file, as the value of an href
[[nodiscard]] std::string html_time(uint64_t wall_ns);               // "2026-11-28 07:15:00 UTC"
[[nodiscard]] std::string record_outcome(const CaseRecord& record);  // "UNFINISHED" when interrupted
// Cases in the order in which they need attention.
[[nodiscard]] std::vector<const CaseRecord*> by_attention(const RunRecord& run);
[[nodiscard]] std::string suite_of(const CaseRecord& record);  // "memory" of scenarios/memory/null.yaml

}  // namespace crashwright::harness
