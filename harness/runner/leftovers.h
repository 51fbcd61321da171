// Asks the kernel what a case has left behind, after everything of it was ended: the witness of cleanliness.
//
// Threads: any. Errors: none. What is found is ended or removed as well, so that one case cannot disturb the next.
#pragma once

#include <string>
#include <vector>

namespace crashwright::harness {

struct LeftoverSearch {
  std::string mark;           // environment entry that every process of the case carries
  std::string case_folder;    // nothing is mounted in it any more
  std::string cgroup_folder;  // empty: the case had none
  std::string run_id;         // part of the name of anything shared
};

// One line each.
[[nodiscard]] std::vector<std::string> find_leftovers(const LeftoverSearch& search);

}  // namespace crashwright::harness
