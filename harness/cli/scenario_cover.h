// The smallest set of scenarios that catches every planted bug that is caught at all.
//
// An exact search (branch and bound over the bug that the fewest scenarios catch), which is small because most bugs are
// caught by one scenario alone. Of several sets of that size the one whose names come first.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

namespace crashwright::harness::cli {

// `catchers[i]`: names of the scenarios that catch bug i; bugs without any are left out. Sorted by name.
[[nodiscard]] std::vector<std::string> smallest_cover(const std::vector<std::vector<std::string>>& catchers);

}  // namespace crashwright::harness::cli
