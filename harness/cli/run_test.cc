// Goal: `crashwright run` from scenario to exit code, with the real engine and exchange.
// Method: the programs lie beside this test; sessions are short.

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    char name[] = "/tmp/crashwright-run-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path); }

  // Runs the scenario with the given options; standard output and error go to files.
  int run(const std::string& scenario, std::vector<std::string> options = {}) const {
    BOOST_REQUIRE(write_file(path + "/scenario.yaml", scenario));
    std::vector<std::string> arguments = {"run", path + "/scenario.yaml", "--out", path + "/out"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return quietly(arguments);
  }
  int quietly(const std::vector<std::string>& arguments) const {
    std::fflush(nullptr);
    const int out = ::dup(STDOUT_FILENO);
    const int err = ::dup(STDERR_FILENO);
    BOOST_REQUIRE(std::freopen((path + "/out.txt").c_str(), "w", stdout) != nullptr);
    BOOST_REQUIRE(std::freopen((path + "/err.txt").c_str(), "w", stderr) != nullptr);
    const int code = run_command(arguments);
    std::fflush(nullptr);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::close(out);
    ::close(err);
    return code;
  }
  [[nodiscard]] std::string text(const std::string& file) const {
    const auto content = read_file(path + "/" + file);
    return content ? *content : std::string();
  }
  [[nodiscard]] bool has(const std::string& file) const { return fs::exists(path + "/" + file); }
  std::string path;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr const char* kControl = "name: nothing happens\nsession: {messages: 500}\n";

}  // namespace

BOOST_AUTO_TEST_CASE(a_clean_run_passes_and_leaves_reports_but_no_artefacts) {
  const Folder folder;
  BOOST_TEST(folder.run(kControl) == kExitPassed);
  for (const char* const file : {"events.jsonl", "run.json", "junit.xml", "report.html"}) {
    BOOST_TEST(folder.has(std::string("out/latest/") + file));
  }
  BOOST_TEST(fs::is_symlink(folder.path + "/out/latest"));
  BOOST_TEST(!folder.has("out/latest/nothing-happens.release/inc0"));
  BOOST_TEST(contains(folder.text("out/latest/run.json"), "\"pass\": 1"));
  BOOST_TEST(folder.quietly({"verify", folder.path + "/out/latest"}) != kExitPassed);
}

BOOST_AUTO_TEST_CASE(coverage_of_fault_points_needs_no_kept_artefacts) {
  const Folder folder;
  BOOST_TEST(
      folder.run("name: dies once\nsession: {messages: 500}\nfaults:\n  - sigkill: {at: feed.message, hit: 9}\n") ==
      kExitPassed);
  const std::string run = folder.path + "/out/latest";
  BOOST_TEST(!folder.has("out/latest/dies-once.release/inc0"));
  BOOST_TEST(folder.quietly({"faults", "--coverage", run}) == kExitPassed);
  const std::string text = folder.text("out.txt");
  BOOST_TEST(contains(text, " fault points reached in 1 case\n"));
  BOOST_TEST(contains(text, "Never reached:\n"));
  BOOST_TEST(contains(text, "  feed.message "));
  BOOST_TEST(contains(text, "        1         1 case\n"));
  BOOST_TEST(folder.quietly({"faults", "--coverage", run, "--format", "json"}) == kExitPassed);
  BOOST_TEST(contains(folder.text("out.txt"), "\"never_reached\": [\n"));
}

BOOST_AUTO_TEST_CASE(a_kept_run_can_be_judged_again) {
  const Folder folder;
  BOOST_TEST(folder.run(kControl, {"--keep"}) == kExitPassed);
  BOOST_TEST(folder.quietly({"verify", folder.path + "/out/latest"}) == kExitPassed);
  BOOST_TEST(contains(folder.text("out.txt"), "reconciliation"));
}

BOOST_AUTO_TEST_CASE(a_fault_that_cannot_fire_is_inconclusive_and_never_green) {
  const Folder folder;
  BOOST_TEST(folder.run("name: never reached\nsession: {messages: 500}\nfaults:\n"
                        "  - abort: {at: feed.message, hit: 1000000}\n") == kExitInconclusive);
  BOOST_TEST(contains(folder.text("out.txt"), "INCONCLUSIVE"));
  BOOST_TEST(contains(folder.text("out.txt"), "the fault abort at feed.message never fired"));
  BOOST_TEST(contains(folder.text("out/latest/junit.xml"), "type=\"INCONCLUSIVE\""));
}

BOOST_AUTO_TEST_CASE(an_unknown_fault_point_is_refused_before_anything_runs) {
  const Folder folder;
  BOOST_TEST(folder.run("name: mistyped\nfaults:\n  - abort: {at: gateway.send_oder}\n") == kExitUsage);
  BOOST_TEST(folder.text("err.txt") == folder.path +
                                           "/scenario.yaml:3:17: error CW131: no fault point \"gateway.send_oder\" "
                                           "in this engine\n"
                                           "    3 |   - abort: {at: gateway.send_oder}\n"
                                           "      |                 ^^^^^^^^^^^^^^^^^\n"
                                           "      = did you mean \"gateway.send_order\"?\n"
                                           "1 error\n");
  BOOST_TEST(!folder.has("out"));
}

BOOST_AUTO_TEST_CASE(a_broken_promise_ends_with_1_and_says_how_to_repeat_it) {
  const Folder folder;
  BOOST_TEST(folder.run("name: wrong expectation\nsession: {messages: 500}\nfaults:\n"
                        "  - abort: {at: feed.message, hit: 100}\n"
                        "expect: {rca: {cause: FPE}}\n") == kExitBroken);
  const std::string out = folder.text("out.txt");
  BOOST_TEST(contains(out, "FAIL"));
  BOOST_TEST(contains(out, "  cause   ABORT"));
  BOOST_TEST(contains(out, "  repeat  "));
  const std::string repro = folder.text("out/latest/wrong-expectation.release/repro.sh");
  BOOST_TEST(contains(repro, "--seed 1 --build release"));
  BOOST_TEST(contains(folder.text("out/latest/report.html"), "<code>ABORT</code>"));
}

BOOST_AUTO_TEST_CASE(each_repetition_is_a_case_and_json_goes_to_standard_output) {
  const Folder folder;
  BOOST_TEST(folder.run(kControl, {"--repeat", "2", "--format", "json"}) == kExitPassed);
  BOOST_TEST(folder.text("out.txt") == folder.text("out/latest/run.json"));
  BOOST_TEST(contains(folder.text("out.txt"), "\"case\": \"nothing-happens.release.2\""));
}

BOOST_AUTO_TEST_CASE(an_engine_that_does_not_exist_is_wrong_use) {
  const Folder folder;
  BOOST_TEST(folder.run(kControl, {"--engine", "/nowhere/engine"}) == kExitUsage);
}

}  // namespace crashwright::harness::cli
