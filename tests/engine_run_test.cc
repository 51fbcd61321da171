// Goal: programs that know nothing of this project die by every fault that can be done to them from outside, at exactly
// the moment that the scenario names; the proof is the kernel's; and what they leave is judged by their own commands.
// Method: the real crashwright on scenarios of tiny shell programs, and of a compiled one for breakpoints.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"

using namespace crashwright;
namespace fs = std::filesystem;

namespace {

// Counts in a file, a line each, and acknowledges each line.
// Long enough that a busy machine still finds it counting when a line of it has been seen.
constexpr const char* kCounter =
    "#!/bin/sh\n"
    "i=$(wc -l 2> /dev/null < journal || echo 0)\n"
    "while [ $i -lt ${1:-4000} ]; do\n"
    "  i=$((i + 1))\n"
    "  echo $i >> journal || exit 7\n"
    "  echo \"ack $i\" >&$CRASHWRIGHT_ACK_FD\n"
    "  echo \"counted $i\"\n"
    "done\n";
constexpr const char* kCheck =
    "#!/bin/sh\n"
    "lost=$(cat journal 2> /dev/null | grep -vxFf - \"$CRASHWRIGHT_ACKED\" | head -n 1)\n"
    "[ -z \"$lost\" ] || { echo \"acknowledged and lost: $lost\"; exit 1; }\n";

std::string program() { return (fs::read_symlink("/proc/self/exe").parent_path() / "crashwright").string(); }

class Place {
 public:
  Place() {
    char path[] = "/tmp/crashwright-engine-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root_ = path;
    put("counter", kCounter);
    put("check", kCheck);
  }
  ~Place() {
    std::error_code none;
    fs::remove_all(root_, none);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void put(const std::string& name, const std::string& text) const {
    BOOST_REQUIRE(write_file(root_ + "/" + name, text).has_value());
    BOOST_REQUIRE(::chmod((root_ + "/" + name).c_str(), 0755) == 0);
  }

  // Exit code of a run of the counter with these faults; what it said is in said().
  int run(const std::string& faults, const std::string& more = {}) {
    return run_engine("[./counter]", "[./check]", faults, more);
  }
  int run_engine(const std::string& command, const std::string& check, const std::string& faults,
                 const std::string& more = {}) {
    return run_scenario("engine:\n  command: " + command + "\n  check: " + check + "\nfaults:\n" + faults + more);
  }
  int run_scenario(const std::string& keys) {
    put("x.yaml", "name: x\n" + keys);
    const std::string line = "cd " + root_ + " && CRASHWRIGHT_STATE_DIR=" + root_ + "/state " + program() +
                             " run x.yaml --keep --out " + root_ + "/out > said 2>&1";
    const int status = std::system(line.c_str());
    said_ = read_file(root_ + "/said").value_or("");
    if (said_.find("SKIPPED") != std::string::npos) std::printf("SKIPPED: %s\n", said_.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] const std::string& said() const { return said_; }
  [[nodiscard]] bool skipped() const { return said_.find("SKIPPED") != std::string::npos; }
  // The facts of the case, and lines of its journal as the first start left it.
  [[nodiscard]] std::string facts() const { return read_file(folder() + "/facts.json").value_or(""); }
  [[nodiscard]] std::string left(const std::string& file) const {
    return read_file(folder() + "/inc0/" + file).value_or("");
  }
  [[nodiscard]] bool proved(const std::string& proof) const { return facts().find(proof) != std::string::npos; }

 private:
  std::string folder() const { return root_ + "/out/latest/x.foreign"; }

  std::string root_;
  std::string said_;
};

long lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

BOOST_AUTO_TEST_CASE(an_engine_is_killed_at_a_line_that_it_prints) {
  Place place;
  BOOST_TEST(place.run("  - sigkill: {output: counted 40}\n") == 0, place.said());
  BOOST_TEST(place.proved("wait status SIGKILL, sent by the harness"), place.facts());
  BOOST_TEST(lines(place.left("data/journal")) >= 40);
  BOOST_TEST(lines(place.left("data/journal")) < 4000);
}

BOOST_AUTO_TEST_CASE(an_engine_is_killed_so_long_after_its_start) {
  Place place;
  BOOST_TEST(
      place.run_engine("[sh, -c, \"while :; do ./counter 5; done\"]", "[./check]", "  - sigkill: {after: 30ms}\n") == 0,
      place.said());
  BOOST_TEST(place.proved("wait status SIGKILL, sent by the harness"), place.facts());
}

BOOST_AUTO_TEST_CASE(any_signal_is_sent_and_an_engine_that_handles_it_may_end_in_order) {
  Place place;
  BOOST_TEST(place.run("  - signal: {signal: SIGHUP, output: counted 20}\n") == 0, place.said());
  BOOST_TEST(place.proved("wait status SIGHUP, sent by the harness"), place.facts());
  place.put("counter", std::string("#!/bin/sh\ntrap 'echo bye; exit 0' TERM\n") + (kCounter + 10));
  BOOST_TEST(place.run("  - signal: {signal: SIGTERM, output: counted 20}\n", "expect: {outcome: finish}\n") == 0,
             place.said());
  BOOST_TEST(place.proved("it has a handler for SIGTERM, and then: wait status exit status 0"), place.facts());
  BOOST_TEST(place.left("stdout.txt").find("bye\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_engine_is_stopped_and_goes_on) {
  Place place;
  BOOST_TEST(place.run("  - sigstop: {output: counted 20, for: 50ms}\n") == 0, place.said());
  BOOST_TEST(place.proved("state T in /proc"), place.facts());
  BOOST_TEST(lines(place.left("data/journal")) == 4000);
}

BOOST_AUTO_TEST_CASE(a_function_is_stopped_at_by_name_and_crashes_for_real) {
  Place place;
  const std::string victim = "[" BREAKPOINT_VICTIM ", orders, \"50\"]";
  BOOST_TEST(
      place.run_engine(victim, "[\"true\"]", "  - null_call: {function: \"victim::place_order\", hit: 17}\n") == 0,
      place.said());
  BOOST_TEST(place.proved("wait status SIGSEGV"), place.facts());
  BOOST_TEST(place.said().find("NULL_DEREF") != std::string::npos, place.said());
  BOOST_TEST(lines(place.left("stdout.txt")) == 16);
  BOOST_TEST(place.proved("\"core_way\": \"outside\""), place.facts());
}

BOOST_AUTO_TEST_CASE(a_signal_goes_to_the_thread_that_stands_at_the_function) {
  Place place;
  const std::string victim = "[" BREAKPOINT_VICTIM ", orders, \"50\"]";
  BOOST_TEST(place.run_engine(victim, "[\"true\"]",
                              "  - signal: {signal: SIGABRT, function: \"victim::place_order\", hit: 3}\n") == 0,
             place.said());
  BOOST_TEST(place.proved("wait status SIGABRT, sent by the harness"), place.facts());
  BOOST_TEST(lines(place.left("stdout.txt")) == 2);
}

BOOST_AUTO_TEST_CASE(a_function_that_is_not_there_makes_the_case_inconclusive_and_says_so) {
  Place place;
  const std::string victim = "[" BREAKPOINT_VICTIM ", orders, \"5\"]";
  BOOST_TEST(place.run_engine(victim, "[\"true\"]", "  - sigkill: {function: \"victim::place_odrer\"}\n") == 3,
             place.said());
  BOOST_TEST(place.said().find("never fired") != std::string::npos, place.said());
}

BOOST_AUTO_TEST_CASE(the_kernel_enforces_a_limit_from_the_start) {
  Place place;
  BOOST_TEST(place.run("  - limit: {file_size: 100B}\n", "expect: {skip: rca}\n") == 0, place.said());
  BOOST_TEST(place.proved("the kernel enforces bytes of a file of 100"), place.facts());
  BOOST_TEST(place.left("data/journal").size() <= 100U);
}

BOOST_AUTO_TEST_CASE(an_engine_in_a_memory_cgroup_is_killed_by_the_kernel) {
  Place place;
  const int code = place.run_engine("[/usr/bin/python3, -c, \"b'x' * (300 << 20)\"]", "[\"true\"]",
                                    "  - memory_limit: {limit: 64MiB}\n");
  if (place.skipped()) return;
  BOOST_TEST(code == 0, place.said());
  BOOST_TEST(place.proved("the cgroup counts 1 OOM kill"), place.facts());
}

BOOST_AUTO_TEST_CASE(what_was_acknowledged_and_lost_fails_with_the_checkers_reason) {
  Place place;
  BOOST_TEST(place.run_engine("[./counter]", "[sh, -c, 'rm -f journal; exec ./check']",
                              "  - sigkill: {output: counted 40}\n") == 1,
             place.said());
  BOOST_TEST(place.said().find("acknowledged: acknowledged and lost: 1") != std::string::npos, place.said());
}

BOOST_AUTO_TEST_CASE(a_checker_that_errs_is_an_error_and_never_a_pass) {
  Place place;
  BOOST_TEST(
      place.run_engine("[./counter]", "[sh, -c, \"echo no disk; exit 9\"]", "  - sigkill: {output: counted 40}\n") == 5,
      place.said());
  BOOST_TEST(place.said().find("the checker could not judge: exit status 9: no disk") != std::string::npos,
             place.said());
}

BOOST_AUTO_TEST_CASE(a_python_checker_that_cannot_run_is_an_error_and_any_other_end_of_it_is_told) {
  Place place;
  const auto with = [&](const std::string& exception) {
    place.put("check",
              "#!/bin/sh\necho 'Traceback (most recent call last):' >&2\necho '  File \"check.py\"' >&2\necho \"" +
                  exception + "\" >&2\nexit 1\n");
    return place.run("  - sigkill: {output: counted 40}\n");
  };
  BOOST_TEST(with("ModuleNotFoundError: No module named 'nosuch'") == 5, place.said());
  BOOST_TEST(place.said().find("ModuleNotFoundError: No module named 'nosuch'") != std::string::npos, place.said());
  BOOST_TEST(with("KeyError: 'AAPL'") == 1, place.said());
  BOOST_TEST(place.said().find("acknowledged: uncaught exception: KeyError: 'AAPL'") != std::string::npos,
             place.said());
}

BOOST_AUTO_TEST_CASE(a_recovery_that_changes_what_it_recovered_is_found) {
  Place place;
  BOOST_TEST(place.run_scenario("engine:\n  command: [./counter]\n  recover: [sh, -c, \"echo 0 >> journal\"]\n"
                                "  dump_state: [cat, journal]\nfaults:\n  - sigkill: {output: counted 40}\n") == 1,
             place.said());
  BOOST_TEST(place.said().find("state_recovery: recovering what was recovered changes the state") != std::string::npos,
             place.said());
}

BOOST_AUTO_TEST_CASE(each_start_goes_on_from_what_the_one_before_left) {
  Place place;
  BOOST_TEST(place.run("  - sigkill: {output: counted 40}\n  - sigkill: {output: counted 2500}\n") == 0, place.said());
  BOOST_TEST(lines(place.left("data/journal")) < 2500);
  BOOST_TEST(lines(place.left("../inc1/data/journal")) >= 2500);
}

BOOST_AUTO_TEST_CASE(a_power_loss_takes_what_was_not_synced_and_the_checker_finds_it) {
  Place place;
  const int code = place.run("  - power_loss: {output: counted 40}\n", "storage: {profile: E}\n");
  if (place.skipped()) return;
  BOOST_TEST(code == 1, place.said());
  BOOST_TEST(place.said().find("acknowledged and lost") != std::string::npos, place.said());
}
