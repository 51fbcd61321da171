// The switch of the harness's own planted bugs. Linked into crashwright_planted and nothing else: these definitions
// take the place of the weak ones in base/harness_bug.cc.
#include <algorithm>

#include "base/harness_bug.h"

namespace crashwright {
namespace {

constexpr const char* kBugs[] = {
    "classifier_by_substring",
    "rca_takes_the_innermost_frame",
    "core_of_the_wrong_thread_first",
    "core_cut_short",
    "mount_left_behind",
    "golden_of_another_seed",
    "killer_forgotten",
    "power_loss_takes_synced_bytes",
};

thread_local std::string t_bug;

}  // namespace

bool harness_bug_active(const char* name) noexcept { return t_bug == name; }

bool switch_harness_bug(const std::string& name) {
  const auto known = harness_bugs();
  if (!name.empty() && std::find(known.begin(), known.end(), name) == known.end()) return false;
  t_bug = name;
  return true;
}

std::vector<std::string> harness_bugs() { return {std::begin(kBugs), std::end(kBugs)}; }

}  // namespace crashwright
