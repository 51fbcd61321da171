#include "harness/figures/measure.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/process.h"

namespace crashwright::harness {
namespace {

constexpr auto kLook = std::chrono::milliseconds(100);
constexpr uint64_t kOutputBytesMax = 16U << 20;
constexpr const char* kPeersVariable = "CRASHWRIGHT_BENCH_PEERS";

// Gone with its content at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    char name[] = "/tmp/crashwright-measure-XXXXXX";
    if (::mkdtemp(name) != nullptr) path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> command_line(const Measurement& measurement, const MeasureOptions& options) {
  std::vector<std::string> argv = {options.program_folder + "/" + measurement.program};
  argv.insert(argv.end(), measurement.arguments.begin(), measurement.arguments.end());
  if (measurement.speech == Speech::kGoogleBenchmark) {
    argv.emplace_back("--benchmark_format=json");
    argv.emplace_back("--benchmark_enable_random_interleaving=true");
    argv.push_back(fmt::format("--benchmark_repetitions={}", options.repetitions == 0 ? 9 : options.repetitions));
  } else if (options.repetitions != 0) {
    argv.insert(argv.end(), {"--repetitions", std::to_string(options.repetitions)});
  }
  return argv;
}

// Those of the command line before those of the caller's environment.
std::string peers_variable(const std::vector<std::string>& paths) {
  const char* const inherited = std::getenv(kPeersVariable);
  return fmt::format("{}={}{}{}", kPeersVariable, fmt::join(paths, ":"), inherited != nullptr ? ":" : "",
                     inherited != nullptr ? inherited : "");
}

// The end of what it said on standard error, for a row's reason.
std::string last_line(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return "";
  std::string last;
  size_t start = 0;
  while (start < text->size()) {
    const size_t end = std::min(text->find('\n', start), text->size());
    if (end > start) last = text->substr(start, end - start);
    start = end + 1;
  }
  return last.empty() ? "" : ": " + last;
}

}  // namespace

Result<SampleSet> measure(const Measurement& measurement, const MeasureOptions& options) {
  ChildOptions child_options;
  child_options.argv = command_line(measurement, options);
  if (::access(child_options.argv[0].c_str(), X_OK) != 0) {
    return fail(ErrorKind::kEnvironment, measurement.program + " is not built");
  }
  const ScratchFolder scratch;
  if (scratch.path().empty()) return fail(ErrorKind::kEnvironment, "no folder can be made in /tmp");
  child_options.working_folder = scratch.path();
  child_options.stdout_path = scratch.path() + "/stdout.txt";
  child_options.stderr_path = scratch.path() + "/stderr.txt";
  child_options.output_bytes_max = kOutputBytesMax;
  if (!options.peer_paths.empty()) child_options.environment = {peers_variable(options.peer_paths)};
  auto child = Child::spawn(child_options);
  if (!child) return tl::unexpected(child.error());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(measurement.seconds_max);
  std::optional<ChildEnd> end;
  while (!(end = (*child)->wait(kLook))) {
    if (interrupted()) return fail(ErrorKind::kIo, "interrupted");
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorKind::kIo,
                  fmt::format("{} took longer than {} s", measurement.program, measurement.seconds_max));
    }
  }
  if (!end->exited_with(0)) {
    return fail(ErrorKind::kIo,
                fmt::format("{} ended with {}{}", measurement.program, describe_wait_status(end->wait_status),
                            last_line(child_options.stderr_path)));
  }
  const auto output = read_file(child_options.stdout_path);
  if (!output) return tl::unexpected(output.error());
  auto samples = parse_samples(measurement.speech, *output);
  if (!samples) return fail(ErrorKind::kCorrupt, measurement.program + ": " + samples.error().message);
  return samples;
}

}  // namespace crashwright::harness
