// `include:`, the parts that several scenarios have in common, merged into one tree.
//
//   include: ../common/slow_exchange.part.yaml      # or a list of them
//
// A part is a scenario without a name: any of its keys, which a scenario that includes it has as if they were its own.
// What stands in the scenario itself wins; session, exchange, storage, expect and other sections are merged key by
// key, lists are replaced as a whole. Two parts that give the same key are refused, since neither can win.
// Paths are relative to the file that they stand in. Limits: 5 levels, 32 files.
// Threads: free functions; reads files. Errors: diagnostics, each at the `include` that asked for the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/diagnostic.h"
#include "harness/scenario/source_set.h"
#include "harness/scenario/yaml_tree.h"

namespace crashwright::harness {

inline constexpr size_t kIncludeDepthMax = 5;
inline constexpr size_t kIncludedFilesMax = 32;
inline constexpr const char* kPartSuffix = ".part.yaml";  // files that a folder of scenarios is not read as such

[[nodiscard]] bool is_part_name(std::string_view name) noexcept;

// `root` is the tree of source 0 and comes back with everything merged and `include` gone. True when it had one.
bool resolve_includes(YamlNode& root, SourceSet& sources, std::vector<Diagnostic>& diagnostics);

}  // namespace crashwright::harness
