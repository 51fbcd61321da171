// Goal: what an engine of one's own left behind is judged by its own commands, the same at the time of the run and
// later; no answer is taken for a better one than it is.
// Method: the real crashwright on scenarios of tiny programs.
#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/engine_place.h"

using namespace crashwright::testing;

BOOST_AUTO_TEST_CASE(a_dump_that_fails_is_told_with_its_command) {
  Place place;
  BOOST_TEST(place.run_scenario("engine:\n  command: [./counter]\n  dump_state: [sh, -c, \"exit 3\"]\n"
                                "faults:\n  - sigkill: {output: counted 40}\n") == 1,
             place.said());
  BOOST_TEST(place.said().find("no state, `sh -c exit 3` ended so: exit status 3") != std::string::npos, place.said());
}

BOOST_AUTO_TEST_CASE(an_engine_that_acknowledged_nothing_is_no_pass_unless_the_scenario_says_so) {
  Place place;
  BOOST_TEST(place.run_engine("[sleep, \"60\"]", "[./check]", "  - sigkill: {after: 30ms}\n") == 3, place.said());
  BOOST_TEST(place.said().find("acknowledged: the engine died before its first line `ack TOKEN`") != std::string::npos,
             place.said());
  BOOST_TEST(
      place.run_engine("[sleep, \"60\"]", "[./check]\n  acknowledges: false", "  - sigkill: {after: 30ms}\n") == 0,
      place.said());
}

BOOST_AUTO_TEST_CASE(an_engine_may_survive_an_error_or_die_of_it) {
  Place place;
  place.put("steadfast",
            "#!/bin/sh\nfor i in $(seq 80); do\n  echo $i >> journal && echo \"ack $i\" >&$CRASHWRIGHT_ACK_FD\n"
            "  echo \"tried $i\"\ndone\n");
  for (const char* const fault : {"enospc", "eio_write", "read_only", "short_write"}) {
    for (const char* const engine : {"[./steadfast]", "[./counter]"}) {
      const int code = place.run_scenario(
          std::string("engine:\n  command: ") + engine +
          "\n  recover: [sh, -c, \"echo recovered >> journal; touch recovered\"]\n  check: [./check]\nfaults:\n  - " +
          fault + ": {file: journal, hit: 20}\nexpect: {recovery_time: 30s}\n");
      if (place.skipped()) return;
      BOOST_TEST(code == 0, place.said());
    }
  }
}

BOOST_AUTO_TEST_CASE(the_power_may_go_after_an_error_that_the_engine_survived) {
  Place place;
  place.put("steadfast.py",
            "#!/usr/bin/env python3\nimport os\nflags = os.O_CREAT | os.O_WRONLY | os.O_APPEND\n"
            "f = os.open('journal', flags)\nd = os.open('.', 0)\nfor i in range(90):\n  os.write(f, b'%d\\n' % i)\n"
            "  try:\n    os.fsync(f)\n    os.fsync(d)\n    print('ack', i, flush=True)\n"
            "  except OSError:\n    print('in doubt', flush=True)\n  print('did', i, flush=True)\n");
  const int code = place.run_engine("[./steadfast.py]", "[./check]",
                                    "  - eio_fsync: {file: journal, hit: 20}\n  - power_loss: {output: did 60}\n",
                                    "storage: {profile: E}\n");
  if (place.skipped()) return;
  BOOST_TEST(code == 0, place.said());
  BOOST_TEST(place.said().find("KILLED_BY_HARNESS") != std::string::npos, place.said());
}

BOOST_AUTO_TEST_CASE(the_case_is_judged_again_from_what_was_kept) {
  Place place;
  const std::string programs = "engine:\n  command: [./counter]\n  recover: [\"true\"]\n  dump_state: [cat, journal]\n";
  const std::string killed = "faults:\n  - sigkill: {output: counted 40}\n";
  BOOST_TEST(place.run_scenario(programs + "  check: [./check]\n" + killed) == 0, place.said());
  BOOST_TEST(place.call("verify " + place.folder()) == 0, place.said());
  for (const char* const promise : {"acknowledged", "recovery ", "state_recovery", "recovery_time", "rca "}) {
    BOOST_TEST(place.said().find(std::string("PASS           ") + promise) != std::string::npos, place.said());
  }
  BOOST_TEST(place.run_scenario(programs + "  check: [sh, -c, 'rm -f journal; exec ./check']\n" + killed) == 1,
             place.said());
  BOOST_TEST(place.call("verify " + place.folder()) == 1, place.said());
  BOOST_TEST(place.said().find("acknowledged: acknowledged and lost: 1") != std::string::npos, place.said());
  fs::remove(place.folder() + "/answers.json");
  BOOST_TEST(place.call("verify " + place.folder()) == 2, place.said());
  BOOST_TEST(place.said().find("answers.json") != std::string::npos, place.said());
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

BOOST_AUTO_TEST_CASE(a_checker_that_errs_hides_no_broken_promise_and_is_told_the_same_later) {
  Place place;
  const std::string killed = "faults:\n  - sigkill: {output: counted 40}\n";
  BOOST_TEST(place.run_scenario("engine:\n  command: [./counter]\n  check: [sh, -c, \"exit 9\"]\n" + killed) == 5,
             place.said());
  BOOST_TEST(place.call("verify " + place.folder()) == 5, place.said());
  BOOST_TEST(place.run_scenario("engine:\n  command: [./counter]\n  recover: [sh, -c, \"echo damaged; exit 4\"]\n"
                                "  check: [sh, -c, \"exit 9\"]\n" +
                                killed) == 1,
             place.said());
  BOOST_TEST(place.said().find("recovery: exit status 4: damaged") != std::string::npos, place.said());
}

BOOST_AUTO_TEST_CASE(what_outlives_the_engine_is_ended_before_anything_is_judged_and_told) {
  Place place;
  BOOST_TEST(place.run_engine("[sh, -c, \"(./counter; sleep 60); exit 0\"]", "[./check]",
                              "  - signal: {signal: SIGTERM, output: counted 40}\n") == 1,
             place.said());
  BOOST_TEST(place.said().find("cleanliness: left behind: process ") != std::string::npos, place.said());
  BOOST_TEST(place.said().find("of the engine, which ran on when that had ended") != std::string::npos, place.said());
}

BOOST_AUTO_TEST_CASE(an_engine_may_take_a_signal_for_a_request) {
  Place place;
  const auto ends = [&](const std::string& how) {
    place.put("polite", "#!/bin/sh\ntrap '" + how + "' TERM\n" + (kCounter + 10));
    return place.run_scenario(
        "engine:\n  command: [./polite]\n  recover: [\"true\"]\n  check: [./check]\nfaults:\n"
        "  - signal: {signal: SIGTERM, output: counted 20}\n");
  };
  BOOST_TEST(ends("exit 0") == 0, place.said());
  BOOST_TEST(ends("exit 3") == 0, place.said());
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

BOOST_AUTO_TEST_CASE(a_power_loss_takes_what_was_not_synced_and_the_checker_finds_it) {
  Place place;
  const int code = place.run("  - power_loss: {output: counted 40}\n", "storage: {profile: E}\n");
  if (place.skipped()) return;
  BOOST_TEST(code == 1, place.said());
  BOOST_TEST(place.said().find("acknowledged and lost") != std::string::npos, place.said());
  BOOST_TEST(place.said().find("(power lost on profile E)") != std::string::npos, place.said());
}
