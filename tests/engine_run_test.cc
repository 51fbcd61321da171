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

BOOST_AUTO_TEST_CASE(a_fault_that_never_fires_is_inconclusive_and_says_what_was_seen_instead) {
  Place place;
  const std::string victim = "[" BREAKPOINT_VICTIM ", orders, \"5\"]";
  const auto seen = [&](const std::string& command, const std::string& fault, const std::string& text) {
    BOOST_TEST(place.run_engine(command, "[\"true\"]", "  - " + fault + "\n") == 3, place.said());
    BOOST_TEST(place.proved(text), place.facts());
    BOOST_TEST(place.said().find("never fired") != std::string::npos, place.said());
    for (const char* const noise : {"FAIL", "session.messages"}) {
      BOOST_TEST(place.said().find(noise) == std::string::npos, place.said());
    }
  };
  seen(victim, "sigkill: {function: \"victim::place_odrer\"}", "did you mean \\\"victim::place_order\\\"?");
  seen(victim, "null_call: {function: \"victim::place_order\", hit: 20}",
       "victim::place_order was called 5 times, it waits for call 20");
  seen(victim, "sigkill: {output: plcaed}", "no line had this text; the last line was \\\"placed 5\\\"");
  seen(victim, "sigkill: {output: placed, hit: 9}", "5 lines had this text, it waits for line 9");
  seen(victim, "sigkill: {after: 60s}", "the engine ended after ");
  seen(victim, "sigkill: {at: gateway.send_order}", "the engine did not attach to the control block");
  seen("[./counter, \"5\"]", "null_call: {function: main}", "counter is a script");
  seen(victim, "sigkill: {function: \"victim::place_order\", hit: 3}\n  - missing_file: {file: jurnal}",
       "jurnal: nothing to remove");
}

BOOST_AUTO_TEST_CASE(a_start_that_no_death_led_to_is_told) {
  Place place;
  BOOST_TEST(place.run("  - sigkill: {output: counted 40}\n  - sigkill: {output: nothing}\n"
                       "  - sigkill: {output: counted 90}\n") == 3,
             place.said());
  BOOST_TEST(place.proved("it waits for start 2 of the engine, which never came: start 1 ended in order"),
             place.facts());
}

BOOST_AUTO_TEST_CASE(the_kernel_enforces_a_limit_from_the_start) {
  Place place;
  BOOST_TEST(place.run("  - limit: {file_size: 100B}\n") == 0, place.said());
  BOOST_TEST(place.proved("the kernel enforces bytes of a file of 100: wait status SIGXFSZ"), place.facts());
  BOOST_TEST(place.left("data/journal").size() <= 100U);
  BOOST_TEST(place.said().find("RESOURCE_LIMIT") != std::string::npos, place.said());
}

BOOST_AUTO_TEST_CASE(a_limit_is_proved_by_what_the_kernel_refuses) {
  Place place;
  const auto proved = [&](const std::string& program, const std::string& limit, const std::string& text) {
    BOOST_TEST(place.run_engine("[/usr/bin/python3, -c, \"" + program + "\"]", "[\"true\"]",
                                "  - limit: {" + limit + "}\n") == 0,
               place.said());
    BOOST_TEST(place.proved(text), place.facts());
  };
  proved("open('x', 'wb', 0).write(b'x' * 300); exit(3)", "file_size: 200B", "a write was cut short at it");
  proved("f = [open('/dev/null') for i in range(90)]", "descriptors: 64", "a call was refused with EMFILE");
  proved("b'x' * (1 << 30)", "address_space: 512MiB", "a call was refused with ENOMEM");
  proved("while True: pass", "cpu_time: 1s", "wait status SIGXCPU");
}

BOOST_AUTO_TEST_CASE(a_limit_that_was_never_reached_is_inconclusive) {
  Place place;
  for (const char* const limit : {"cpu_time: 60s", "file_size: 1GiB", "descriptors: 500"}) {
    BOOST_TEST(place.run_engine("[./counter, \"20\"]", "[./check]", std::string("  - limit: {") + limit + "}\n") == 3,
               place.said());
    BOOST_TEST(place.proved("the limit was never reached: the kernel refused nothing for it"), place.facts());
    BOOST_TEST(place.said().find("FAIL") == std::string::npos, place.said());
  }
}

BOOST_AUTO_TEST_CASE(a_memory_limit_that_was_never_reached_is_inconclusive) {
  Place place;
  const int code = place.run_engine("[./counter, \"20\"]", "[./check]", "  - memory_limit: {limit: 64MiB}\n");
  if (place.skipped()) return;
  BOOST_TEST(code == 3, place.said());
  BOOST_TEST(place.proved("the limit was never reached: the engine used "), place.facts());
  BOOST_TEST(place.said().find("FAIL") == std::string::npos, place.said());
}

BOOST_AUTO_TEST_CASE(a_storage_fault_meets_the_write_that_hit_counts_to) {
  Place place;
  const int code = place.run("  - flipped_write: {file: journal, hit: 20}\n");
  if (place.skipped()) return;
  BOOST_TEST(code == 1, place.said());
  BOOST_TEST(place.said().find("acknowledged: acknowledged and lost: 20") != std::string::npos, place.said());
  BOOST_TEST(place.proved("storage layer: a bit of byte 1 of the write was changed"), place.facts());
  BOOST_TEST(place.run("  - eio_write: {file: journal, output: counted 30}\n") == 0, place.said());
  const long written = lines(place.left("data/journal"));
  BOOST_TEST(written >= 30);
  BOOST_TEST(written < 4000);
  BOOST_TEST(place.run("  - flipped_write: {file: journal, hit: 9000}\n") == 3, place.said());
  BOOST_TEST(place.proved(" writes of journal were seen, it waits for write 9000"), place.facts());
}

BOOST_AUTO_TEST_CASE(a_torn_write_is_known_by_the_storage_layers_word) {
  Place place;
  place.put("recover", "#!/bin/sh\nsed -i '/^$/d; $ { /x$/! d }' journal\n");
  place.put("writer",
            "#!/bin/sh\nfor i in $(seq 10 80); do\n  echo order-$i-x >> journal\n"
            "  echo \"ack order-$i-x\" >&$CRASHWRIGHT_ACK_FD\n  echo \"did $i\"\ndone\n");
  for (const char* const when : {"hit: 20", "output: did 40"}) {
    const int code = place.run_scenario(
        std::string("engine:\n  command: [./writer]\n  recover: [./recover]\n  check: [./check]\nfaults:\n"
                    "  - torn_write: {file: journal, ") +
        when + "}\n");
    if (place.skipped()) return;
    BOOST_TEST(code == 0, place.said());
    BOOST_TEST(place.said().find("TORN_WRITE") != std::string::npos, place.said());
    // Of eleven bytes, which is less than is kept of a long write.
    BOOST_TEST(place.proved("storage layer: 5 bytes of the write were kept, and it was never answered"), place.facts());
    BOOST_TEST(place.left("data/journal").ends_with("\norder"), place.left("data/journal"));
  }
}

BOOST_AUTO_TEST_CASE(a_dump_that_fails_is_told_with_its_command) {
  Place place;
  BOOST_TEST(place.run_scenario("engine:\n  command: [./counter]\n  dump_state: [sh, -c, \"exit 3\"]\n"
                                "faults:\n  - sigkill: {output: counted 40}\n") == 1,
             place.said());
  BOOST_TEST(place.said().find("no state, `sh -c exit 3` ended so: exit status 3") != std::string::npos, place.said());
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
  BOOST_TEST(place.said().find("(power lost on profile E)") != std::string::npos, place.said());
}
