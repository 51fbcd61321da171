// mock_engine: installs the kit, then runs the command.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "mock_engine/command_line.h"
#include "mock_engine/session.h"
#include "postmortem/control_block.h"
#include "postmortem/crash_handler.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/planted_bug.h"

namespace {

using namespace crashwright;
using namespace crashwright::mock_engine;

constexpr size_t kFlightRingBytes = 256 << 10;
// A recovery alone logs a few lines, and is started for each of thousands of crash states.
constexpr size_t kFlightRingBytesRecoverOnly = 16 << 10;
constexpr size_t kFlightThreadsRecoverOnly = 4;
constexpr size_t kFlightSitesRecoverOnly = 128;

int fail_with(const Error& error) {
  std::fprintf(stderr, "mock_engine: %s\n", error.message.c_str());
  if (!error.remedy.empty()) std::fprintf(stderr, "  %s\n", error.remedy.c_str());
  return static_cast<int>(error.kind == ErrorKind::kEnvironment ? ExitCode::kEnvironment : ExitCode::kUsage);
}

Status install_kit(const EngineOptions& options) {
  if (auto attached = postmortem::attach_control_block(); !attached) return attached;
  postmortem::register_thread("main");
  const std::string prefix = options.postmortem_folder + "/";
  const std::string pid = std::to_string(::getpid());
  postmortem::CrashHandlerOptions handler;
  handler.record_path = prefix + "crash-" + pid + ".rec";
  if (auto installed = postmortem::install_crash_handler(handler); !installed) return installed;
  postmortem::FlightRecorderOptions recorder;
  recorder.path = prefix + "flight-" + pid + ".rec";
  recorder.ring_bytes_per_thread = kFlightRingBytes;
  if (options.recover_only) {
    recorder.ring_bytes_per_thread = kFlightRingBytesRecoverOnly;
    recorder.threads_max = recorder.threads_prefaulted = kFlightThreadsRecoverOnly;
    recorder.sites_max = kFlightSitesRecoverOnly;
    recorder.clock_wanted = postmortem::FlightClock::kMonotonic;
  }
  return postmortem::open_flight_recorder(recorder);
}

int run(const EngineOptions& options) {
  for (const std::string& bug : options.planted_bugs) {
    if (!postmortem::plant_bug(bug.c_str())) {
      return fail_with({ErrorKind::kUsage, "this binary has no planted bug " + bug, "see --list-planted-bugs"});
    }
  }
  if (auto installed = install_kit(options); !installed) return fail_with(installed.error());
  const ExitCode code = run_session(options);
  postmortem::close_flight_recorder();
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = parse_command_line(argc, argv);
  if (!line) return fail_with(line.error());
  switch (line->command) {
    case Command::kRun:
      return run(line->engine);
    case Command::kGenerateFeed:
      if (auto written = write_generated_feed(line->engine.feed, line->out); !written)
        return fail_with(written.error());
      return 0;
    case Command::kListFaultPoints:
      postmortem::print_fault_points();
      return 0;
    case Command::kListPlantedBugs:
      postmortem::print_planted_bugs();
      return 0;
    case Command::kHelp:
      std::fputs(usage(), stdout);
      return 0;
  }
  return 0;
}
