// The reference page of the scenario language, in Markdown: docs/scenario_reference.md.
//
// Made from the tables that the loader itself uses: fields.h, harness/faults/registry.h, the promises of verifiers/ and
// explanations.h. The test reference.page_is_what_the_program_says keeps the page in docs/ true.
// Threads: pure functions. Errors: none.
#pragma once

#include <string>

namespace crashwright::harness {

[[nodiscard]] std::string scenario_reference();

}  // namespace crashwright::harness
