#include "harness/cli/scenario_cover.h"

#include <algorithm>
#include <set>

namespace crashwright::harness::cli {
namespace {

using Names = std::vector<std::string>;

// Beyond so many steps the best set found so far has to do; a list of a hundred bugs takes some thousands.
constexpr size_t kStepsMax = 2'000'000;

class Search {
 public:
  explicit Search(std::vector<Names> bugs) : bugs_(std::move(bugs)) {
    // A set that is valid at once, so that the search has something to beat.
    std::set<std::string> all;
    for (const Names& bug : bugs_) all.insert(bug.front());
    best_.assign(all.begin(), all.end());
  }

  Names run() {
    std::set<std::string> chosen;
    extend(chosen);
    return best_;
  }

 private:
  [[nodiscard]] static bool caught(const Names& bug, const std::set<std::string>& chosen) {
    return std::any_of(bug.begin(), bug.end(), [&](const std::string& name) { return chosen.contains(name); });
  }

  [[nodiscard]] const Names* hardest(const std::set<std::string>& chosen) const {
    const Names* found = nullptr;
    for (const Names& bug : bugs_) {
      if (caught(bug, chosen)) continue;
      if (found == nullptr || bug.size() < found->size()) found = &bug;
    }
    return found;
  }

  void extend(std::set<std::string>& chosen) {
    const Names* const bug = hardest(chosen);
    if (bug == nullptr) {
      if (chosen.size() < best_.size()) best_.assign(chosen.begin(), chosen.end());
      return;
    }
    if (chosen.size() + 1 >= best_.size() || ++steps_ > kStepsMax) return;
    for (const std::string& name : *bug) {
      chosen.insert(name);
      extend(chosen);
      chosen.erase(name);
    }
  }

  const std::vector<Names> bugs_;
  Names best_;
  size_t steps_ = 0;
};

}  // namespace

std::vector<std::string> smallest_cover(const std::vector<std::vector<std::string>>& catchers) {
  std::vector<Names> bugs;
  for (const Names& names : catchers) {
    if (names.empty()) continue;
    Names sorted = names;
    std::sort(sorted.begin(), sorted.end());
    bugs.push_back(std::move(sorted));
  }
  if (bugs.empty()) return {};
  return Search(std::move(bugs)).run();
}

}  // namespace crashwright::harness::cli
