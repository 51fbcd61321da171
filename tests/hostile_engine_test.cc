// Goal: whatever an engine does, the harness neither hangs nor is harmed, leaves nothing behind, and judges the next
// case as ever.
// Method: real runs of engines that are shell scripts: each does its mischief and then, where it can, goes on as the
// mock engine.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/file.h"

using namespace crashwright;
namespace fs = std::filesystem;

namespace {

constexpr int kExitPassed = 0;
constexpr int kExitBroken = 1;
constexpr int kExitUsage = 2;
constexpr int kExitJudgeFailed = 5;
constexpr int kExitEnvironment = 10;
constexpr uintmax_t kOutputBytesMax = uintmax_t{16} << 20;
constexpr uint64_t kPatienceNs = 30'000'000'000;

constexpr const char* kControl =
    "name: control\n"
    "session: {messages: 1000}\n";
constexpr const char* kTerminated =
    "name: terminated\n"
    "session: {messages: 1000}\n"
    "deadline: 6s\n"
    "faults:\n"
    "  - sigterm: {at: gateway.send_order, hit: 5}\n";

std::string folder_of_programs() { return fs::read_symlink("/proc/self/exe").parent_path().string(); }

// Processes whose environment carries the mark of this test.
std::set<std::string> marked_processes(const std::string& mark) {
  std::set<std::string> found;
  std::error_code trouble;
  for (const auto& entry : fs::directory_iterator("/proc", trouble)) {
    const auto environment = read_file(entry.path() / "environ");
    if (environment && environment->find(mark) != std::string::npos) found.insert(entry.path().filename().string());
  }
  return found;
}

struct HostileEngine {
  HostileEngine() {
    char path[] = "/tmp/crashwright-hostile-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root = path;
    out = root + "/out";
    ::setenv("CRASHWRIGHT_STATE_DIR", (root + "/state").c_str(), 1);
    ::setenv("HOSTILE_ROOT", root.c_str(), 1);
    fs::create_directory(root + "/state");
  }
  ~HostileEngine() { fs::remove_all(root); }
  HostileEngine(const HostileEngine&) = delete;
  HostileEngine& operator=(const HostileEngine&) = delete;

  // `mischief` runs before the engine of a case trades; "exec" at its end is added.
  void write_engine(const std::string& mischief) const {
    const std::string engine = folder_of_programs() + "/mock_engine";
    const std::string script = "#!/bin/sh\ncase \"$*\" in\n  run*--recover-only*|*.golden*) ;;\n  run*)\n" + mischief +
                               "\n  ;;\nesac\nexec " + engine + " \"$@\"\n";
    BOOST_REQUIRE(write_file(root + "/engine", script).has_value());
    fs::permissions(root + "/engine", fs::perms::owner_all);
  }

