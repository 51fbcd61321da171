#include "harness/runner/session_recording.h"

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/control_channel.h"
#include "harness/runner/engine_command.h"
#include "harness/runner/engine_exit.h"
#include "harness/runner/exchange_process.h"
#include "harness/runner/files.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/supervise.h"
#include "harness/storage/storage_mount.h"

namespace crashwright::harness {
namespace {

constexpr uint32_t kIncarnationsMax = 16;
constexpr size_t kQuoteBytesMax = 400;

class Recorder {
 public:
  explicit Recorder(const SessionRun& run) : run_(run), deadline_(run.patience) {}

  Result<SessionRecording> record() {
    for (const char* const name : {"mount", "backing", "record", "exchange", "engine"}) {
      if (auto made = make_folder(folder(name)); !made) return tl::unexpected(made.error());
    }
    if (auto ready = set_up(); !ready) return tl::unexpected(ready.error());
    SessionRecording recording{folder("record"), folder("exchange"), 0, false, {}};
    for (bool ended = false; !ended && !interrupted();) {
      if (recording.incarnations == kIncarnationsMax) {
        return fail(ErrorKind::kUsage, "the engine died " + std::to_string(kIncarnationsMax) + " times");
      }
      const auto end = live(recording.incarnations++);
      if (!end) return tl::unexpected(end.error());
      if (never_ran(*end)) return tl::unexpected(why_it_never_ran(*end, quoted()));
      recording.refused = end->exited_with(kEngineRefused);
      ended = recording.refused || end->exited_with(0);
    }
    recording.unfired = unfired();
    if (auto done = finish(); !done) return tl::unexpected(done.error());
    return recording;
  }

 private:
  [[nodiscard]] std::string folder(const char* name) const { return run_.work + "/" + name; }

  Status set_up() {
    auto channel = ControlChannel::create(*run_.plan);
    if (!channel) return tl::unexpected(channel.error());
    channel_ = std::move(*channel);
    StorageOptions options;
    options.backing = folder("backing");
    options.mount_point = folder("mount");
    options.record_folder = folder("record");
    options.control_fd = channel_->fd();
    options.places = true;
    auto mount = StorageMount::start(options);
    if (!mount) return tl::unexpected(mount.error());
    mount_ = std::move(*mount);
    auto exchange = ExchangeProcess::start({run_.exchange, folder("exchange"), run_.plan->exchange, run_.environment});
    if (!exchange) return tl::unexpected(exchange.error());
    exchange_ = std::move(*exchange);
    return run_.on_start(exchange_->child(), "mock_exchange");
  }

  // One start of the engine, until its end.
  Result<ChildEnd> live(uint32_t number) {
    channel_->begin(number);
    EngineCommand command;
    command.program = run_.engine;
    command.data = folder("mount");
    command.folder = folder("engine");
    command.exchange = exchange_->address();
    ChildOptions options;
    options.argv = engine_arguments(*run_.plan, command);
    options.working_folder = command.folder;
    options.stdout_path = command.folder + "/stdout.txt";
    options.stderr_path = command.folder + "/stderr.txt";
    options.environment = engine_environment(run_.plan->build, command.folder);
    options.environment.insert(options.environment.end(), run_.environment.begin(), run_.environment.end());
    options.environment.push_back(channel_->environment_entry());
    options.inherited_fds = {channel_->fd()};
    options.kernel_core = false;  // nobody asks how it died
    auto child = Child::spawn(options);
    if (!child) return tl::unexpected(child.error());
    if (auto told = run_.on_start(**child, "mock_engine"); !told) return tl::unexpected(told.error());
    SupervisionOptions watch;
    watch.channel = channel_.get();
    watch.plan = run_.plan;
    watch.incarnation = number;
    watch.exchange = &exchange_->child();
    watch.deadline = deadline_.remaining();
    const Supervised seen = supervise(**child, watch);
    if (seen.kill_reason == "deadline") return fail(ErrorKind::kUsage, "the session took too long: " + quoted());
    if (seen.exchange_ended) return fail(ErrorKind::kInternal, "the exchange ended while the engine ran");
    return seen.end;
  }

  [[nodiscard]] std::string quoted() const {
    const auto text = read_file(folder("engine") + "/stderr.txt");
    return text ? text->substr(0, kQuoteBytesMax) : std::string();
  }

  [[nodiscard]] std::vector<std::string> unfired() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < run_.plan->faults.size(); ++i) {
      const postmortem::ArmedFault* const fault = channel_->armed(i);
      if (fault != nullptr && fault->state.load() >= postmortem::FaultState::kFired) continue;
      names.push_back(run_.plan->faults[i].kind + " at " + run_.plan->faults[i].point);
    }
    return names;
  }

  Status finish() {
    if (auto settled = mount_->settle(); !settled) return settled;
    if (auto same = mount_->verify_record(); !same) return same;
    if (auto stopped = exchange_->stop(); !stopped) return stopped;
    return mount_->stop();
  }

  const SessionRun& run_;
  Deadline deadline_;
  std::unique_ptr<ControlChannel> channel_;
  std::unique_ptr<StorageMount> mount_;
  std::unique_ptr<ExchangeProcess> exchange_;
};

}  // namespace

Result<SessionRecording> record_session(const SessionRun& run) { return Recorder(run).record(); }

}  // namespace crashwright::harness
