// The fault points of an engine, asked of the engine itself: `ENGINE --list-fault-points`.
//
// Threads: any. Errors: kUsage when the program does not exist or does not answer within 10 s with status 0 and at
// least one name; the message says which.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::harness {

// Names in the order in which the engine prints them.
[[nodiscard]] Result<std::vector<std::string>> engine_fault_points(const std::string& engine);

// The need of a scenario that names a point of the mock engine which another engine lacks: "fault point gateway.send".
[[nodiscard]] std::string need_of_point(const std::string& point);
[[nodiscard]] bool is_need_of_point(const std::string& need);

// Names that the planted engine can plant: `ENGINE --list-planted-bugs`.
[[nodiscard]] Result<std::vector<std::string>> engine_planted_bugs(const std::string& engine);

// What an engine that does not link the kit writes in formats of its own and can export (docs/engines.md): "audit",
// "log", "rca". None when it does not know the question.
[[nodiscard]] std::vector<std::string> engine_own_formats(const std::string& engine);

}  // namespace crashwright::harness
