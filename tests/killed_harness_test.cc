// Goal: a harness that is killed with SIGKILL in the middle of a run leaves nothing that `crashwright cleanup` does not
// undo. Method: a real run with mounts, cgroups and hanging engines, killed at many moments from its first instruction
// on, then the kernel is asked.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/file.h"

using namespace crashwright;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kPoll{1};
constexpr const char* kCgroups[] = {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"};  // v1, v2

std::string program() { return (fs::read_symlink("/proc/self/exe").parent_path() / "crashwright").string(); }

// Command lines of living processes that name `root`.
std::set<std::string> processes_of(const std::string& root) {
  std::set<std::string> found;
  std::error_code trouble;
  for (const auto& entry : fs::directory_iterator("/proc", trouble)) {
    const auto command = read_file(entry.path() / "cmdline");
    if (command && command->find(root) != std::string::npos) found.insert(entry.path().filename().string());
  }
  return found;
}

bool mounted_below(const std::string& root) {
  std::ifstream mounts("/proc/mounts");
  std::string line;
  while (std::getline(mounts, line)) {
    if (line.find(root) != std::string::npos) return true;
  }
  return false;
}

std::set<std::string> cgroups() {
  std::set<std::string> found;
  std::error_code trouble;
  for (const char* const folder : kCgroups) {
    for (const auto& entry : fs::directory_iterator(folder, trouble)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("crashwright")) found.insert(name);
    }
  }
  return found;
}

size_t cases_started(const std::string& root) {
  size_t count = 0;
  std::error_code trouble;
  for (const auto& run : fs::directory_iterator(root + "/out", trouble)) {
    for (const auto& entry : fs::directory_iterator(run.path(), trouble)) {
      if (fs::exists(entry.path() / "inc0", trouble)) ++count;
    }
  }
  return count;
}

// So long after so many cases have an engine.
struct Moment {
  size_t cases;
  std::chrono::milliseconds then;
};
constexpr Moment kMoments[] = {{0, 0ms}, {0, 5ms},  {0, 20ms}, {0, 60ms}, {0, 150ms}, {0, 400ms}, {1, 0ms},
                               {1, 9ms}, {2, 0ms},  {2, 3ms},  {3, 0ms},  {4, 27ms},  {6, 0ms},   {6, 14ms},
                               {8, 0ms}, {8, 70ms}, {10, 1ms}, {12, 0ms}, {14, 0ms},  {14, 200ms}};

struct KilledRun {
  KilledRun() {
    char path[] = "/tmp/crashwright-killed-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root = path;
    ::setenv("CRASHWRIGHT_STATE_DIR", (root + "/state").c_str(), 1);
    fs::create_directory(root + "/state");
  }
  ~KilledRun() { fs::remove_all(root); }

  void run_and_kill(const Moment& moment) const {
    const std::string folders[] = {"storage", "resources", "concurrency"};
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
      const int log = ::open((root + "/log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      ::dup2(log, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      const std::string scenarios = CRASHWRIGHT_SCENARIOS;
      ::execl(program().c_str(), "crashwright", "run", "--keep", "--jobs", "4", "--out", (root + "/out").c_str(),
              (scenarios + "/" + folders[0]).c_str(), (scenarios + "/" + folders[1]).c_str(),
              (scenarios + "/" + folders[2]).c_str(), nullptr);
      ::_exit(127);
    }
    const Deadline deadline(kPatience);
    while (cases_started(root) < moment.cases && !deadline.passed()) std::this_thread::sleep_for(kPoll);
    std::this_thread::sleep_for(moment.then);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST(WIFSIGNALED(status), read_file(root + "/log").value_or(""));
  }

  std::string root;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(cleanup_undoes_what_a_killed_harness_left, KilledRun) {
  const std::set<std::string> cgroups_before = cgroups();
  for (const Moment& moment : kMoments) {
    run_and_kill(moment);
    const std::string cleanup = program() + " cleanup > " + root + "/cleanup.log 2>&1";
    BOOST_TEST(std::system(cleanup.c_str()) == 0, read_file(root + "/cleanup.log").value_or(""));
    BOOST_TEST(processes_of(root).empty(),
               "killed " << moment.then.count() << " ms after " << moment.cases << " cases");
    BOOST_TEST(!mounted_below(root));
    for (const std::string& group : cgroups()) BOOST_TEST(cgroups_before.contains(group), group);
    BOOST_TEST(fs::is_empty(root + "/state"), "the ledger is still there");
    fs::remove_all(root + "/out");
  }
}
