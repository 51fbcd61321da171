#include "harness/runner/testing/recorded_session.h"

#undef BOOST_TEST_MODULE  // main() stands in the file of the test
#include <boost/test/unit_test.hpp>

#include "harness/runner/session_recording.h"
#include "harness/scenario/loader.h"

namespace crashwright::harness {
namespace {

// The answer, or the end of the test with the reason.
template <typename Answer>
auto need(Answer answer) {
  BOOST_REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message));
  if constexpr (!std::is_same_v<Answer, Status>) return std::move(*answer);
}

Plan plan_of(const std::string& scenario, const std::string& planted_bug) {
  const Loaded loaded = load_scenario_text("test.yaml", scenario);
  BOOST_REQUIRE(loaded.scenarios.size() == 1U);
  PlanOptions options;
  if (!planted_bug.empty()) options.planted_bugs = {planted_bug};
  return make_plans(loaded.scenarios, options).front();
}

}  // namespace

RecordedSession::RecordedSession(const std::string& scenario, const std::string& planted_bug)
    : work_(need(ScratchFolder::create(ScratchFolder::Place::kDisk))),
      plan_(plan_of(scenario, planted_bug)),
      programs_(need(find_programs(""))) {
  SessionRun run;
  run.plan = &plan_;
  run.engine = programs_.engine(plan_.build);
  run.exchange = programs_.exchange;
  run.work = work_.path();
  const SessionRecording recording = need(record_session(run));
  exploration_ = need(SessionExploration::open(recording.record_folder, recording.exchange_folder));
}

CampaignResult RecordedSession::explore(const std::string& profiles, uint64_t states) const {
  const ScratchFolder images = need(ScratchFolder::create(ScratchFolder::Place::kMemory));
  CampaignOptions options;
  for (const char name : profiles) options.profiles.push_back(need(load_storage_profile(std::string(1, name))));
  options.explore.scratch = images.path();
  options.explore.states_max = states;
  RecoveryJudgeOptions engine;
  engine.plan = &plan_;
  engine.program = programs_.engine(plan_.build);
  return need(exploration_->run(engine, options));
}

}  // namespace crashwright::harness
