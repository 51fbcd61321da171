// Deliberate defects of the harness itself, for `crashwright prove`: a harness that loses cores, blames the wrong frame
// or forgets to clean up must be found out by its own verdicts.
//
//   if (harness_bug_active("core_cut_short")) ...
//
// No program that is shipped can switch one on: the answers of harness_bug.cc are "no" and give way (weak symbols) to
// those of crashwright_planted, a build for tests (harness/cli/planted_harness.cc).
// Threads: each thread has its own switch, as each case runs on one thread. Signal context: no.
#pragma once

#include <string>
#include <vector>

namespace crashwright {

[[nodiscard]] bool harness_bug_active(const char* name) noexcept;

// For this thread, until switched again; an empty name switches all off. False: this program has no such bug.
bool switch_harness_bug(const std::string& name);

// The names that this program can switch on.
[[nodiscard]] std::vector<std::string> harness_bugs();

}  // namespace crashwright
