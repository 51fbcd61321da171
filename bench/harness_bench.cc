// How long a person or CI waits for the harness.
//
//   harness_bench --smoke | --stock-set | --case-overhead [--repetitions N]
//
// --smoke, --stock-set: one `crashwright run` with 2 jobs over the scenarios of the source tree, from start to end.
// --case-overhead: an engine that kills itself as its first act, in a run of 41 cases and in one of a single case, one
// job; the difference over 40 is what a case costs.
// Files go below the folder that CRASHWRIGHT_BENCH_FOLDER names (default /tmp). Exit codes: 0 measured, 10 a run ended
// otherwise than it should.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "bench/samples.h"

namespace crashwright::bench {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kCases = 40;
constexpr const char* kDiesAtOnce =
    "name: dies at once\n"
    "engine: {command: [sh, -c, \"kill -9 $$\"], check: [\"true\"]}\n"
    "expect: {rca: {cause: KILLED_EXTERNAL}}\n";

class Workplace {
 public:
  Workplace() {
    const char* const parent = std::getenv("CRASHWRIGHT_BENCH_FOLDER");
    folder_ =
        std::string(parent == nullptr ? "/tmp" : parent) + "/crashwright-harness-bench-" + std::to_string(::getpid());
    fs::create_directories(folder_);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() { fs::remove_all(folder_); }

  [[nodiscard]] const std::string& folder() const { return folder_; }

  // Seconds that `crashwright run` took.
  [[nodiscard]] double run(const std::string& arguments) const {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "crashwright";
    const std::string output = folder_ + "/output.txt";
    const std::string command =
        program.string() + " run " + arguments + " --out " + folder_ + "/out > " + output + " 2>&1";
    const uint64_t begun_ns = monotonic_ns();
    const int status = std::system(command.c_str());
    const double seconds = static_cast<double>(monotonic_ns() - begun_ns) / 1e9;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      std::fprintf(stderr, "harness_bench: %s\n%s", command.c_str(), read_file(output).value_or("").c_str());
      fs::remove_all(folder_);
      std::exit(10);
    }
    return seconds;
  }

 private:
  std::string folder_;
};

double case_overhead_ms(const Workplace& place) {
  const std::string scenario = place.folder() + "/scenario.yaml";
  if (!write_file(scenario, kDiesAtOnce)) std::exit(10);
  const double one = place.run(scenario + " --jobs 1");
  const double many = place.run(scenario + " --jobs 1 --repeat " + std::to_string(kCases + 1));
  return (many - one) * 1e3 / kCases;
}

}  // namespace

int run(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const std::string scenarios = CRASHWRIGHT_SCENARIOS;
  const Workplace place;
  Samples samples;
  if (what == "--smoke") {
    for (unsigned i = repetitions(argc, argv, 3); i > 0; --i) {
      samples.add("smoke_s", place.run(scenarios + " --tag smoke --jobs 2"));
    }
  } else if (what == "--stock-set") {
    for (unsigned i = repetitions(argc, argv, 1); i > 0; --i) {
      samples.add("stock_set_s", place.run(scenarios + " --skip-tag foreign --jobs 2"));
    }
  } else if (what == "--case-overhead") {
    for (unsigned i = repetitions(argc, argv, 5); i > 0; --i) samples.add("case_overhead_ms", case_overhead_ms(place));
  } else {
    std::fprintf(stderr, "usage: harness_bench --smoke | --stock-set | --case-overhead [--repetitions N]\n");
    return 2;
  }
  samples.print();
  return 0;
}

}  // namespace crashwright::bench

int main(int argc, char** argv) { return crashwright::bench::run(argc, argv); }