  // Exit code of a run of this scenario with that engine; its output is in `said`.
  int run(const std::string& scenario, const std::string& options = "") {
    BOOST_REQUIRE(write_file(root + "/scenario.yaml", scenario).has_value());
    const std::string command = folder_of_programs() + "/crashwright run " + root + "/scenario.yaml --engine " + root +
                                "/engine --keep --out " + out + " " + options + " > " + root + "/said 2>&1";
    const int status = std::system(command.c_str());
    said = read_file(root + "/said").value_or("");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  [[nodiscard]] bool left_something() const { return !marked_processes("HOSTILE_ROOT=" + root).empty(); }

  std::string root;
  std::string out;
  std::string said;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(an_engine_that_leaves_a_daemon_is_found_out_and_the_daemon_ended, HostileEngine) {
  write_engine("    setsid sleep 1000 > /dev/null 2>&1 < /dev/null &");
  BOOST_TEST(run(kControl) == kExitBroken, said);
  BOOST_TEST(said.find("cleanliness") != std::string::npos, said);
  ::unsetenv("HOSTILE_ROOT");
  BOOST_TEST(!left_something());
}

BOOST_FIXTURE_TEST_CASE(an_engine_that_daemonises_is_no_engine_that_finished, HostileEngine) {
  write_engine("    setsid sh -c 'sleep 2' > /dev/null 2>&1 &\n    exit 0");
  BOOST_TEST(run(kControl) == kExitBroken, said);
  ::unsetenv("HOSTILE_ROOT");
  BOOST_TEST(!left_something());
}

BOOST_FIXTURE_TEST_CASE(an_engine_that_ignores_sigterm_is_ended_all_the_same, HostileEngine) {
  write_engine("    trap '' TERM");
  const uint64_t begun_ns = monotonic_ns();
  const int code = run(kTerminated);
  BOOST_TEST(code != kExitPassed, said);
  BOOST_TEST(monotonic_ns() - begun_ns < kPatienceNs);
  ::unsetenv("HOSTILE_ROOT");
  BOOST_TEST(!left_something());
}

BOOST_FIXTURE_TEST_CASE(an_engine_that_floods_its_output_fills_no_disk, HostileEngine) {
  write_engine("    head -c 10000000000 /dev/zero");
  const uint64_t begun_ns = monotonic_ns();
  BOOST_TEST(run("name: flood\nsession: {messages: 1000}\ndeadline: 4s\n") == kExitBroken, said);
  BOOST_TEST(monotonic_ns() - begun_ns < kPatienceNs);
  uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root + "/out")) {
    const std::string name = entry.path().filename();
    if (name == "stdout.txt" || name == "stderr.txt") bytes = std::max(bytes, entry.file_size());
  }
  BOOST_TEST(bytes > 0U);
  BOOST_TEST(bytes < kOutputBytesMax);
}

BOOST_FIXTURE_TEST_CASE(escapes_and_markup_of_an_engine_reach_neither_terminal_nor_report, HostileEngine) {
  write_engine("    printf '\\033[2J\\033]0;pwned\\007<script>alert(1)</script>\\n' >&2\n    exit 3");
  BOOST_TEST(run(kControl) == kExitBroken, said);
  BOOST_TEST(said.find('\033') == std::string::npos);
  BOOST_TEST(said.find('\007') == std::string::npos);
  for (const auto& entry : fs::recursive_directory_iterator(root + "/out")) {
    const std::string name = entry.path().filename();
    if (name != "report.html" && name != "junit.xml") continue;
    const std::string text = read_file(entry.path().string()).value_or("");
    BOOST_TEST(text.find("<script>alert") == std::string::npos, name);
    BOOST_TEST(text.find('\033') == std::string::npos, name);
  }
}

BOOST_FIXTURE_TEST_CASE(a_scenario_name_with_newlines_and_escapes_stays_on_its_line, HostileEngine) {
  write_engine("    :");
  const int code = run("name: \"two\\nlines \\e[31mred\"\nsession: {messages: 1000}\n");
  BOOST_TEST((code == kExitPassed || code == kExitUsage), said);
  BOOST_TEST(said.find('\033') == std::string::npos, said);
  BOOST_TEST(said.find("two\nlines") == std::string::npos, said);
}

BOOST_FIXTURE_TEST_CASE(a_name_with_a_path_in_it_stays_in_the_run_folder, HostileEngine) {
  write_engine("    :");
  BOOST_TEST(run("name: ../../../../tmp/crashwright-escaped\nsession: {messages: 1000}\n") == kExitPassed, said);
  BOOST_TEST(!fs::exists("/tmp/crashwright-escaped"));
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::set<std::string> known = {"state", "engine", "scenario.yaml", "said", "out"};
    BOOST_TEST(known.contains(entry.path().filename().string()), entry.path());
  }
}

BOOST_FIXTURE_TEST_CASE(a_file_outside_the_data_folder_is_no_file_of_a_fault, HostileEngine) {
  write_engine("    :");
  for (const char* file : {"../../../etc/passwd", "/etc/passwd", "audit.log/../../x"}) {
    const std::string scenario = std::string("name: trick\nfaults:\n  - sigkill: {at: gateway.send_order}\n") +
                                 "  - missing_file: {file: " + file + "}\n";
    BOOST_TEST(run(scenario) == kExitUsage, said);
    BOOST_TEST(said.find("missing_file: {file:") != std::string::npos, said);
  }
  BOOST_TEST(fs::exists("/etc/passwd"));
}

