// Crash handlers side by side: every death of postmortem/testing/deaths.h under ours, a naive one, those that Debian
// packages, and any plug-in (crash_handler_peer.h).
//
//   crash_handler_bench [--repetitions N] [--handler FILE.so]... [--markdown]
//
// Without --markdown: samples for `crashwright bench` (samples.h). With it: the table of docs/crash_handlers.md, every
// death N times under every handler.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "bench/crash_handler_peers.h"
#include "bench/crash_handler_table.h"
#include "bench/samples.h"
#include "postmortem/testing/deaths.h"

namespace crashwright::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kStages = 7;
constexpr unsigned kTimedRuns = 15;
constexpr const char* kOurs = "crashwright";

struct Arguments {
  bool markdown = false;
  unsigned rounds = 1;
  std::vector<HandlerColumn> handlers;
  std::string victim;  // path of the program
};

void add_plugin(const fs::path& file, std::vector<HandlerColumn>& handlers) {
  std::error_code trouble;
  handlers.push_back({file.stem(), fs::absolute(file, trouble)});
}

// Plug-ins for other comparisons lie in the same folders: those that are no crash handlers are left alone.
bool is_handler_plugin(const std::string& file) {
  const pid_t pid = ::fork();  // not in this process: loading a library runs its code
  if (pid == 0) ::_exit(find_handler(file) == nullptr ? 1 : 0);
  int status = 0;
  return pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
}

void add_plugins_of_the_environment(std::vector<HandlerColumn>& handlers) {
  const char* const list = std::getenv("CRASHWRIGHT_BENCH_PEERS");
  std::istringstream parts(list == nullptr ? "" : list);
  for (std::string part; std::getline(parts, part, ':');) {
    std::error_code trouble;
    std::vector<fs::path> files;
    if (fs::is_directory(part, trouble)) {
      for (const auto& entry : fs::directory_iterator(part, trouble)) files.push_back(entry.path());
    } else if (!part.empty()) {
      files.emplace_back(part);
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      if (file.extension() == ".so" && is_handler_plugin(fs::absolute(file, trouble))) add_plugin(file, handlers);
    }
  }
}

Arguments read_arguments(int argc, char** argv) {
  Arguments arguments;
  arguments.rounds = repetitions(argc, argv, 1);
  for (const char* const name : kBuiltInHandlers) {
    if (std::strcmp(name, "none") != 0) arguments.handlers.push_back({name, name});
  }
  add_plugins_of_the_environment(arguments.handlers);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--markdown") == 0) arguments.markdown = true;
    if (std::strcmp(argv[i], "--handler") == 0 && i + 1 < argc) add_plugin(argv[++i], arguments.handlers);
  }
  arguments.victim = fs::read_symlink("/proc/self/exe").parent_path() / "crash_handler_victim";
  return arguments;
}

Outcome run(const std::string& victim, const std::string& handler, const std::string& death) {
  auto outcome = run_victim(victim, handler, death);
  if (outcome) return *outcome;
  std::fprintf(stderr, "%s\n", outcome.error().message.c_str());
  std::exit(10);
}

std::vector<std::string> all_deaths() {
  std::vector<std::string> names;
  for (const auto& death : postmortem::testing::deaths()) names.emplace_back(death.name);
  for (int stage = 1; stage <= kStages; ++stage) names.push_back("second_fault:" + std::to_string(stage));
  for (int stage = 1; stage <= kStages; ++stage) names.push_back("hang:" + std::to_string(stage));
  return names;
}

// What can only happen to us does not happen to the others.
bool applies(const HandlerColumn& handler, const std::string& death) {
  return handler.name == kOurs || death.find(':') == std::string::npos;
}

HandlerTable measure_deaths(const Arguments& arguments, const std::vector<HandlerColumn>& handlers) {
  HandlerTable table;
  for (const std::string& death : all_deaths()) {
    if (death.find(':') == std::string::npos) table.set_truth(death, run(arguments.victim, "none", death));
  }
  for (unsigned round = 0; round < arguments.rounds; ++round) {
    for (const std::string& death : all_deaths()) {
      for (const HandlerColumn& handler : handlers) {
        if (applies(handler, death)) table.add(handler.name, death, run(arguments.victim, handler.program, death));
      }
    }
  }
  return table;
}

