// What an autopsy costs, and how often it is right on the texts of others.
//
//   autopsy_bench [--repetitions N] [--corpus DIR]
//
// core_ms, gdb.core_ms, eu_stack.core_ms: one core with five threads, every stack symbolised with lines, in a process
// started for it. text_ms: one text in this process, the mean over a set of reports. The folder of public crash texts
// (cases.json and what it names) is given by --corpus or CRASHWRIGHT_RCA_CORPUS; it is not part of this repository.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "bench/samples.h"
#include "rca/autopsy.h"

namespace crashwright::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Corpus {
  struct Case {
    std::string text;
    std::string cause;
    std::vector<std::string> accepted;
  };
  std::vector<Case> cases;
};

Corpus read_corpus(const std::string& folder) {
  Corpus corpus;
  if (folder.empty()) return corpus;
  const auto index = read_file(folder + "/cases.json");
  if (!index) return corpus;
  const auto document = nlohmann::json::parse(*index, nullptr, false);
  for (const auto& entry : document) {
    const auto text = read_file(folder + "/" + entry.value("file", ""));
    if (text) corpus.cases.push_back({*text, entry.value("cause", ""), entry["accepted"]});
  }
  return corpus;
}

// A report of some length in the form of a sanitizer, when no others are given.
Corpus own_texts() {
  std::string text =
      "12:00:00 trading started\n==17==ERROR: AddressSanitizer: heap-use-after-free on address 0x60200010 at pc 0x1\n"
      "READ of size 8 at 0x60200010 thread T0\n";
  for (int i = 0; i < 60; ++i) {
    text += "    #" + std::to_string(i) + " 0x55550000 in desk::Book::apply(desk::Order const&) /src/book.cc:17:3\n";
  }
  return {{{text, "USE_AFTER_FREE", {"USE_AFTER_FREE"}}}};
}

double time_texts(const Corpus& corpus) {
  const auto start = Clock::now();
  for (const Corpus::Case& one : corpus.cases) (void)rca::autopsy_text(one.text);
  return milliseconds_since(start) / static_cast<double>(corpus.cases.size());
}

void score_texts(const Corpus& corpus, Samples& samples) {
  double strict = 0;
  double wrong = 0;
  for (const Corpus::Case& one : corpus.cases) {
    const std::string said = rca::autopsy_text(one.text).cause;
    strict += said == one.cause ? 1 : 0;
    const bool accepted = std::ranges::find(one.accepted, said) != one.accepted.end();
    wrong += !accepted && said != "UNKNOWN" ? 1 : 0;
  }
  const auto count = static_cast<double>(corpus.cases.size());
  samples.add("texts_strict_percent", 100 * strict / count);
  samples.add("texts_confidently_wrong_percent", 100 * wrong / count);
}

// Wall time of one command, its output thrown away; negative when it cannot be started.
double time_command(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const auto start = Clock::now();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  const bool failed = !WIFEXITED(status) || WEXITSTATUS(status) == 127;
  return failed ? -1 : milliseconds_since(start);
}

std::string folder_of_programs() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().string();
}

// The core of the victim, in `folder`; empty when this machine writes none there.
std::string make_core(const std::string& folder, const std::string& victim) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_CORE, &unlimited);
    if (::chdir(folder.c_str()) == 0) ::execl(victim.c_str(), victim.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("core")) return entry.path().string();
  }
  return {};
}

void time_cores(const std::string& folder, unsigned rounds, Samples& samples) {
  const std::string programs = folder_of_programs();
  const std::string victim = programs + "/autopsy_victim";
  const std::string core = make_core(folder, victim);
  if (core.empty()) return samples.absent("core_ms", "the kernel writes no core into the working directory here");
  const auto race = [&samples](const std::string& name, const std::vector<std::string>& command) {
    return [&samples, name, command] {
      const double time = time_command(command);
      if (time < 0) return samples.absent(name, command[0] + " does not run here");
      samples.add(name, time);
    };
  };
  interleave(rounds, {race("core_ms", {programs + "/crashwright", "autopsy", "--format", "json", folder}),
                      race("gdb.core_ms", {"gdb", "-nx", "-batch", "-ex", "thread apply all bt", victim, core}),
                      race("eu_stack.core_ms", {"eu-stack", "-i", "-s", "--core=" + core, "-e", victim})});
}

int run(int argc, char** argv) {
  std::string folder;
  if (const char* const given = std::getenv("CRASHWRIGHT_RCA_CORPUS"); given != nullptr) folder = given;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--corpus") == 0) folder = argv[i + 1];
  }
  const unsigned rounds = repetitions(argc, argv, 7);
  Samples samples;
  const Corpus corpus = read_corpus(folder);
  if (corpus.cases.empty()) {
    samples.absent("texts_strict_percent", "no folder of texts is given (CRASHWRIGHT_RCA_CORPUS)");
    samples.absent("texts_confidently_wrong_percent", "no folder of texts is given (CRASHWRIGHT_RCA_CORPUS)");
  } else {
    score_texts(corpus, samples);
  }
  const Corpus timed = corpus.cases.empty() ? own_texts() : corpus;
  for (unsigned i = 0; i < rounds; ++i) samples.add("text_ms", time_texts(timed));
  char name[] = "/tmp/crashwright-autopsy-bench-XXXXXX";
  if (::mkdtemp(name) == nullptr) return 1;
  time_cores(name, rounds, samples);
  std::error_code ignored;
  fs::remove_all(name, ignored);
  samples.print();
  return 0;
}

}  // namespace
}  // namespace crashwright::bench

int main(int argc, char** argv) { return crashwright::bench::run(argc, argv); }
