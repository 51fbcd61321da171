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
  report.signature = "cw2:MEMORY:" + cause;
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

}  // namespace crashwright::harness::cli
