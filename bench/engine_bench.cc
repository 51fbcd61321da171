// What the kit costs an engine end to end: tick to order in the mock engine, with each part of the kit off and on.
//
// Method: the mock engine's own session (threads, books, risk gate, audit log, socket to the mock exchange), a process
// of its own for each setting and repetition, settings interleaved. The feed is paced, so that what is measured is an
// order's way and not a queue. Each setting trades the same feed, hence sends the same orders.
// Settings: everything_on; each part off while the others are on; everything_off. The audit log is never off: nothing
// is sent before it. Fault points on: the control block attached, all of them counted, nothing armed.
// Samples: SETTING.p50_ns, SETTING.p99_ns, SETTING.p999_ns, SETTING.orders
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/check.h"
#include "base/unique_fd.h"
#include "bench/samples.h"
#include "harness/runner/control_channel.h"
#include "harness/runner/exchange_process.h"
#include "mock_engine/session.h"
#include "mock_engine/tick_to_order.h"
#include "postmortem/control_block.h"
#include "postmortem/crash_handler.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::bench {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMessages = 100'000;  // about every fiftieth leads to an order
constexpr uint64_t kMessagesPerSecond = 100'000;
constexpr size_t kOrdersMin = 1'000;  // fewer tell nothing about the 99.9th percentile
constexpr unsigned kEngineSecondsMax = 20;

struct Setting {
  const char* name;
  bool recorder;
  bool handler;
  bool fault_points;
};
constexpr Setting kSettings[] = {{"everything_on", true, true, true},
                                 {"recorder_off", false, true, true},
                                 {"handler_off", true, false, true},
                                 {"fault_points_off", true, true, false},
                                 {"everything_off", false, false, false}};

// One engine's surroundings, gone with it.
struct Stage {
  std::string folder;
  std::unique_ptr<harness::ControlChannel> channel;
  std::unique_ptr<harness::ExchangeProcess> exchange;

  ~Stage() {
    exchange.reset();
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

std::string own_folder() { return fs::read_symlink("/proc/self/exe").parent_path().string(); }

// Empty: ready.
std::string set_up(Stage& stage) {
  // A memory file system: what is measured is the engine, not a disk.
  stage.folder = "/dev/shm/crashwright-engine-bench-" + std::to_string(::getpid());
  std::error_code trouble;
  for (const char* const part : {"/data", "/postmortem", "/exchange"}) {
    fs::create_directories(stage.folder + part, trouble);
    if (trouble) return stage.folder + part + ": " + trouble.message();
  }
  auto channel = harness::ControlChannel::create(harness::Plan{});
  if (!channel) return channel.error().message;
  stage.channel = std::move(*channel);
  stage.channel->begin(0);
  auto exchange =
      harness::ExchangeProcess::start({own_folder() + "/mock_exchange", stage.folder + "/exchange", {}, {}});
  if (!exchange) return exchange.error().message;
  stage.exchange = std::move(*exchange);
  return "";
}

Status install(const Setting& setting, const Stage& stage) {
  if (setting.fault_points) {
    std::string entry = stage.channel->environment_entry();
    const size_t equals = entry.find('=');
    ::setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
    if (auto attached = postmortem::attach_control_block(); !attached) return attached;
  }
  postmortem::register_thread("main");
  if (setting.handler) {
    postmortem::CrashHandlerOptions handler;
    handler.record_path = stage.folder + "/postmortem/crash.rec";
    if (auto installed = postmortem::install_crash_handler(handler); !installed) return installed;
  }
  if (!setting.recorder) return {};
  postmortem::FlightRecorderOptions recorder;
  recorder.path = stage.folder + "/postmortem/flight.rec";
  recorder.ring_bytes_per_thread = 256 << 10;  // as the mock engine's own
  return postmortem::open_flight_recorder(recorder);
}

[[noreturn]] void be_the_engine(const Setting& setting, const Stage& stage, int to) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(kEngineSecondsMax);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  if (!install(setting, stage)) ::_exit(EINVAL);
  mock_engine::TickToOrder latency(kMessages);
  mock_engine::EngineOptions options;
  options.data_folder = stage.folder + "/data";
  options.postmortem_folder = stage.folder + "/postmortem";
  options.feed = {"", 1, kMessages, 8};
  options.feed_rate = kMessagesPerSecond;
  options.tick_to_order = &latency;
  const auto endpoint = mock_engine::parse_endpoint(stage.exchange->address());
  if (!endpoint) ::_exit(EADDRNOTAVAIL);
  options.exchange = *endpoint;
  const mock_engine::ExitCode ended = mock_engine::run_session(options);
  const std::vector<uint64_t>& durations = latency.durations_ns();
  const auto* bytes = reinterpret_cast<const char*>(durations.data());
  for (size_t left = durations.size() * sizeof(uint64_t); left > 0;) {
    const ssize_t written = ::write(to, bytes, left);
    if (written <= 0) ::_exit(EIO);
    bytes += written;
    left -= static_cast<size_t>(written);
  }
  ::_exit(static_cast<int>(ended));
}

std::vector<double> read_durations(int from) {
  std::vector<double> durations;
  uint64_t one = 0;
  // Whole numbers always: the pipe takes eight bytes at once or none.
  std::FILE* const stream = ::fdopen(from, "r");
  CRASHWRIGHT_CHECK(stream != nullptr, "a pipe can be a stream");
  while (std::fread(&one, sizeof one, 1, stream) == 1) durations.push_back(static_cast<double>(one));
  std::fclose(stream);
  return durations;
}

// Empty: measured.
std::string measure(const Setting& setting, Samples& samples) {
  Stage stage;
  if (std::string trouble = set_up(stage); !trouble.empty()) return trouble;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::strerror(errno);
  const pid_t child = ::fork();
  if (child == 0) be_the_engine(setting, stage, ends[1]);
  ::close(ends[1]);
  std::vector<double> durations = read_durations(ends[0]);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return "cannot start the engine";
  if (status != 0) return "the engine ended with wait status " + std::to_string(status);
  if (durations.size() < kOrdersMin) return "only " + std::to_string(durations.size()) + " orders";
  const std::string name = setting.name;
  samples.add(name + ".p50_ns", percentile(durations, 0.5));
  samples.add(name + ".p99_ns", percentile(durations, 0.99));
  samples.add(name + ".p999_ns", percentile(durations, 0.999));
  samples.add(name + ".orders", static_cast<double>(durations.size()));
  return "";
}

int run(int argc, char** argv) {
  Samples samples;
  std::vector<std::function<void()>> parts;
  for (const Setting& setting : kSettings) {
    parts.emplace_back([&samples, &setting, broken = false]() mutable {
      if (broken) return;
      const std::string trouble = measure(setting, samples);
      broken = !trouble.empty();
      if (broken) samples.absent(setting.name, trouble);
    });
  }
  interleave(repetitions(argc, argv, 15), parts);
  samples.print();
  return 0;
}

}  // namespace
}  // namespace crashwright::bench

int main(int argc, char** argv) { return crashwright::bench::run(argc, argv); }
