// What an engine with formats of its own left, in forms that the verifiers read: `ENGINE export`, on copies.
//
// docs/engines.md says what such an engine has to do. For one that links the kit nothing is to be done here.
// Threads: the worker of the case.
// Errors:  kEnvironment when the export fails; it is the engine's reader, and without it there is nothing to judge.
#pragma once

#include <string>

#include "harness/runner/case_context.h"
#include "rca/autopsy.h"

namespace crashwright::harness {

// After the end of one incarnation: exports in its folder, from its copy of the data folder.
[[nodiscard]] Status export_own_formats(CaseContext& context, const rca::ProcessFacts& facts);

// Undoes in `folder`, a copy of an exported data folder, what the export put in the place of the engine's own files.
[[nodiscard]] Status restore_own_files(const std::string& folder);

// Puts the engine's own root-cause analysis of the first death in the place of the autopsy's answer. Nothing for an
// engine that brings none.
[[nodiscard]] Status judge_own_cause(const CaseContext& context, rca::AutopsyReport& report);

}  // namespace crashwright::harness
