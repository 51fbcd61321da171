// What the harness changes in the environment of an engine against its own; environment.h applies it.
//
// Threads: the worker of the case. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "harness/runner/case_context.h"

namespace crashwright::harness {

// Of start `number`, whose files are in `folder`; without those that hold the number of a descriptor.
[[nodiscard]] std::vector<std::string> engine_variables(const CaseContext& context, const std::string& folder,
                                                        uint32_t number);

// Of the first start, for events.jsonl: with secrets masked, and * as the number of a descriptor, known later.
[[nodiscard]] std::vector<std::string> told_variables(const CaseContext& context);

}  // namespace crashwright::harness
