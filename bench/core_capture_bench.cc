// What a core costs by each way: from the moment before the fault to the dead process reaped with its core complete.
//
//   core_capture_bench [--repetitions N] [--memory-mb N] [--folder DIR]
//
// For `crashwright bench` (samples.h). The same process dies by the kernel's core, by one written from outside, and by
// one that it writes itself, in turn; gcore takes one of the same process parked. Cores are deleted as soon as they are
// measured.
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "bench/samples.h"
#include "harness/runner/core_file.h"
#include "harness/runner/core_writer.h"
#include "harness/runner/testing/victim_core.h"

namespace crashwright::bench {
namespace {

using harness::CoreWay;

struct Setting {
  unsigned repetitions = 5;
  unsigned memory_mb = 256;
  std::string folder;
};

std::string text_after(int argc, char** argv, const char* option, const char* standard) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], option) == 0) return argv[i + 1];
  }
  return standard;
}

double ms_since(uint64_t begin_ns) { return static_cast<double>(monotonic_ns() - begin_ns) / 1e6; }

std::vector<std::string> size_arguments(const Setting& setting) {
  return {"--memory-mb", std::to_string(setting.memory_mb), "--threads", "4"};
}

// The victim writes the time of its fault, so that filling its memory does not count.
double fault_to_reaped_ms(const std::string& folder, uint64_t ended_ns) {
  const auto text = read_file(folder + "/stdout.txt");
  unsigned long long ready_ns = 0;
  if (!text || std::sscanf(text->c_str(), "ready %llu", &ready_ns) != 1) return 0;
  return static_cast<double>(ended_ns - ready_ns) / 1e6;
}

class Bench {
 public:
  explicit Bench(Setting setting) : setting_(std::move(setting)) {}

  void die(const char* name, CoreWay way) {
    const std::string folder = fresh_folder();
    std::vector<std::string> arguments = {"segv"};
    for (const std::string& argument : size_arguments(setting_)) arguments.push_back(argument);
    const auto victim = harness::run_victim(folder, way, arguments);
    const double ms = fault_to_reaped_ms(folder, victim.seen.end.ended_ns);
    if (victim.problem.empty() && ms > 0) {
      samples_.add(sample(name), ms);
    } else {
      samples_.absent(sample(name), victim.problem.empty() ? "the victim did not say when it died" : victim.problem);
    }
    std::filesystem::remove_all(folder);
  }

  void take_hung() {
    const std::string folder = fresh_folder();
    if (const auto child = harness::start_hanging_victim(folder, size_arguments(setting_)); child != nullptr) {
      const uint64_t begin_ns = monotonic_ns();
      const auto written = harness::write_core_from_outside(child->pid(), folder + "/core");
      const double ms = ms_since(begin_ns);
      if (written) samples_.add(sample("hung"), ms);
      if (!written) samples_.absent(sample("hung"), written.error().message);
    }
    std::filesystem::remove_all(folder);
  }

  void take_by_gcore() {
    const std::string folder = fresh_folder();
    if (const auto child = harness::start_hanging_victim(folder, size_arguments(setting_)); child != nullptr) {
      const std::string command = "gcore -o " + folder + "/core " + std::to_string(child->pid()) + " > /dev/null 2>&1";
      const uint64_t begin_ns = monotonic_ns();
      const bool written = std::system(command.c_str()) == 0;
      const double ms = ms_since(begin_ns);
      if (written) samples_.add(sample("gcore"), ms);
      if (!written) samples_.absent(sample("gcore"), "gcore (package gdb) wrote no core");
    }
    std::filesystem::remove_all(folder);
  }

  void run() {
    interleave(setting_.repetitions,
               {[this] { die("kernel", CoreWay::kKernel); }, [this] { die("outside", CoreWay::kOutside); },
                [this] { die("self", CoreWay::kSelf); }, [this] { take_hung(); }, [this] { take_by_gcore(); }});
    samples_.print();
  }

 private:
  [[nodiscard]] std::string sample(const std::string& name) const {
    return name + "_" + std::to_string(setting_.memory_mb) + "mb_ms";
  }

  [[nodiscard]] std::string fresh_folder() const {
    std::string pattern = setting_.folder + "/crashwright-core-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      std::perror(pattern.c_str());
      std::exit(1);
    }
    return pattern;
  }

  Setting setting_;
  Samples samples_;
};

}  // namespace
}  // namespace crashwright::bench

int main(int argc, char** argv) {
  using namespace crashwright::bench;
  Setting setting;
  setting.repetitions = repetitions(argc, argv, setting.repetitions);
  setting.memory_mb = static_cast<unsigned>(std::atoi(text_after(argc, argv, "--memory-mb", "256").c_str()));
  const char* const standard = std::getenv("CRASHWRIGHT_BENCH_FOLDER");
  setting.folder = text_after(argc, argv, "--folder", standard != nullptr ? standard : "/tmp");
  Bench(setting).run();
  return 0;
}
