// Goal: a campaign is split, put together again, compared and repeated, with the real engine and exchange.
// Method: the programs lie beside this test; sessions are short.

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "harness/cli/exit_code.h"
#include "harness/cli/testing/command_folder.h"

namespace crashwright::harness::cli {
namespace {

using testing::Answer;
using testing::CommandFolder;
using testing::contains;
using testing::unfolded;

std::string control(const std::string& name) { return "name: " + name + "\nsession: {messages: 300}\n"; }

// Three controls and one scenario that expects the wrong cause.
void write_scenarios(const CommandFolder& folder) {
  std::filesystem::create_directory(folder.path + "/s");
  for (const char* const name : {"one", "two", "three"}) {
    static_cast<void>(folder.file(std::string("s/") + name + ".yaml", control(name)));
  }
  static_cast<void>(folder.file("s/wrong.yaml",
                                "name: wrong\nsession: {messages: 300}\nfaults:\n"
                                "  - abort: {at: feed.message, hit: 50}\nexpect: {rca: {cause: FPE}}\n"));
}

Answer run_into(const CommandFolder& folder, const std::string& out, std::vector<std::string> options = {}) {
  std::vector<std::string> arguments = {"run", folder.path + "/s", "--out", folder.path + "/" + out};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return folder.run(arguments);
}

}  // namespace

BOOST_AUTO_TEST_CASE(shares_merge_into_what_one_machine_says) {
  const CommandFolder folder;
  write_scenarios(folder);
  const Answer whole = run_into(folder, "whole");
  BOOST_TEST(whole.code == kExitBroken);
  std::vector<std::string> merge = {"merge", "--out", folder.path + "/merged", "--junit", folder.path + "/all.xml"};
  for (const char* const shard : {"1/3", "2/3", "3/3"}) {
    const std::string out = std::string("share") + shard[0];
    const Answer answer = run_into(folder, out, {"--shard", shard});
    BOOST_TEST((answer.code == kExitPassed || answer.code == kExitBroken), answer.err);
    BOOST_TEST(contains(answer.out, "note: share " + std::string(1, shard[0]) + " of 3 (--shard)"));
    merge.push_back(folder.path + "/" + out);
  }
  const Answer merged = folder.run(merge);
  BOOST_TEST(merged.code == kExitBroken);
  BOOST_TEST(contains(merged.out, "3 passed, 1 failed in "));
  BOOST_TEST(folder.text("all.xml") == folder.text("merged/junit.xml"));
  const Answer diff = folder.run({"diff", folder.path + "/whole", folder.path + "/merged"});
  BOOST_TEST(contains(diff.out, "0 worse, 0 better, 0 new, 0 gone, "));
  BOOST_TEST(diff.code == kExitPassed);

  merge.pop_back();
  const Answer incomplete = folder.run(merge);
  BOOST_TEST(contains(incomplete.out, "missing: share 3 of 3"));
  BOOST_TEST(incomplete.code != kExitPassed);
  BOOST_TEST(folder.run({"merge", folder.path + "/whole", "--out", folder.path + "/s"}).code == kExitUsage);
}

BOOST_AUTO_TEST_CASE(what_failed_is_repeated_as_it_was_whatever_became_of_its_file) {
  const CommandFolder folder;
  write_scenarios(folder);
  BOOST_TEST(run_into(folder, "out", {"--seed", "9"}).code == kExitBroken);
  std::filesystem::remove_all(folder.path + "/s");
  const Answer again = folder.run({"rerun", folder.path + "/out", "--out", folder.path + "/again"});
  BOOST_TEST(again.code == kExitBroken);
  BOOST_TEST(contains(again.out, "1 case, seed 9"));
  BOOST_TEST(contains(again.out, "1 failed in "));
  const Answer named =
      folder.run({"rerun", folder.path + "/out", "--case", "two.release", "--out", folder.path + "/third"});
  BOOST_TEST(named.code == kExitPassed);
  const Answer nothing = folder.run({"rerun", folder.path + "/third", "--out", folder.path + "/fourth"});
  BOOST_TEST(nothing.code == kExitNothing);
  const Answer unknown = folder.run({"rerun", folder.path + "/out", "--case", "two.relase"});
  BOOST_TEST(unknown.code == kExitUsage);
  BOOST_TEST(contains(unknown.err, "did you mean \"two.release\"?"));
}

BOOST_AUTO_TEST_CASE(a_file_that_changed_since_is_told_and_the_repetition_named_by_what_was_run) {
  const CommandFolder folder;
  write_scenarios(folder);
  BOOST_TEST(run_into(folder, "out", {"--seed", "9"}).code == kExitBroken);
  const std::vector<std::string> rerun = {"rerun", folder.path + "/out", "--out", folder.path + "/again"};
  const std::string file = folder.path + "/s/wrong.yaml";
  const Answer same = folder.run(rerun);
  BOOST_TEST(!contains(same.out, "since"), same.out);
  BOOST_TEST(contains(unfolded(same.out), "run " + file + " --seed 9"), same.out);

  const std::string text = folder.text("s/wrong.yaml");
  static_cast<void>(folder.file("s/wrong.yaml", text + "why: it was mended\n"));
  const Answer changed = folder.run(rerun);
  BOOST_TEST(contains(unfolded(changed.out), file + " has changed since: this repeats what was run"), changed.out);
  BOOST_TEST(contains(unfolded(changed.out), "/wrong.release/scenario.yaml --seed 9"), changed.out);
  BOOST_TEST(!contains(unfolded(changed.out), "run " + file), changed.out);

  std::filesystem::remove(file);
  BOOST_TEST(contains(unfolded(folder.run(rerun).out), file + " is gone since: this repeats what was run"));
}

BOOST_AUTO_TEST_CASE(an_engine_of_ones_own_is_repeated_with_the_programs_beside_its_file) {
  const CommandFolder folder;
  const auto program = [&](const std::string& name, const std::string& text) {
    static_cast<void>(folder.file(name, "#!/bin/sh\n" + text));
    std::filesystem::permissions(folder.path + "/" + name, std::filesystem::perms(0755));
  };
  program("engine.sh", "echo ack 1\nexec sleep 60\n");
  program("check.sh", "echo ack 1 is lost\nexit 1\n");
  const std::string text =
      "name: own\nengine: {command: [./engine.sh], check: [./check.sh]}\nfaults: [{sigkill: {output: ack 1}}]\n";
  const std::string file = folder.file("own.yaml", text);
  BOOST_TEST(folder.run({"run", file, "--out", folder.path + "/out"}).code == kExitBroken);
  static_cast<void>(folder.file("own.yaml", text + "why: it was mended\n"));
  const Answer again = folder.run({"rerun", folder.path + "/out", "--out", folder.path + "/again"});
  BOOST_TEST(contains(again.out, "ack 1 is lost"), again.out << again.err);
  BOOST_TEST(contains(again.out, "/own.foreign/repro.sh"), again.out);
  const std::string place = "again/latest/own.foreign/";
  BOOST_TEST(contains(folder.text(place + "repro.sh"), "export CRASHWRIGHT_PROGRAMS=" + folder.path + "$"));

  // What the script does, which would start this test in place of crashwright.
  const std::vector<std::string> script = {"run", folder.path + "/" + place + "scenario.yaml", "--out",
                                           folder.path + "/third"};
  BOOST_TEST(folder.run(script).code == kExitUsage);
  ::setenv("CRASHWRIGHT_PROGRAMS", folder.path.c_str(), 1);
  BOOST_TEST(contains(folder.run(script).out, "ack 1 is lost"));
  ::unsetenv("CRASHWRIGHT_PROGRAMS");
}

BOOST_AUTO_TEST_CASE(a_run_ends_at_the_failures_it_was_allowed) {
  const CommandFolder folder;
  write_scenarios(folder);
  const Answer answer =
      run_into(folder, "out", {"--fault", "abort", "--repeat", "3", "--max-fail", "1", "--jobs", "1"});
  BOOST_TEST(answer.code == kExitBroken);
  BOOST_TEST(contains(answer.out, "1 failed, 2 never started in "));
  BOOST_TEST(contains(answer.out, ", ended by --max-fail\n"));
}

BOOST_AUTO_TEST_CASE(rounds_with_the_next_seed_follow_until_the_time_is_over) {
  const CommandFolder folder;
  write_scenarios(folder);
  const Answer answer = run_into(folder, "out", {"--filter", "one", "--for", "2s", "--seed", "5"});
  BOOST_TEST(answer.code == kExitPassed);
  BOOST_TEST(contains(answer.out, ", ended by --for\n"));
  BOOST_TEST(contains(folder.text("out/latest/events.jsonl"), "\"case\":\"one.release.seed6\""));
}

BOOST_AUTO_TEST_CASE(a_setting_changes_every_scenario_and_is_kept_with_the_case) {
  const CommandFolder folder;
  write_scenarios(folder);
  const Answer answer = run_into(folder, "out", {"--filter", "one", "--set", "session.messages=200", "--keep"});
  BOOST_TEST(answer.code == kExitPassed);
  BOOST_TEST(folder.text("out/latest/one.release/scenario.yaml") == "name: one\nsession: {messages: 200}\n");
  const Answer mistyped = run_into(folder, "out", {"--filter", "one", "--set", "session.mesages=200"});
  BOOST_TEST(mistyped.code == kExitUsage);
  BOOST_TEST(contains(mistyped.err, "one.yaml with --set session.mesages=200:2:"));
  BOOST_TEST(contains(mistyped.err, "did you mean \"messages\"?"));
}

BOOST_AUTO_TEST_CASE(the_failures_come_again_at_the_end_with_cause_and_place) {
  const CommandFolder folder;
  write_scenarios(folder);
  const Answer answer = run_into(folder, "out", {"--fault", "abort", "--junit", folder.path + "/junit.xml"});
  BOOST_TEST(contains(answer.out, "  cause   ABORT, confidence 0."));
  BOOST_TEST(contains(answer.out, "  place   "));
  BOOST_TEST(contains(answer.out, ".cc:"));
  BOOST_TEST(contains(answer.out, "  folder  " + folder.path));
  BOOST_TEST(contains(answer.out, "  repeat  "));
  BOOST_TEST(!contains(answer.out, "\x1b"));
  BOOST_TEST(folder.text("junit.xml") == folder.text("out/latest/junit.xml"));
}

BOOST_AUTO_TEST_CASE(a_failing_case_is_shrunk_to_what_still_fails_the_same_way) {
  const CommandFolder folder;
  write_scenarios(folder);
  const std::string scenario = folder.file("big.yaml",
                                           "name: big\nsession: {messages: 2000, symbols: 4}\nfaults:\n"
                                           "  - abort: {at: feed.message, hit: 50}\n"
                                           "  - sigkill: {at: feed.message, hit: 9}\n"
                                           "expect: {rca: {cause: FPE}}\n");
  const std::string smallest = folder.path + "/smallest.yaml";
  const Answer answer = folder.run({"shrink", scenario, "--write", smallest, "--out", folder.path + "/out"});
  BOOST_TEST(answer.code == kExitPassed, answer.err);
  BOOST_TEST(contains(answer.out, "without fault 2 (sigkill)"));
  BOOST_TEST(contains(answer.out, "still fails"));
  BOOST_TEST(contains(folder.text("smallest.yaml"), "- abort: {at: feed.message, hit: 1}"));
  BOOST_TEST(!contains(folder.text("smallest.yaml"), "sigkill"));
  BOOST_TEST(folder.run({"run", smallest, "--out", folder.path + "/again"}).code == kExitBroken);
  const Answer good = folder.run({"shrink", folder.path + "/s/one.yaml", "--out", folder.path + "/out"});
  BOOST_TEST(good.code == kExitInconclusive);
  BOOST_TEST(contains(good.err, "one.release does not fail: "));
}

BOOST_AUTO_TEST_CASE(a_shrunk_scenario_runs_beside_the_one_it_came_from) {
  const CommandFolder folder;
  std::filesystem::create_directory(folder.path + "/s");
  const std::string scenario = folder.file("s/big.yaml",
                                           "name: it's big\nsession: {messages: 60}\nfaults:\n"
                                           "  - abort: {at: feed.message, hit: 5}\n"
                                           "expect: {rca: {cause: FPE}}\n");
  const std::string smallest = folder.path + "/s/smallest.yaml";
  const Answer answer = folder.run({"shrink", scenario, "--write", smallest, "--out", folder.path + "/out"});
  BOOST_TEST(answer.code == kExitPassed, answer.err);
  const Answer both = folder.run({"list", folder.path + "/s"});
  BOOST_TEST(both.code == kExitPassed, both.err);
  BOOST_TEST(contains(both.out, "2 scenarios"), both.out);
  // What is small already is not named twice.
  BOOST_TEST(folder.run({"shrink", smallest, "--write", smallest, "--out", folder.path + "/out"}).code == kExitPassed);
  BOOST_TEST(!contains(folder.text("s/smallest.yaml"), "smallest, smallest"));
}

BOOST_AUTO_TEST_CASE(a_case_whose_fault_never_fired_is_not_shrunk_into_one_without_it) {
  const CommandFolder folder;
  const std::string scenario = folder.file("never.yaml",
                                           "name: never\nsession: {messages: 60}\nfaults:\n"
                                           "  - sigkill: {at: gateway.send_order, hit: 20000}\n");
  const std::string smallest = folder.path + "/smallest.yaml";
  const Answer answer = folder.run({"shrink", scenario, "--write", smallest, "--out", folder.path + "/out"});
  BOOST_TEST(answer.code == kExitInconclusive);
  BOOST_TEST(contains(answer.err, "nothing failed that could be made smaller: "), answer.err);
  BOOST_TEST(contains(answer.err, "sigkill at gateway.send_order never fired\n"), answer.err);
  BOOST_TEST(contains(answer.err, "let the fault fire first"), answer.err);
  BOOST_TEST(!std::filesystem::exists(smallest));
}

BOOST_AUTO_TEST_CASE(only_scenarios_that_a_promise_judges) {
  const CommandFolder folder;
  static_cast<void>(folder.file("a.yaml", "name: a\nexpect: {skip: [handler]}\n"));
  static_cast<void>(folder.file("b.yaml", "name: b\n"));
  const Answer answer = folder.run({"list", folder.path + "/a.yaml", folder.path + "/b.yaml", "--verifier", "handler"});
  BOOST_TEST(answer.out == "b [release]  no fault\n1 case of 1 scenario\n");
  BOOST_TEST(folder.run({"list", folder.path + "/a.yaml", "--verifier", "handlr"}).code == kExitUsage);
}

}  // namespace crashwright::harness::cli
