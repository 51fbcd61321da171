// How fast crash states are judged: of a session of the mock engine by its own recovery, beside what running the whole
// session again for each state would give; and what an image costs in a small and in a large folder. Reports to
// `crashwright bench` (README.md).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench/samples.h"
#include "harness/runner/run.h"
#include "harness/runner/session_exploration.h"
#include "harness/runner/session_recording.h"
#include "harness/scenario/loader.h"
#include "harness/storage/explore/scratch_folder.h"
#include "harness/storage/explore/state_judge.h"

namespace {

using namespace crashwright;
using namespace crashwright::harness;
using bench::Samples;
using Clock = std::chrono::steady_clock;

constexpr unsigned kJobs = 2;
constexpr uint64_t kStates = 1'000;
constexpr size_t kFileBytes = size_t{1} << 20;
constexpr uint32_t kSmallFiles = 10;
constexpr uint32_t kLargeFiles = 256;
constexpr uint32_t kChanges = 200;
constexpr size_t kChangeBytes = 4'096;

constexpr const char* kSession =
    "name: explored\n"
    "why: its crash states are judged\n"
    "session: {messages: 20000, durability: power_loss, checkpoint_every: 40}\n"
    "storage: {profile: S}\n"
    "faults:\n"
    "  - sigkill: {at: gateway.after_send, hit: 100}\n"
    "  - sigkill: {at: recovery.reconciled, during: recovery}\n";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "explore_bench: %s\n", why.c_str());
  std::exit(1);
}

template <typename Answer>
auto need(Answer answer) {
  if (!answer) give_up(answer.error().message);
  return std::move(*answer);
}

double seconds_since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

struct Explored {
  Plan plan;
  Programs programs;
  ScratchFolder work;
  std::unique_ptr<SessionExploration> exploration;
};

Explored prepare() {
  const Loaded loaded = load_scenario_text("explore_bench.yaml", kSession);
  if (loaded.scenarios.empty()) give_up("the scenario cannot be read");
  Explored session{make_plans(loaded.scenarios, {}).front(), need(find_programs("")),
                   need(ScratchFolder::create(ScratchFolder::Place::kDisk)), nullptr};
  return session;
}

SessionRecording run_session(const Explored& session) {
  SessionRun run;
  run.plan = &session.plan;
  run.engine = session.programs.release;
  run.exchange = session.programs.exchange;
  run.work = session.work.path();
  return need(record_session(run));
}

Explored record() {
  Explored session = prepare();
  const SessionRecording recording = run_session(session);
  session.exploration = need(SessionExploration::open(recording.record_folder, recording.exchange_folder));
  return session;
}

// Whole sessions a second, as many at a time as states are judged.
double restarts_per_s() {
  std::vector<std::thread> jobs;
  const auto begun = Clock::now();
  for (unsigned i = 0; i < kJobs; ++i) jobs.emplace_back([] { static_cast<void>(run_session(prepare())); });
  for (std::thread& job : jobs) job.join();
  return kJobs / seconds_since(begun);
}

double states_per_s(const Explored& session, uint64_t seed) {
  const ScratchFolder images = need(ScratchFolder::create(ScratchFolder::Place::kMemory));
  CampaignOptions options;
  options.profiles = {need(load_storage_profile("E"))};
  options.explore.scratch = images.path();
  options.explore.states_max = kStates;
  options.explore.jobs = kJobs;
  options.explore.seed = seed;
  RecoveryJudgeOptions engine;
  engine.plan = &session.plan;
  engine.program = session.programs.release;
  const CampaignResult result = need(session.exploration->run(engine, options));
  if (result.violated > 0 || result.checker_errors > 0) give_up("the engine's session is not clean");
  if (result.states < kStates) give_up("the session has too few states");
  return static_cast<double>(result.states) / result.profiles.front().seconds;
}

// Files that were there before the run, all of the same bytes, then small changes of one after the other.
std::vector<Operation> record_of_folder(uint32_t files, const std::vector<std::byte>& bytes,
                                        std::vector<std::string>& names) {
  std::vector<Operation> operations;
  const auto add = [&](OperationKind kind, NodeId node, uint8_t flags) -> Operation& {
    Operation& operation = operations.emplace_back();
    operation.kind = kind;
    operation.node = node;
    operation.flags = flags;
    return operation;
  };
  names.reserve(files);
  for (uint32_t i = 1; i <= files; ++i) {
    names.push_back("file-" + std::to_string(i));
    Operation& create = add(OperationKind::kCreate, i, kInitial);
    create.name = names.back();
    create.size = 0644;
    Operation& write = add(OperationKind::kWrite, i, kInitial);
    write.data = bytes;
    write.size = bytes.size();
  }
  for (uint32_t i = 0; i < kChanges; ++i) {
    Operation& write = add(OperationKind::kWrite, 1 + i % kSmallFiles, 0);
    write.offset = uint64_t{i} * kChangeBytes;
    write.data = std::span(bytes).subspan(i, kChangeBytes);
    write.size = kChangeBytes;
  }
  return operations;
}

class NoJudge final : public ImageJudge {
  Result<ImageVerdict> judge(const std::string&, uint32_t, uint32_t) override { return ImageVerdict{}; }
};

// Microseconds for one image after another that differs from it in two changes.
double image_us(uint32_t files) {
  std::vector<std::byte> bytes(kFileBytes);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 251);
  std::vector<std::string> names;
  const Recording recording = make_recording(record_of_folder(files, bytes, names));
  const DurabilityModel model(recording, need(load_storage_profile("E")));
  const ScratchFolder images = need(ScratchFolder::create(ScratchFolder::Place::kMemory));
  const JudgeFactory nobody = [](const std::string&) -> Result<std::unique_ptr<ImageJudge>> {
    return std::make_unique<NoJudge>();
  };
  const auto judge = need(StateJudge::create(model, nobody, images.path()));
  const auto make = [&](uint32_t lost) {
    judge->prepare({recording.size(), {{recording.initial + lost, {}}}});
    if (auto made = judge->materialise(); !made) give_up(made.error().message);
  };
  make(0);  // the whole folder, once
  const auto begun = Clock::now();
  for (uint32_t i = 1; i < kChanges; ++i) make(i);
  return seconds_since(begun) * 1e6 / (kChanges - 1);
}

}  // namespace

int main(int argc, char** argv) {
  Samples samples;
  const unsigned repetitions = bench::repetitions(argc, argv, 3);
  const Explored session = record();
  uint64_t seed = 0;
  bench::interleave(repetitions, {[&] { samples.add("crash_states_per_s", states_per_s(session, ++seed)); },
                                  [&] { samples.add("session_restarts_per_s", restarts_per_s()); },
                                  [&] { samples.add("image_small_folder_us", image_us(kSmallFiles)); },
                                  [&] { samples.add("image_large_folder_us", image_us(kLargeFiles)); }});
  samples.print();
}
