// For tests: a judge that is a function, and a campaign over a hand-written record.
//
// Threads: as run_campaign(); the function may be called from several at once. Errors: a requirement of the test fails.
#pragma once

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "harness/storage/explore/campaign.h"
#include "harness/storage/explore/scratch_folder.h"
#include "harness/storage/hand_written_record.h"

namespace crashwright::harness {

using Look = std::function<std::string(const std::string& image, uint32_t acked)>;  // empty: consistent

class TestJudge final : public ImageJudge {
 public:
  explicit TestJudge(Look look) : look_(std::move(look)) {}
  Result<ImageVerdict> judge(const std::string& image, uint32_t acked, uint32_t /*point*/) override {
    ImageVerdict verdict;
    verdict.output = look_(image, acked);
    if (!verdict.output.empty()) verdict.kind = ImageVerdict::Kind::kViolated;
    return verdict;
  }

 private:
  Look look_;
};

inline JudgeFactory judges(const Look& look) {
  return
      [look](const std::string&) -> Result<std::unique_ptr<ImageJudge>> { return std::make_unique<TestJudge>(look); };
}

// `profiles`: a letter each.
inline CampaignResult campaign(const HandWrittenRecord& record, const JudgeFactory& by, const std::string& profiles,
                               unsigned jobs = 2, uint64_t states_max = 500) {
  auto scratch = ScratchFolder::create(ScratchFolder::Place::kMemory);
  BOOST_REQUIRE(scratch);
  CampaignOptions options;
  for (const char name : profiles) options.profiles.push_back(load_storage_profile(std::string(1, name)).value());
  options.explore.scratch = scratch->path();
  options.explore.states_max = states_max;
  options.explore.jobs = jobs;
  const Recording recording = make_recording(record.operations());
  auto result = run_campaign(recording, by, options);
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().message));
  return *result;
}

}  // namespace crashwright::harness
