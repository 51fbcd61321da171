// The JSON Schema (draft-07) of the scenario language, made from the table of fields and the table of faults.
//
// For editors: yaml-language-server completes and checks scenarios with it. The loader stays the judge: what needs the
// engine (names of fault points) or two keys at once (a bit flip before any death) is beyond the schema.
// Threads: free function. Errors: none. Source: json-schema.org/draft-07.
#pragma once

#include <string>

namespace crashwright::harness {

// Indented JSON, ending in a newline.
[[nodiscard]] std::string scenario_schema();

}  // namespace crashwright::harness
