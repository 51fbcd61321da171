// Goal: programs that know nothing of this project die by every fault that can be done to them from outside, at exactly
// the moment that the scenario names; and the proof is the kernel's.
// Method: the real crashwright on scenarios of tiny shell programs, and of a compiled one for breakpoints.
#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/engine_place.h"

using namespace crashwright::testing;

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

BOOST_AUTO_TEST_CASE(an_engine_may_use_the_whole_deadline_of_its_case) {
  Place place;
  BOOST_TEST(place.run_engine("[sh, -c, \"sleep 4.5; echo ack 1\"]", "[\"true\"]\n  acknowledges: true",
                              "  - sigstop: {after: 20ms, for: 10ms}\n", "deadline: 8s\n") == 0,
             place.said());
  BOOST_TEST(place.run_engine("[sleep, \"60\"]", kNoCheck, "  - sigkill: {output: never}\n", "deadline: 1s\n") == 3,
             place.said());
  BOOST_TEST(place.proved("it still ran at its deadline and was killed"), place.facts());
}

BOOST_AUTO_TEST_CASE(what_an_engine_has_started_is_killed_with_it) {
  Place place;
  BOOST_TEST(place.run_engine("[sh, -c, \"./counter; true\"]", "[./check]", "  - sigkill: {output: counted 40}\n") == 0,
             place.said());
  BOOST_TEST(lines(place.left("data/journal")) < 4000);
  BOOST_TEST(place.said().find("left behind") == std::string::npos, place.said());
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
  BOOST_TEST(place.run_engine(victim, kNoCheck, "  - null_call: {function: \"victim::place_order\", hit: 17}\n") == 0,
             place.said());
  BOOST_TEST(place.proved("wait status SIGSEGV"), place.facts());
  BOOST_TEST(place.said().find("NULL_DEREF") != std::string::npos, place.said());
  BOOST_TEST(lines(place.left("stdout.txt")) == 16);
  BOOST_TEST(place.proved("\"core_way\": \"outside\""), place.facts());
}

BOOST_AUTO_TEST_CASE(a_signal_goes_to_the_thread_that_stands_at_the_function) {
  Place place;
  const std::string victim = "[" BREAKPOINT_VICTIM ", orders, \"50\"]";
  BOOST_TEST(place.run_engine(victim, kNoCheck,
                              "  - signal: {signal: SIGABRT, function: \"victim::place_order\", hit: 3}\n") == 0,
             place.said());
  BOOST_TEST(place.proved("wait status SIGABRT, sent by the harness"), place.facts());
  BOOST_TEST(lines(place.left("stdout.txt")) == 2);
}

BOOST_AUTO_TEST_CASE(a_fault_that_never_fires_is_inconclusive_and_says_what_was_seen_instead) {
  Place place;
  const std::string victim = "[" BREAKPOINT_VICTIM ", orders, \"5\"]";
  const auto seen = [&](const std::string& command, const std::string& fault, const std::string& text) {
    BOOST_TEST(place.run_engine(command, kNoCheck, "  - " + fault + "\n") == 3, place.said());
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
       "there is no file jurnal, and no other one");
}

BOOST_AUTO_TEST_CASE(a_report_goes_where_it_was_meant_to_or_the_run_has_not_passed) {
  Place place;
  const auto junit = [&](const std::string& where) {
    place.put("x.yaml", "name: x\nengine:\n  command: [./counter, \"60\"]\n  check: [./check]\n");
    return place.call("run x.yaml --out " + place.root() + "/out --junit " + where);
  };
  BOOST_TEST(junit("/nodir/x.xml") == 10, place.said());
  place.put("real.xml", "old");
  fs::create_symlink("real.xml", place.root() + "/link.xml");
  BOOST_TEST(junit("link.xml") == 0, place.said());
  BOOST_TEST(fs::is_symlink(place.root() + "/link.xml"));
  BOOST_TEST(crashwright::read_file(place.root() + "/real.xml").value().find("<testsuites") != std::string::npos);
  BOOST_TEST(::mkfifo((place.root() + "/pipe").c_str(), 0600) == 0);
  BOOST_TEST(std::system(("cat " + place.root() + "/pipe > " + place.root() + "/piped &").c_str()) == 0);
  BOOST_TEST(junit("pipe") == 0, place.said());
  BOOST_TEST(fs::is_fifo(place.root() + "/pipe"));
}

BOOST_AUTO_TEST_CASE(a_start_that_no_death_led_to_is_told) {
  Place place;
  BOOST_TEST(place.run("  - sigkill: {output: counted 40}\n  - sigkill: {output: nothing}\n"
                       "  - sigkill: {output: counted 90}\n") == 3,
             place.said());
  BOOST_TEST(place.proved("it waits for start 2 of the engine, which never came: start 1 ended in order; "
                          "`incarnation: 1` has it in that start"),
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
    BOOST_TEST(
        place.run_engine("[/usr/bin/python3, -c, \"" + program + "\"]", kNoCheck, "  - limit: {" + limit + "}\n") == 0,
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

BOOST_AUTO_TEST_CASE(a_file_that_nobody_wrote_is_told_with_the_nearest_name) {
  Place place;
  BOOST_TEST(place.run("  - sigkill: {output: counted 40}\n  - bit_flip: {file: jurnal}\n") == 3, place.said());
  BOOST_TEST(place.proved("there is no file jurnal: did you mean \\\"journal\\\"?"), place.facts());
  const int code = place.run("  - torn_write: {file: jounral, hit: 20}\n");
  if (place.skipped()) return;
  BOOST_TEST(code == 3, place.said());
  BOOST_TEST(
      place.proved("0 writes of jounral were seen, it waits for write 20; there is no file jounral: did you mean"),
      place.facts());
}

BOOST_AUTO_TEST_CASE(an_engine_in_a_memory_cgroup_is_killed_by_the_kernel) {
  Place place;
  const int code = place.run_engine("[/usr/bin/python3, -c, \"b'x' * (300 << 20)\"]", kNoCheck,
                                    "  - memory_limit: {limit: 64MiB}\n");
  if (place.skipped()) return;
  BOOST_TEST(code == 0, place.said());
  BOOST_TEST(place.proved("the cgroup counts 1 OOM kill"), place.facts());
}

BOOST_AUTO_TEST_CASE(each_start_goes_on_from_what_the_one_before_left) {
  Place place;
  BOOST_TEST(place.run("  - sigkill: {output: counted 40}\n  - sigkill: {output: counted 2500}\n") == 0, place.said());
  BOOST_TEST(lines(place.left("data/journal")) < 2500);
  BOOST_TEST(lines(place.left("../inc1/data/journal")) >= 2500);
}
