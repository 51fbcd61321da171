// A tree of yaml_tree.h back to text: the scenario as resolved, which a case folder keeps and repeats.
//
// What is read from the text again is the same tree, positions aside (yaml_emit_test.cc).
// Threads: pure functions. Errors: none.
#pragma once

#include <string>

#include "harness/scenario/yaml_tree.h"

namespace crashwright::harness {

// The keys of `root`, a map, one below the other; a list of maps likewise; what is inside those on one line.
[[nodiscard]] std::string emit_yaml(const YamlNode& root);

// One node on one line: {at: gateway.send_order, hit: 3}
[[nodiscard]] std::string emit_yaml_inline(const YamlNode& node);

}  // namespace crashwright::harness
