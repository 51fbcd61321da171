// For tests: a session of the mock engine on a recorded mount, through the deaths that its scenario plans.
//
// Threads: one owner, the thread that made it. Needs /dev/fuse and the programs beside this one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/runner/run.h"
#include "harness/runner/session_exploration.h"
#include "harness/scenario/plan.h"
#include "harness/storage/explore/scratch_folder.h"

namespace crashwright::harness {

class RecordedSession {
 public:
  // `scenario` as YAML; `planted_bug` empty: the release build.
  RecordedSession(const std::string& scenario, const std::string& planted_bug);

  [[nodiscard]] CampaignResult explore(const std::string& profiles, uint64_t states) const;
  [[nodiscard]] const SessionExploration& exploration() const { return *exploration_; }

 private:
  ScratchFolder work_;
  Plan plan_;
  Programs programs_;
  std::unique_ptr<SessionExploration> exploration_;
};

}  // namespace crashwright::harness
