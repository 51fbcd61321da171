// Goal: exit codes and texts of the commands that need no run, as a shell sees them.

#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/prove_table.h"
#include "harness/cli/testing/command_folder.h"
#include "harness/report/event_json.h"
#include "harness/report/testing/sample_run.h"

namespace crashwright::harness::cli {
namespace {

using verifiers::Outcome;

using testing::Answer;
using Folder = testing::CommandFolder;

size_t longest_line(const std::string& text) {
  size_t longest = 0;
  size_t start = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; start = end + 1, end = text.find('\n', start)) {
    longest = std::max(longest, end - start);
  }
  return longest;
}

constexpr const char* kGood = "name: a good one\ntags: [smoke]\nfaults:\n  - sigkill: {at: feed.message}\n";

}  // namespace

BOOST_AUTO_TEST_CASE(every_command_has_help_with_an_example_in_80_columns) {
  const Folder folder;
  for (const Command& command : all_commands()) {
    BOOST_TEST_CONTEXT(command.name) {
      const Answer answer = folder.run({command.name, "--help"});
      BOOST_TEST(answer.code == 0);
      BOOST_TEST(answer.out.rfind("Usage: crashwright ", 0) == 0);
      BOOST_TEST(longest_line(answer.out) <= 80);
      BOOST_TEST((answer.out.find("Examples:") != std::string::npos || std::string(command.name) == "version"));
    }
  }
  for (const char* const part : {"explore", "lint", "mount"}) {
    BOOST_TEST(longest_line(folder.run({"storage", part, "--help"}).out) <= 80);
  }
  const Answer all = folder.run({"--help"});
  BOOST_TEST(all.code == 0);
  BOOST_TEST(longest_line(all.out) <= 80);
  for (const Command& command : all_commands()) {
    BOOST_TEST(all.out.find(std::string("\n  ") + command.name + " ") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_mistyped_command_is_wrong_use_with_a_suggestion) {
  const Folder folder;
  const Answer answer = folder.run({"validte"});
  BOOST_TEST(answer.code == 2);
  BOOST_TEST(answer.err == "crashwright: no command \"validte\"\n  did you mean \"validate\"?\n");
  BOOST_TEST(folder.run({}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_mistyped_option_is_wrong_use_with_a_suggestion) {
  const Folder folder;
  const Answer answer = folder.run({"list", "--fromat", "json"});
  BOOST_TEST(answer.code == 2);
  BOOST_TEST(answer.err ==
             "crashwright list: no option --fromat\n  did you mean \"--format\"?\n  see: crashwright list --help\n");
}

BOOST_AUTO_TEST_CASE(of_two_options_as_near_the_one_that_keeps_more_of_what_was_typed_is_meant) {
  const Folder folder;
  BOOST_TEST(folder.run({"run", "--sed", "7"}).err.find("did you mean \"--seed\"?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(numbers_on_the_command_line_are_as_strict_as_in_scenarios) {
  const Folder folder;
  const std::string good = folder.file("good.yaml", kGood);
  BOOST_TEST(folder.run({"list", good, "--seed", "010"}).code == 2);
  BOOST_TEST(folder.run({"list", good, "--seed", "many"}).code == 2);
  BOOST_TEST(folder.run({"list", good, "--fault", "earthquake"}).code == 2);
  BOOST_TEST(folder.run({"run", good, "--jobs", "0"}).code == 2);
  BOOST_TEST(folder.run({"run", good, "--timeout", "50"}).code == 2);
}

BOOST_AUTO_TEST_CASE(an_invalid_scenario_ends_with_2_before_anything_runs) {
  const Folder folder;
  const std::string bad = folder.file("bad.yaml", "nme: x\n");
  for (const char* const command : {"run", "list", "validate"}) {
    const Answer answer = folder.run({command, bad, "--out", folder.path + "/out"});
    BOOST_TEST(answer.code == 2);
  }
  BOOST_TEST(folder.run({"validate", bad, "--no-engine"}).err.find("did you mean \"name\"?") != std::string::npos);
  BOOST_TEST(!std::filesystem::exists(folder.path + "/out"));
}

BOOST_AUTO_TEST_CASE(the_code_of_a_complaint_is_explained_with_an_example) {
  const Folder folder;
  const Answer answer = folder.run({"explain", "cw121"});
  BOOST_TEST(answer.code == 0);
  BOOST_TEST(answer.out.rfind("CW121: a number that two readers read differently\n", 0) == 0);
  BOOST_TEST(answer.out.find("    session: {messages: 010}\n") != std::string::npos);
  BOOST_TEST(folder.run({"explain", "121"}).out == answer.out);
  BOOST_TEST(longest_line(folder.run({"explain"}).out) <= 80);
  const Answer unknown = folder.run({"explain", "CW1211"});
  BOOST_TEST(unknown.code == 2);
  BOOST_TEST(unknown.err == "crashwright explain: no code \"CW1211\"\n  did you mean \"CW121\"?\n");
}

BOOST_AUTO_TEST_CASE(a_first_scenario_is_valid_and_never_overwritten) {
  const Folder folder;
  const std::string mine = folder.path + "/mine";
  BOOST_TEST(folder.run({"init", mine}).code == 0);
  BOOST_TEST(folder.run({"validate", mine, "--no-engine"}).code == 0);
  BOOST_TEST(folder.run({"init", mine}).code == 2);
  BOOST_TEST(folder.run({"init", folder.path + "/a", folder.path + "/b"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_plan_tells_what_the_seed_decides) {
  const Folder folder;
  const std::string file =
      folder.file("a.yaml", "name: at random\nfaults:\n  - sigkill: {at: feed.message, probability: 0.5}\n");
  const Answer seven = folder.run({"plan", file, "--seed", "7"});
  BOOST_TEST(seven.code == 0);
  BOOST_TEST(seven.out.find("sigkill at feed.message, at each passage with probability 0.5") != std::string::npos);
  BOOST_TEST(seven.out == folder.run({"plan", file, "--seed", "7"}).out);
  BOOST_TEST(seven.out != folder.run({"plan", file, "--seed", "8"}).out);
}

BOOST_AUTO_TEST_CASE(completion_scripts_name_every_command) {
  const Folder folder;
  for (const char* const shell : {"bash", "zsh", "fish"}) {
    const Answer answer = folder.run({"completion", shell});
    BOOST_TEST(answer.code == 0);
    for (const Command& command : all_commands()) BOOST_TEST(answer.out.find(command.name) != std::string::npos);
    BOOST_TEST(answer.out.find("@NAMES@") == std::string::npos);
    BOOST_TEST(answer.out.find("@DESCRIBED@") == std::string::npos);
  }
  BOOST_TEST(folder.run({"completion", "tcsh"}).code == 2);
  const std::string script = folder.file("completion.bash", folder.run({"completion", "bash"}).out);
  const std::string ask =
      "bash -c 'source " + script +
      "; COMP_WORDS=(crashwright va); COMP_CWORD=1; _crashwright; test \"${COMPREPLY[*]}\" = validate'";
  BOOST_TEST(std::system(ask.c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(nothing_selected_ends_with_4) {
  const Folder folder;
  const std::string good = folder.file("good.yaml", kGood);
  BOOST_TEST(folder.run({"list", good, "--filter", "zzz"}).code == 4);
  BOOST_TEST(folder.run({"run", good, "--tag", "zzz"}).code == 4);
  BOOST_TEST(folder.run({"list", good, "--build", "asan"}).code == 4);
  const auto other_build = folder.run({"run", good, "--build", "asan"});
  BOOST_TEST(other_build.code == 4);
  BOOST_TEST(other_build.err.find("`build: both`") != std::string::npos, other_build.err);
  BOOST_TEST(folder.run({"list", good, "--fault", "abort"}).code == 4);
}

BOOST_AUTO_TEST_CASE(a_repeatable_option_takes_one_word_at_a_time) {
  const Folder folder;
  const std::string good = folder.file("good.yaml", kGood);
  BOOST_TEST(folder.run({"list", "--tag", "smoke", good}).code == 0);
  BOOST_TEST(folder.run({"list", "--tag", "smoke", "--tag", "none", good}).code == 4);
  BOOST_TEST(folder.run({"list", "--tag", "smok", good}).err.find("tag \"smok\": did you mean \"smoke\"?") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(list_says_that_a_sweep_has_its_cases_when_it_is_run) {
  const Folder folder;
  const std::string swept = folder.file("x.yaml", "name: x\nsweep: {points: gateway.*}\nfaults:\n  - sigkill: {}\n");
  const std::string out = folder.run({"list", swept}).out;
  BOOST_TEST(out.find("x [release]  sweep: sigkill at the first, middle, last passage of gateway.*\n") == 0U, out);
  BOOST_TEST(out.find("A sweep counts as one here; ") != std::string::npos, out);
}

BOOST_AUTO_TEST_CASE(runs_are_listed_by_the_time_of_their_start_whatever_they_are_called) {
  const Folder folder;
  for (const auto& [name, second] : {std::pair("prove-1", 1U), std::pair("20261128-174850-1", 2U)}) {
    std::filesystem::create_directories(folder.path + "/runs/" + name);
    RunStarted started = harness::testing::sample_run({}).started;
    started.wall_ns = second * 1'000'000'000U;
    (void)folder.file(std::string("runs/") + name + "/events.jsonl", event_to_json(started) + "\n");
  }
  const Answer answer = folder.run({"runs", "--out", folder.path + "/runs"});
  BOOST_TEST(answer.out.find("prove-1") < answer.out.find("20261128-174850-1"), answer.out + answer.err);
}

BOOST_AUTO_TEST_CASE(list_shows_cases_and_plans) {
  const Folder folder;
  const std::string good = folder.file("good.yaml", kGood);
  const Answer human = folder.run({"list", good, "--tag", "smoke"});
  BOOST_TEST(human.code == 0);
  BOOST_TEST(human.out == "a good one [release]  sigkill at feed.message\n1 case of 1 scenario\n");
  const Answer json = folder.run({"list", good, "--format", "json"});
  BOOST_TEST(json.out.find("\"kind\": \"sigkill\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(list_and_plan_choose_cases_as_a_run_does) {
  const Folder folder;
  const std::string both = folder.file("both.yaml", std::string(kGood) + "build: both\n");
  for (const char* const command : {"list", "plan"}) {
    const Answer one = folder.run({command, both, "--case", "a-good-one.asan", "--format", "json"});
    BOOST_TEST(one.code == 0, one.err);
    BOOST_TEST(one.out.find("\"build\": \"asan\"") != std::string::npos);
    BOOST_TEST(one.out.find("\"build\": \"release\"") == std::string::npos);
    const Answer none = folder.run({command, both, "--case", "a-good-one.asn"});
    BOOST_TEST(none.code == 2);
    BOOST_TEST(none.err == "crashwright: no case \"a-good-one.asn\"\n  did you mean \"a-good-one.asan\"?\n");
    BOOST_TEST(folder.run({command, both, "--set", "session.messages=77", "--format", "json"}).out.find("77") !=
               std::string::npos);
  }
  const Answer first = folder.run({"list", both, "--shard", "1/2"});
  const Answer second = folder.run({"list", both, "--shard", "2/2"});
  const size_t cases = static_cast<size_t>(first.out.find("sigkill at") != std::string::npos) +
                       static_cast<size_t>(second.out.find("sigkill at") != std::string::npos);
  BOOST_TEST(cases >= 1U);
  BOOST_TEST(folder.run({"list", both, "--shard", "3/2"}).code == 2);
}

BOOST_AUTO_TEST_CASE(mistakes_are_there_for_machines_too) {
  const Folder folder;
  const std::string bad = folder.file("bad.yaml", "name: x\nsession: {mesages: 5}\n");
  const Answer answer = folder.run({"validate", bad, "--no-engine", "--format", "json"});
  BOOST_TEST(answer.code == 2);
  for (const char* const part : {"\"line\": 2", "\"column\": 11", "\"width\": 7", "\"code\": \"CW110\"",
                                 "\"hint\": \"did you mean \\\"messages\\\"?\""}) {
    BOOST_TEST(answer.out.find(part) != std::string::npos, part << " in " << answer.out);
  }
  const Answer good = folder.run({"validate", folder.file("good.yaml", kGood), "--no-engine", "--format", "json"});
  BOOST_TEST(good.code == 0);
  BOOST_TEST(good.out == "[]\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_told_at_its_name) {
  const Folder folder;
  const std::string file = folder.file(
      "own.yaml",
      "name: x\nengine:\n  command: [./engine, run]\n  check: [true]\nfaults:\n  - sigkill: {after: 1ms}\n");
  const Answer answer = folder.run({"validate", file});
  if (answer.code == 10) return;  // no mock engine beside this test
  BOOST_TEST(answer.code == 2);
  BOOST_TEST(answer.err.find("own.yaml:3:13: error CW139: engine.command: no program \"./engine\" that can be run") !=
                 std::string::npos,
             answer.err);
  static_cast<void>(folder.file("engine", "#!/bin/sh\n"));
  BOOST_TEST(folder.run({"validate", file}).err.find("chmod +x") != std::string::npos);
  std::filesystem::permissions(folder.path + "/engine", std::filesystem::perms(0755));
  BOOST_TEST(folder.run({"validate", file}).code == 0);
}

BOOST_AUTO_TEST_CASE(words_of_a_command_are_suggested_and_what_is_listed_can_be_asked_for) {
  const Folder folder;
  BOOST_TEST(folder.run({"storage", "explor"}).err ==
             "crashwright: no `storage explor`\n  did you mean \"explore\"?\n");
  BOOST_TEST(folder.run({"audit", "verfy", "x"}).err ==
             "crashwright: audit: unknown action \"verfy\"\n  did you mean \"verify\"?\n");
  BOOST_TEST(folder.run({"faults", "sigkil"}).err == "crashwright: no fault \"sigkil\"\n  did you mean \"sigkill\"?\n");
  BOOST_TEST(folder.run({"explain", "sigkill"}).err.find("crashwright faults sigkill") != std::string::npos);
  const Answer fault = folder.run({"faults", "power_loss"});
  BOOST_TEST(fault.code == 0);
  BOOST_TEST(fault.out.find("stands for") != std::string::npos);
  BOOST_TEST(longest_line(fault.out) <= 80);
  BOOST_TEST(folder.run({"faults", "memory", "--format", "json"}).out.find("\"name\": \"wild_read\"") !=
             std::string::npos);
  const Answer promise = folder.run({"verifiers", "rca", "--format", "json"});
  BOOST_TEST(promise.out.find("\"witness\": \"what was injected\"") != std::string::npos);
  BOOST_TEST(folder.run({"verifiers", "rcaa"}).code == 2);
}

BOOST_AUTO_TEST_CASE(validate_without_an_engine_says_what_it_did_not_check) {
  const Folder folder;
  const Answer answer = folder.run({"validate", folder.file("good.yaml", kGood), "--no-engine"});
  BOOST_TEST(answer.code == 0);
  BOOST_TEST(answer.out == "1 scenario is valid; names of fault points and of programs were not checked\n");
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_no_run_is_wrong_use) {
  const Folder folder;
  BOOST_TEST(folder.run({"report", folder.path}).code == 2);
  BOOST_TEST(folder.run({"verify", folder.path}).code == 2);
  BOOST_TEST(folder.run({"autopsy"}).code == 2);
  BOOST_TEST(folder.run({"autopsy", "--text", folder.path + "/none"}).code == 2);
}

BOOST_AUTO_TEST_CASE(autopsy_gives_json_by_its_own_flag_and_by_format_alike) {
  const Folder folder;
  const std::string text = folder.file("abort.txt", "double free or corruption (fasttop)\nAborted (core dumped)\n");
  const Answer flag = folder.run({"autopsy", "--json", "--text", text});
  BOOST_TEST(flag.code == 0);
  BOOST_TEST(flag.out.find("\"cause\": \"DOUBLE_FREE\"") != std::string::npos);
  BOOST_TEST(folder.run({"autopsy", "--format", "json", "--text", text}).out == flag.out);
}

BOOST_AUTO_TEST_CASE(coverage_of_what_recorded_none_is_refused_with_the_reason) {
  const Folder folder;
  const Answer no_run = folder.run({"faults", "--coverage", folder.path});
  BOOST_TEST(no_run.code == 2);
  BOOST_TEST(no_run.err.find("name the folder of a run: it holds events.jsonl") != std::string::npos);
  static_cast<void>(folder.file("events.jsonl", R"({"event":"run_started","version":1,"wall_ns":1,"seed":1,"cases":0,)"
                                                R"("jobs":1,"program":"p","engine":"e","folder":"f","argv":[]})"
                                                "\n"));
  const Answer nothing = folder.run({"faults", "--coverage", folder.path});
  BOOST_TEST(nothing.code == 4);
  BOOST_TEST(nothing.err.find("no case recorded passages of fault points") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(bench_shows_recorded_figures_and_ends_by_what_holds) {
  const Folder folder;
  BOOST_TEST(folder.run({"bench", "--list", "--only", "fault_point."}).code == 0);
  BOOST_TEST(folder.run({"bench", "--only", "nothing."}).code == 4);
  BOOST_TEST(folder.run({"bench", "--from", folder.path + "/none"}).code == 2);
  const auto recorded = [&](const std::string& value) {
    return folder.file("figures.json",
                       R"({"version": 1, "machine": "m", "wall_ns": 1, "measures": {}, "figures": [{"id":
                       "rca.text_ms", "bar": 2, "direction": "at_most", "unit": "ms", "what": "one text",
                       "optional": false)" +
                           value + "}]}");
  };
  const std::string spread = R"(, "spread": {"low": 1, "high": 1, "repetitions": 3, "median": )";
  BOOST_TEST(folder.run({"bench", "--from", recorded(spread + "1}")}).code == 0);
  BOOST_TEST(folder.run({"bench", "--from", recorded(spread + "3}")}).code == 1);
  const std::string picture = folder.path + "/costs.svg";
  BOOST_TEST(folder.run({"bench", "--from", recorded(spread + "1}"), "--svg", picture}).code == 0);
  BOOST_TEST(read_file(picture)->find("not measured: crashwright bench --only engine.") != std::string::npos);
  BOOST_TEST(folder.run({"bench", "--from", recorded(R"(, "reason": "no disk")")}).code == 3);
  BOOST_TEST(folder.run({"bench", "--from", recorded(spread + "1}"), "--only", "log."}).code == 4);
}

BOOST_AUTO_TEST_CASE(the_worst_verdict_decides_the_exit_code) {
  OutcomeCounts counts;
  BOOST_TEST(exit_code(counts, false, false) == kExitInconclusive);
  counts.pass = 3;
  BOOST_TEST(exit_code(counts, false, false) == kExitPassed);
  counts.skipped = 1;
  BOOST_TEST(exit_code(counts, false, false) == kExitInconclusive);
  BOOST_TEST(exit_code(counts, false, true) == kExitPassed);
  counts.inconclusive = 1;
  BOOST_TEST(exit_code(counts, false, true) == kExitInconclusive);
  counts.fail = 1;
  BOOST_TEST(exit_code(counts, false, true) == kExitBroken);
  counts.error = 1;
  BOOST_TEST(exit_code(counts, false, true) == kExitInternal);
  counts.judge_failed = counts.error;
  BOOST_TEST(exit_code(counts, false, true) == kExitJudgeFailed);
  counts.error += counts.machine_lacks = 1;
  BOOST_TEST(exit_code(counts, false, true) == kExitEnvironment);
  ++counts.error;
  BOOST_TEST(exit_code(counts, false, true) == kExitInternal);
  BOOST_TEST(exit_code(counts, true, true) == kExitInterrupted);
}

BOOST_AUTO_TEST_CASE(a_bug_is_caught_only_by_a_promise_that_is_meant_to_catch_it) {
  const std::vector<PlantedBug> bugs = {{"b1", "one", {"rca"}, {"x"}, false, {}},
                                        {"b2", "two", {"handler"}, {"x"}, false, {}}};
  const auto add = [](RunRecord& run, const std::string& id, Outcome outcome) {
    CaseRecord record;
    record.finished = CaseFinished{};
    record.finished->case_id = id;
    record.finished->name = "x";
    record.finished->outcome = outcome;
    record.finished->verdicts = {{"rca", outcome, "wrong cause", {}}};
    run.cases.push_back(record);
  };
  RunRecord run;
  add(run, "b1--x.planted", Outcome::kFail);
  add(run, "b2--x.planted", Outcome::kFail);
  add(run, "clean--x.planted", Outcome::kPass);
  ProofResult result = judge_proof(bugs, run);
  BOOST_TEST(result.bugs[0].caught);
  BOOST_TEST(!result.bugs[1].caught);
  BOOST_TEST(result.bugs[1].broken == std::vector<std::string>{"rca"});
  BOOST_TEST(!result.holds());
  result.bugs.pop_back();
  BOOST_TEST(result.holds());
  add(run, "clean--y.planted", Outcome::kFail);
  BOOST_TEST(judge_proof({bugs[0]}, run).false_alarms.size() == 1);
  BOOST_TEST(!judge_proof({bugs[0]}, run).holds());
}

BOOST_AUTO_TEST_CASE(the_list_of_planted_bugs_is_checked) {
  const PlantedBugs good =
      load_planted_bugs_text("p.yaml", "- bug: a\n  what: b\n  caught_by: rca\n  scenarios: [x, y]\n");
  BOOST_TEST(good.diagnostics.empty());
  BOOST_REQUIRE(good.bugs.size() == 1);
  BOOST_TEST(good.bugs[0].scenarios.size() == 2);
  const PlantedBugs bad =
      load_planted_bugs_text("p.yaml", "- bug: a\n  wat: b\n  caught_by: [rac]\n  scenarios: [x]\n- c\n- bug: d\n");
  BOOST_TEST(bad.diagnostics.size() == 4);
}

}  // namespace crashwright::harness::cli