BOOST_FIXTURE_TEST_CASE(an_output_folder_that_is_removed_under_a_run_is_its_own_trouble, HostileEngine) {
  write_engine("    rm -rf \"$HOSTILE_ROOT\"/out/*");
  const int code = run(kControl);
  BOOST_TEST(code != kExitPassed, said);
  BOOST_TEST(code > 0, "ended by a signal: " << said);
  ::unsetenv("HOSTILE_ROOT");
  BOOST_TEST(!left_something());
  write_engine("    :");
  BOOST_TEST(run(kControl) == kExitPassed, said);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_for_its_own_output_is_trouble_and_no_verdict, HostileEngine) {
  write_engine("    :");
  const std::string small = root + "/small";
  fs::create_directory(small);
  const std::string mount = "mount -t tmpfs -o size=256k tmpfs " + small + " 2>/dev/null";
  if (std::system(mount.c_str()) != 0) {
    std::printf("SKIPPED: no permission to mount a small file system\n");
    return;
  }
  out = small;
  BOOST_TEST(run(kControl) == kExitEnvironment, said);
  BOOST_TEST(said.find("No space left on device") != std::string::npos, said);
  BOOST_TEST(std::system(("umount " + small).c_str()) == 0);
  ::unsetenv("HOSTILE_ROOT");
  BOOST_TEST(!left_something());
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_fills_during_a_run_takes_no_verdict_that_stood_before, HostileEngine) {
  write_engine("    :");
  const std::string small = root + "/small";
  fs::create_directory(small);
  if (std::system(("mount -t tmpfs -o size=12m tmpfs " + small + " 2>/dev/null").c_str()) != 0) {
    std::printf("SKIPPED: no permission to mount a small file system\n");
    return;
  }
  out = small;
  BOOST_TEST(run(kControl, "--repeat 12 --jobs 1") == kExitEnvironment, said);
  BOOST_TEST(said.find("[  1/12] PASS  ") != std::string::npos, said);
  BOOST_TEST(said.find("[ 12/12] ERROR  ") != std::string::npos, said);
  BOOST_TEST(said.find("FAIL  ") == std::string::npos, said);
  BOOST_TEST(said.find("No space left on device") != std::string::npos, said);
  BOOST_TEST(std::system(("umount " + small).c_str()) == 0);
}

BOOST_FIXTURE_TEST_CASE(an_engine_that_lacks_something_breaks_no_promise_of_an_exploration, HostileEngine) {
  if (::access("/dev/fuse", R_OK | W_OK) != 0) {
    std::printf("SKIPPED: this needs /dev/fuse\n");
    return;
  }
  const std::string exploration =
      "name: explored\nsession: {messages: 1000}\nstorage: {profile: [K], explore: {states: 20}}\n";
  const auto lacks_something_at = [&](const std::string& words) {
    const std::string script = "#!/bin/sh\ncase \"$*\" in " + words + ") echo no room >&2; exit 10 ;; esac\nexec " +
                               folder_of_programs() + "/mock_engine \"$@\"\n";
    BOOST_REQUIRE(write_file(root + "/engine", script).has_value());
    fs::permissions(root + "/engine", fs::perms::owner_all);
    return run(exploration);
  };
  BOOST_TEST(lacks_something_at("run*--recover-only*") == kExitJudgeFailed, said);
  BOOST_TEST(said.find("FAIL  ") == std::string::npos, said);
  BOOST_TEST(lacks_something_at("run*") == kExitEnvironment, said);
  BOOST_TEST(said.find("the engine cannot run here: no room") != std::string::npos, said);
}

BOOST_FIXTURE_TEST_CASE(what_one_engine_does_changes_no_verdict_of_the_case_beside_it, HostileEngine) {
  const std::string neighbour = root + "/neighbour.yaml";
  BOOST_REQUIRE(write_file(neighbour,
                           "name: neighbour\nsession: {messages: 2000}\nfaults:\n"
                           "  - sigkill: {at: gateway.after_send, hit: 10}\n")
                    .has_value());
  const std::string hostile = "name: mischief\nsession: {messages: 1000}\ndeadline: 2s\n";
  for (const char* const mischief :
       {"head -c 10000000000 /dev/zero;", "setsid sleep 1000 > /dev/null 2>&1 < /dev/null &",
        "trap '' TERM; sleep 1000;", "for i in $(seq 200); do sleep 3 & done;", "rm -rf /proc/self/cwd/* ; exit 3;",
        "kill -9 $$;"}) {
    write_engine(std::string("    case \"$*\" in *mischief*) ") + mischief + " esac");
    BOOST_TEST(run(hostile, neighbour + " --jobs 2 --repeat 3") == kExitBroken, mischief << said);
    size_t kept = 0;
    for (size_t at = said.find(" PASS         neighbour ["); at != std::string::npos;
         at = said.find(" PASS         neighbour [", at + 1)) {
      kept += said.find("KILLED_BY_HARNESS", at) < said.find('\n', at) ? 1 : 0;
    }
    BOOST_TEST(kept == 3U, mischief << '\n' << said);
    fs::remove_all(root + "/out");
  }
}
