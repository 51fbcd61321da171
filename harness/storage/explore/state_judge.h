// One worker's whole way from a crash state to a verdict: image in memory, image in its folder, judge.
//
// Threads: one owner. Errors: system errors; trouble of the checker is a verdict.
#pragma once

#include <memory>
#include <string>

#include "harness/storage/explore/image_folder.h"
#include "harness/storage/explore/judge.h"

namespace crashwright::harness {

class StateJudge {
 public:
  // `scratch`: an existing empty folder of this worker. The model outlives this.
  [[nodiscard]] static Result<std::unique_ptr<StateJudge>> create(const DurabilityModel& model,
                                                                  const JudgeFactory& judges,
                                                                  const std::string& scratch);

  // Makes the state's image, in memory alone.
  void prepare(const CrashState& state);
  // Equal for states that any judge must find equal: same image, same tokens acknowledged. Of the state prepared last.
  [[nodiscard]] uint64_t hash();
  // Of the state prepared last.
  [[nodiscard]] Result<ImageVerdict> judge();
  // Writes the image of the state prepared last out, where the judge would see it.
  [[nodiscard]] Status materialise();
  [[nodiscard]] const ImageFolder& folder() const { return *folder_; }

 private:
  explicit StateJudge(const DurabilityModel& model) : model_(model), builder_(model) {}

  const DurabilityModel& model_;
  ImageBuilder builder_;
  std::unique_ptr<ImageFolder> folder_;
  std::unique_ptr<ImageJudge> judge_;
  ImageTree* image_ = nullptr;
  uint32_t point_ = 0;
  uint32_t acked_ = 0;
};

}  // namespace crashwright::harness
