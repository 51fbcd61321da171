// Goal: `crashwright triage` finds the crashes wherever a run has left them, and takes no planned death for a bug.
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "harness/cli/exit_code.h"
#include "harness/cli/testing/command_folder.h"
#include "rca/autopsy.h"

namespace crashwright::harness::cli {
namespace {

using testing::Answer;
using testing::CommandFolder;
using testing::contains;

void add_case(const CommandFolder& folder, const std::string& name, const std::string& cause) {
  rca::AutopsyReport report;
  report.cause = cause;
  report.confidence = 0.9;
  report.signature = "cw3:MEMORY:" + cause;
  std::filesystem::create_directories(folder.path + "/" + name);
  (void)folder.file(name + "/facts.json", "{}");
  (void)folder.file(name + "/rca.json", rca::autopsy_to_json(report));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_folder_of_runs_is_opened_and_a_planned_death_left_out) {
  const CommandFolder folder;
  for (const char* const run : {"out/1", "out/2"}) {
    for (const char* const name : {"/a", "/b"}) add_case(folder, std::string(run) + name, "NULL_DEREF");
    add_case(folder, std::string(run) + "/killed", "KILLED_BY_HARNESS");
    (void)folder.file(std::string(run) + "/events.jsonl", "");
  }
  std::filesystem::create_directories(folder.path + "/out/storage-1");  // of no run
  std::filesystem::create_symlink("2", folder.path + "/out/latest");
  const Answer answer = folder.run({"triage", folder.path + "/out"});
  BOOST_TEST(answer.code == kExitBroken);
  BOOST_TEST(answer.out.starts_with("NEW          4  NULL_DEREF\n"), answer.out);
  BOOST_TEST(contains(answer.out, "and 1 more: --format json names all\n"), answer.out);
  BOOST_TEST(answer.err == "2 killed by the harness itself: no bug, left out\n");
  BOOST_TEST(contains(folder.run({"triage", folder.path + "/out/1"}).out, "NEW          2  NULL_DEREF\n"));
  BOOST_TEST(folder.run({"triage", folder.path + "/out/1/killed"}).code == kExitNothing);
}

BOOST_AUTO_TEST_CASE(each_text_of_a_folder_is_a_crash_and_what_is_left_out_is_named) {
  const CommandFolder folder;
  const auto traceback = [](const std::string& function, int line) {
    return "Traceback (most recent call last):\n  File \"/opt/feed/limits.py\", line " + std::to_string(line) +
           ", in " + function + "\n    x()\nKeyError: 'AAPL'\n";
  };
  std::filesystem::create_directories(folder.path + "/texts");
  (void)folder.file("texts/a.txt", traceback("load", 12));
  (void)folder.file("texts/b.txt", traceback("load", 14));
  (void)folder.file("texts/c.txt", traceback("store", 40));
  (void)folder.file("texts/healthy.txt", "12:00:00 INFO session up\n12:00:09 INFO clean shutdown\n");
  const Answer answer = folder.run({"triage", folder.path + "/texts"});
  BOOST_TEST(answer.code == kExitBroken);
  BOOST_TEST(answer.out.starts_with("NEW          2  EXCEPTION in limits.load\n"), answer.out);
  BOOST_TEST(contains(answer.out, "NEW          1  EXCEPTION in limits.store\n"), answer.out);
  BOOST_TEST(contains(answer.err, "healthy.txt: tells of no crash\n"), answer.err);
}

BOOST_AUTO_TEST_CASE(beside_folders_of_crashes_no_file_is_dropped_without_a_word) {
  const CommandFolder folder;
  add_case(folder, "out/case", "NULL_DEREF");
  std::filesystem::create_directories(folder.path + "/out/empty");
  std::filesystem::create_directories(folder.path + "/out/logs");
  (void)folder.file("out/logs/a.log", "free(): invalid pointer\nAborted (core dumped)\n");
  (void)folder.file("out/blob", std::string(64, '\0'));
  const Answer answer = folder.run({"triage", folder.path + "/out", "--format", "json"});
  BOOST_TEST(contains(answer.out, "NULL_DEREF"), answer.out);
  BOOST_TEST(contains(answer.out, "INVALID_FREE"), answer.out);
  BOOST_TEST(contains(answer.err, "out/blob: neither a core nor a text\n"), answer.err);
  BOOST_TEST(contains(answer.err, "out/empty: no core, no crash record, no report and no text in it\n"), answer.err);
}

}  // namespace crashwright::harness::cli