// A hung stage is left out: its record says so, and cannot hold what that stage would have written.
bool may_miss_a_stage(const std::string& death) { return death.starts_with("hang"); }

void sample_deaths(const Arguments& arguments, Samples& samples) {
  const HandlerTable table = measure_deaths(arguments, {{kOurs, kOurs}});
  unsigned incomplete = 0;
  for (const std::string& death : all_deaths()) {
    if (!table.measured(kOurs, death) || may_miss_a_stage(death) || table.survived(kOurs, death)) continue;
    std::fprintf(stderr, "not survived: %s\n", title_of(death).c_str());
    ++incomplete;
  }
  samples.add("deaths_incomplete", incomplete);
}

void sample_times(const Arguments& arguments, Samples& samples) {
  std::vector<std::function<void()>> parts;
  for (const HandlerColumn& handler : arguments.handlers) {
    parts.emplace_back([&] {
      const Outcome outcome = run(arguments.victim, handler.program, "null_dereference");
      if (outcome.left != Left::kComplete) return samples.absent(handler.name, "left no complete record");
      samples.add(handler.name + ".last_output_ms", outcome.record_ms);
      if (handler.name != kOurs) return samples.add(handler.name + ".record_ms", outcome.record_ms);
      samples.add("record_ms", outcome.dying_thread_ms);
      samples.add("all_threads_ms", outcome.all_threads_ms);
    });
  }
  parts.emplace_back([&] {
    const Outcome outcome = run(arguments.victim, kOurs, "stack_exhausted");
    samples.add("record_stack_exhausted_ms", outcome.dying_thread_ms);
  });
  interleave(kTimedRuns, parts);
}

// Under the interposed victim every call of the allocator, of a lock and of stdio is counted while the handler runs.
void sample_forbidden_calls(const Arguments& arguments, Samples& samples) {
  uint64_t calls = 0;
  for (const char* const death : {"null_dereference", "allocator_abort", "stack_exhausted", "uncaught_exception"}) {
    calls += run(arguments.victim + "_interposed", kOurs, death).forbidden_calls;
  }
  samples.add("forbidden_calls", static_cast<double>(calls));
}

// Instructions of the same function with the handler installed and without, counted by callgrind; -1: not to be had.
double hot_path_instructions(const Arguments& arguments, const char* mode) {
  const std::string program = fs::path(arguments.victim).parent_path() / "crash_handler_hot_path";
  const std::string command = "valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='hot_path*' " +
                              program + " " + mode + " 2>&1";
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return -1;
  for (char line[512]; std::fgets(line, sizeof line, pipe) != nullptr;) text += line;
  ::pclose(pipe);
  const size_t at = text.find("Collected : ");
  return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + std::strlen("Collected : "), nullptr);
}

void sample_hot_path(const Arguments& arguments, Samples& samples) {
  const double without = hot_path_instructions(arguments, "without");
  const double with = hot_path_instructions(arguments, "with");
  if (without <= 0 || with <= 0) return samples.absent("hot_path_instructions", "no valgrind here");
  samples.add("hot_path_instructions", with - without);
}

}  // namespace
}  // namespace crashwright::bench

int main(int argc, char** argv) {
  using namespace crashwright::bench;
  Arguments arguments = read_arguments(argc, argv);
  if (!prepare_small_disks()) std::fprintf(stderr, "no disk is filled: no file system can be mounted here\n");
  if (arguments.markdown) {
    const HandlerTable table = measure_deaths(arguments, arguments.handlers);
    std::fputs(table.markdown(arguments.handlers, all_deaths()).c_str(), stdout);
    return 0;
  }
  arguments.rounds = 1;
  Samples samples;
  sample_times(arguments, samples);
  sample_deaths(arguments, samples);
  sample_forbidden_calls(arguments, samples);
  sample_hot_path(arguments, samples);
  samples.print();
  return 0;
}
