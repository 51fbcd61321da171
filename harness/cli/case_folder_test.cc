// Goal: what a case left is asked no more than it holds, and what is repeated is told by names that stay. Method: runs
// with the real engine, short ones; their folders are then judged, examined and repeated.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "harness/cli/exit_code.h"
#include "harness/cli/testing/command_folder.h"
#include "harness/storage/mounted_folder.h"

namespace crashwright::harness::cli {
namespace {

using testing::Answer;
using testing::CommandFolder;
using testing::contains;
using testing::unfolded;

constexpr const char* kDies =
    "name: dies once\nsession: {messages: 300}\nfaults:\n  - null_dereference: {at: feed.message, hit: 50}\n";

Answer run(const CommandFolder& folder, const std::string& text, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"run", folder.file("s.yaml", text), "--out", folder.path + "/out"};
  words.insert(words.end(), more.begin(), more.end());
  return folder.run(words);
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_autopsy_without_artefacts_says_so_and_shows_what_the_run_found) {
  const CommandFolder folder;
  BOOST_TEST(run(folder, kDies).code == kExitPassed);
  const std::string place = folder.path + "/out/latest/dies-once.release";
  const Answer thin = folder.run({"autopsy", place});
  BOOST_TEST(thin.code == kExitPassed);
  BOOST_TEST(contains(thin.err, "the artefacts of this case were not kept: run it with --keep\n"), thin.err);
  BOOST_TEST(thin.out.starts_with("NULL_DEREF"), thin.out);
  BOOST_TEST(folder.run({"autopsy", place, "--json"}).out.starts_with("{"));
  std::filesystem::remove(place + "/rca.json");
  BOOST_TEST(folder.run({"autopsy", place}).code == kExitUsage);

  BOOST_TEST(run(folder, kDies, {"--keep"}).code == kExitPassed);
  const Answer kept = folder.run({"autopsy", place});
  BOOST_TEST(!contains(kept.err, "not kept"), kept.err);
  BOOST_TEST(kept.out.starts_with("NULL_DEREF"), kept.out);
}

BOOST_AUTO_TEST_CASE(verify_says_why_a_folder_has_nothing_to_judge) {
  const CommandFolder folder;
  const Answer none = folder.run({"verify", folder.path + "/nosuch"});
  BOOST_TEST(none.code == kExitUsage);
  BOOST_TEST(none.err == "crashwright: " + folder.path +
                             "/nosuch: no such folder\n  verify wants the folder of a run or of one case\n");
  std::filesystem::create_directory(folder.path + "/empty");
  BOOST_TEST(contains(folder.run({"verify", folder.path + "/empty"}).err, "/empty: no case there\n"));

  BOOST_TEST(run(folder, kDies).code == kExitPassed);
  for (const char* const place : {"/out/latest", "/out/latest/dies-once.release"}) {
    const Answer thin = folder.run({"verify", folder.path + place});
    BOOST_TEST(thin.code == kExitNothing);
    BOOST_TEST(contains(thin.err, "the artefacts of this case were not kept: run it with --keep\n"), thin.err);
    BOOST_TEST(contains(thin.err, "/repro.sh --keep` runs it again and keeps them"), thin.err);
  }
}

BOOST_AUTO_TEST_CASE(verify_sends_an_exploration_to_its_own_scripts, *boost::unit_test::precondition(fuse_possible)) {
  const CommandFolder folder;
  const Answer found = run(folder,
                           "name: explored\nengine: {command: [sh, -c, 'echo a > f; echo ack a'], check: [sh, -c, "
                           "'! test -s \"$CRASHWRIGHT_ACKED\" || test -s f']}\nstorage: {explore: {states: 20}}\n");
  BOOST_TEST(found.code == kExitBroken, found.out);
  for (const char* const command : {"verify", "autopsy"}) {
    const Answer answer = folder.run({command, folder.path + "/out/latest/explored.foreign"});
    BOOST_TEST(answer.code == (std::string(command) == "verify" ? kExitNothing : kExitUsage));
    BOOST_TEST(contains(unfolded(answer.err), "this case explored losses of power: its states are judged while it"),
               answer.err);
    BOOST_TEST(contains(answer.err, "/findings/E-1/judge.sh"), answer.err);
    BOOST_TEST(!contains(answer.err, "--keep"), answer.err);
  }
}

BOOST_AUTO_TEST_CASE(a_pattern_of_points_in_a_matrix_is_no_change_of_the_file) {
  const CommandFolder folder;
  const std::string text =
      "name: many\nsession: {messages: 300}\nfaults:\n  - abort: {hit: 2}\nmatrix: {points: gateway.before*}\n"
      "expect: {rca: {cause: FPE}}\n";
  const Answer first = run(folder, text);
  BOOST_TEST(first.code == kExitBroken, first.out + first.err);
  const std::vector<std::string> rerun = {"rerun", folder.path + "/out", "--out", folder.path + "/again"};
  const Answer same = folder.run(rerun);
  BOOST_TEST(contains(same.out, "note: repeats "), same.out + same.err);
  BOOST_TEST(!contains(same.out, "since"), same.out);
  static_cast<void>(folder.file("s.yaml", text + "why: it was mended\n"));
  BOOST_TEST(contains(unfolded(folder.run(rerun).out), "/s.yaml has changed since"));
}

BOOST_AUTO_TEST_CASE(a_rerun_of_a_run_that_did_not_begin_all_is_never_green) {
  const CommandFolder folder;
  const std::string wrong =
      "name: wrong\nsession: {messages: 300}\nfaults:\n  - abort: {at: feed.message, hit: 2}\n"
      "expect: {rca: {cause: FPE}}\nmatrix: {seeds: [1, 2, 3, 4]}\n";
  const Answer first = run(folder, wrong, {"--max-fail", "1", "--jobs", "1"});
  BOOST_TEST(contains(first.out, "3 never started"), first.out);
  const std::vector<std::string> rerun = {"rerun", folder.path + "/out", "--out", folder.path + "/again"};
  const Answer again = folder.run(rerun);
  BOOST_TEST(again.code == kExitBroken);
  BOOST_TEST(contains(again.err, "not all was run: 3 cases of "), again.err);
  BOOST_TEST(contains(unfolded(again.err), "run it again as it was, with: " + folder.path + "/s.yaml --out "),
             again.err);

  // What failed passes now: what never began is still unknown.
  const std::string place = folder.path + "/out/latest";
  for (const auto& entry : std::filesystem::directory_iterator(place)) {
    if (!entry.is_directory() || !std::filesystem::exists(entry.path() / "scenario.yaml")) continue;
    const std::string scenario = entry.path().lexically_relative(folder.path).string() + "/scenario.yaml";
    std::string text = folder.text(scenario);
    BOOST_REQUIRE(contains(text, "FPE"));
    static_cast<void>(folder.file(scenario, text.replace(text.find("FPE"), 3, "ABORT")));
  }
  const Answer passed = folder.run(rerun);
  BOOST_TEST(passed.code == kExitInconclusive, passed.out);
  BOOST_TEST(contains(passed.err, "not all was run: 3 cases of "), passed.err);
}

BOOST_AUTO_TEST_CASE(what_repro_sh_ran_is_repeated_by_a_name_that_stays) {
  const CommandFolder folder;
  BOOST_TEST(run(folder,
                 "name: wrong\nsession: {messages: 300}\nfaults:\n  - abort: {at: feed.message, hit: 2}\n"
                 "expect: {rca: {cause: FPE}}\n")
                 .code == kExitBroken);
  const std::string real = std::filesystem::canonical(folder.path + "/out/latest").string();
  // Which program it starts is another matter: what it is given is told.
  const std::string place = "out/latest/wrong.release/repro.sh";
  std::string script = folder.text(place);
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  BOOST_REQUIRE(contains(script, "exec " + program));
  script.replace(script.find(program), program.size(), "echo");
  static_cast<void>(folder.file(place, script));
  BOOST_TEST(std::system(("sh " + folder.path + "/" + place + " > " + folder.path + "/said.txt").c_str()) == 0);
  BOOST_TEST(folder.text("said.txt").starts_with("run " + real + "/wrong.release/scenario.yaml --seed 1"));

  const Answer through =
      folder.run({"run", folder.path + "/out/latest/wrong.release/scenario.yaml", "--out", folder.path + "/again"});
  BOOST_TEST(contains(unfolded(through.out), " run " + real + "/wrong.release/scenario.yaml"), through.out);
  const Answer again = folder.run({"rerun", folder.path + "/again", "--out", folder.path + "/third"});
  BOOST_TEST(contains(unfolded(again.out), " run " + real + "/wrong.release/scenario.yaml"), again.out);
}

BOOST_AUTO_TEST_CASE(every_promise_is_known_to_the_commands_that_take_one) {
  const CommandFolder folder;
  const std::string own = folder.file("own.yaml", "name: own\nengine: {command: [sh], check: [sh]}\n");
  const std::string reference = folder.file("reference.yaml", "name: reference\n");
  const std::string explored = folder.file(
      "explored.yaml", "name: explored\nengine: {command: [sh], check: [sh]}\nstorage: {explore: {states: 9}}\n");
  const auto judging = [&](const std::string& promise) {
    BOOST_TEST(folder.run({"verifiers", promise}).code == kExitPassed);
    return folder.run({"list", own, reference, explored, "--verifier", promise}).out;
  };
  for (const char* const promise : {"acknowledged", "recovery"}) {
    const std::string listed = judging(promise);
    BOOST_TEST(contains(listed, "own"), listed);
    BOOST_TEST((!contains(listed, "reference") && !contains(listed, "explored")), listed);
  }
  BOOST_TEST(contains(judging("power_loss"), "explored"));
  BOOST_TEST(!contains(judging("power_loss"), "reference"));
  BOOST_TEST(contains(judging("continuity"), "reference"));
  BOOST_TEST(!contains(judging("continuity"), "explored"));
  const Answer wrong =
      folder.run({"validate", folder.file("b.yaml", "name: b\nexpect: {broken: [acknowledged]}\n"), "--no-engine"});
  BOOST_TEST(contains(wrong.err, "acknowledged is not judged in a case of the reference engine"), wrong.err);
}

}  // namespace crashwright::harness::cli
