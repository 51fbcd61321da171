#include "harness/runner/testing/recorded_session.h"

#include <sys/stat.h>

#undef BOOST_TEST_MODULE  // main() stands in the file of the test
#include <boost/test/unit_test.hpp>

#include "harness/runner/control_channel.h"
#include "harness/runner/engine_command.h"
#include "harness/runner/exchange_process.h"
#include "harness/runner/supervise.h"
#include "harness/scenario/loader.h"
#include "harness/storage/storage_mount.h"

namespace crashwright::harness {
namespace {

constexpr uint32_t kIncarnationsMax = 6;
constexpr int kExitRefused = 3;  // a planted bug may make the engine refuse what it left itself

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
  for (const char* const name : {"mount", "backing", "record", "exchange", "engine"}) {
    BOOST_REQUIRE(::mkdir(folder(name).c_str(), 0755) == 0);
  }
  record(programs_.engine(plan_.build));
  exploration_ = need(SessionExploration::open(folder("record"), folder("exchange")));
}

void RecordedSession::record(const std::string& engine) {
  const auto channel = need(ControlChannel::create(plan_));
  StorageOptions storage;
  storage.backing = folder("backing");
  storage.mount_point = folder("mount");
  storage.record_folder = folder("record");
  storage.control_fd = channel->fd();
  const auto mount = need(StorageMount::start(storage));
  const auto exchange = need(ExchangeProcess::start({programs_.exchange, folder("exchange"), plan_.exchange, {}}));
  bool ended = false;
  for (uint32_t number = 0; number < kIncarnationsMax && !ended; ++number) {
    channel->begin(number);
    EngineCommand command{engine, storage.mount_point, folder("engine"), exchange->address()};
    ChildOptions options;
    options.argv = engine_arguments(plan_, command);
    options.working_folder = command.folder;
    options.stdout_path = command.folder + "/stdout.txt";
    options.stderr_path = command.folder + "/stderr.txt";
    options.environment = {channel->environment_entry()};
    options.inherited_fds = {channel->fd()};
    const auto child = need(Child::spawn(options));
    SupervisionOptions watch;
    watch.channel = channel.get();
    watch.plan = &plan_;
    watch.incarnation = number;
    watch.exchange = &exchange->child();
    watch.deadline = std::chrono::seconds(60);
    const ChildEnd end = supervise(*child, watch).end;
    ended = end.exited_with(0) || end.exited_with(kExitRefused);
  }
  BOOST_REQUIRE(ended);
  need(mount->settle());
  need(mount->verify_record());
  need(exchange->stop());
  need(mount->stop());
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
