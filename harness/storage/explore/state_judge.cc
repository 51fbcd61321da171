#include "harness/storage/explore/state_judge.h"

namespace crashwright::harness {

Result<std::unique_ptr<StateJudge>> StateJudge::create(const DurabilityModel& model, const JudgeFactory& judges,
                                                       const std::string& scratch) {
  std::unique_ptr<StateJudge> made(new StateJudge(model));
  auto folder = ImageFolder::create(scratch, model.recording);
  if (!folder) return tl::unexpected(folder.error());
  made->folder_ = std::move(*folder);
  auto judge = judges(scratch);
  if (!judge) return tl::unexpected(judge.error());
  made->judge_ = std::move(*judge);
  return made;
}

void StateJudge::prepare(const CrashState& state) {
  point_ = state.point;
  acked_ = model_.acked(state);
  image_ = &builder_.build(state);
}

uint64_t StateJudge::hash() { return mix(builder_.hash(), acked_); }

Status StateJudge::materialise() {
  Touched touched;
  builder_.take_touched(touched);
  return folder_->become(*image_, std::move(touched));
}

Result<ImageVerdict> StateJudge::judge() {
  if (auto done = materialise(); !done) return tl::unexpected(done.error());
  return judge_->judge(folder_->path(), acked_, point_);
}

}  // namespace crashwright::harness
