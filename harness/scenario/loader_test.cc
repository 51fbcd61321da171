// Goal: what a scenario file says arrives in the model, with every default; folders are read as their files.
// Method: texts and files made here. What is refused, and how it is told: malformed_test.cc.

#include "harness/scenario/loader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "harness/faults/registry.h"
#include "harness/scenario/testing_folder.h"
#include "harness/scenario/yaml_tree.h"

namespace crashwright::harness {

BOOST_AUTO_TEST_CASE(a_minimal_scenario_gets_every_default) {
  const Loaded loaded = load_scenario_text("a.yaml",
                                           "name: null dereference while sending an order\n"
                                           "faults:\n"
                                           "  - null_dereference: {at: gateway.send_order, hit: 100}\n"
                                           "expect:\n"
                                           "  rca: {cause: NULL_DEREF, function: OrderGateway::send}\n");
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  BOOST_REQUIRE(loaded.scenarios.size() == 1);
  const Scenario& scenario = loaded.scenarios.front();
  BOOST_TEST(scenario.session.messages == 10'000);
  BOOST_TEST(scenario.deadline_ms == 20'000);
  BOOST_REQUIRE(scenario.builds.size() == 1);
  BOOST_REQUIRE(scenario.faults.size() == 1);
  BOOST_TEST(scenario.faults[0].at == "gateway.send_order");
  BOOST_TEST(*scenario.faults[0].hit == 100);
  BOOST_TEST(scenario.expect.function == "OrderGateway::send");
}

BOOST_AUTO_TEST_CASE(every_unit_is_understood) {
  const Loaded loaded = load_scenario_text("a.yaml",
                                           "name: units\n"
                                           "deadline: 1.5min\n"
                                           "session: {stall_after: 0.3s, durability: power_loss}\n"
                                           "exchange: {delay: 200us, cancel_on_disconnect: true}\n"
                                           "faults:\n"
                                           "  - torn_write: {file: state.bin, bytes: 1.5KiB}\n"
                                           "  - bit_flip: {offset: -100B}\n"
                                           "  - sigkill: {at: feed.message, probability: 2.5%}\n");
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  const Scenario& scenario = loaded.scenarios.at(0);
  BOOST_TEST(scenario.deadline_ms == 90'000);
  BOOST_TEST(scenario.session.stall_after_ms == 300);
  BOOST_TEST(scenario.exchange.delay_us == 200);
  BOOST_TEST(*scenario.faults.at(0).bytes == 1536);
  BOOST_TEST(scenario.faults.at(0).at == "state.before_write");
  BOOST_TEST((scenario.faults.at(1).damage.from == DamagePlace::From::kEnd));
  BOOST_TEST(scenario.faults.at(1).damage.offset_bytes == 100);
  BOOST_TEST(*scenario.faults.at(2).probability_ppb == 25'000'000);
}

BOOST_AUTO_TEST_CASE(an_unknown_fault_point_is_refused_with_the_nearest_name) {
  const Loaded loaded = load_scenario_text("a.yaml",
                                           "name: x\n"
                                           "faults:\n"
                                           "  - null_dereference: {at: gateway.send_oder, hit: 100}\n");
  BOOST_REQUIRE(loaded.scenarios.size() == 1);
  const auto diagnostics = check_fault_points(loaded.scenarios, {"gateway.after_send", "gateway.send_order"});
  BOOST_TEST(diagnostics_to_text(diagnostics) ==
             "a.yaml:3:28: error CW131: no fault point \"gateway.send_oder\" in this engine\n"
             "    3 |   - null_dereference: {at: gateway.send_oder, hit: 100}\n"
             "      |                            ^^^^^^^^^^^^^^^^^\n"
             "      = did you mean \"gateway.send_order\"?\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(a_default_fault_point_that_the_engine_lacks_is_refused_at_the_fault) {
  const Loaded loaded = load_scenario_text("a.yaml", "name: x\nfaults:\n  - enospc: {hit: 2}\n");
  const auto diagnostics = check_fault_points(loaded.scenarios, {"feed.message"});
  BOOST_TEST(diagnostics_to_text(diagnostics) ==
             "a.yaml:3:5: error CW131: no fault point \"audit.before_write\" in this engine\n"
             "    3 |   - enospc: {hit: 2}\n"
             "      |     ^^^^^^\n"
             "      = one of: feed.message\n"
             "1 error\n");
}

BOOST_AUTO_TEST_CASE(known_fault_points_are_accepted) {
  const Loaded loaded = load_scenario_text("a.yaml", "name: x\nfaults:\n  - abort: {at: feed.message}\n");
  BOOST_TEST(check_fault_points(loaded.scenarios, {"feed.message"}).empty());
}

BOOST_AUTO_TEST_CASE(a_folder_stands_for_its_yaml_files_in_order_and_below) {
  const TestFolder folder;
  folder.write("b.yaml", "name: b\n");
  folder.write("a/z.yaml", "name: z\n");
  folder.write("a/notes.txt", "not a scenario\n");
  folder.write("planted_bugs.yaml", "- bug: x\n");
  const Loaded loaded = load_scenarios({folder.path, folder.path + "/b.yaml"});
  BOOST_TEST(loaded.diagnostics.empty());
  BOOST_REQUIRE(loaded.scenarios.size() == 2);
  BOOST_TEST(loaded.scenarios[0].name == "z");
  BOOST_TEST(loaded.scenarios[1].name == "b");
}

BOOST_AUTO_TEST_CASE(a_folder_in_which_runs_lie_as_well_stands_for_its_own_files_only) {
  const TestFolder folder;
  folder.write("mine.yaml", "name: mine\n");
  folder.write("crashwright-out/20261128-174850-1/events.jsonl", "");
  folder.write("crashwright-out/20261128-174850-1/mine.release/scenario.yaml", "name: mine\n");
  folder.write(".github/workflows/ci.yaml", "on: push\n");
  const Loaded loaded = load_scenarios({folder.path});
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  BOOST_TEST(loaded.scenarios.size() == 1U);
  const std::string run = folder.path + "/crashwright-out/20261128-174850-1";
  BOOST_TEST(load_scenarios({run}).scenarios.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_case_named_through_a_link_that_moves_keeps_the_name_of_its_run) {
  const TestFolder folder;
  const std::string run = folder.path + "/20261128-174850-1";
  folder.write("20261128-174850-1/events.jsonl", "");
  folder.write("20261128-174850-1/mine.release/scenario.yaml", "name: mine\n");
  folder.write("20261128-174850-1/mine.release/findings/E-2/operations.txt", "");
  folder.write("kept.yaml", "name: kept\n");
  std::filesystem::create_directory_symlink("20261128-174850-1", folder.path + "/latest");
  std::filesystem::create_symlink("kept.yaml", folder.path + "/link.yaml");
  const auto path_of = [&](const std::string& given) {
    const Loaded loaded = load_scenarios({folder.path + given});
    BOOST_REQUIRE(loaded.scenarios.size() == 1U);
    return loaded.scenarios[0].path;
  };
  BOOST_TEST(path_of("/latest/mine.release/scenario.yaml") == run + "/mine.release/scenario.yaml");
  BOOST_TEST(path_of("/latest/mine.release/findings/E-2/../../scenario.yaml") == run + "/mine.release/scenario.yaml");
  BOOST_TEST(path_of("/link.yaml") == folder.path + "/link.yaml");
}

BOOST_AUTO_TEST_CASE(a_missing_file_and_an_empty_folder_are_mistakes) {
  const TestFolder folder;
  BOOST_TEST(diagnostics_to_text(load_scenarios({folder.path + "/none.yaml"}).diagnostics) ==
             folder.path +
                 "/none.yaml: error CW101: no such file\n      = name a scenario file, or a folder of them\n1 error\n");
  BOOST_TEST(diagnostics_to_text(load_scenarios({folder.path + "/a/b/none.yaml"}).diagnostics) ==
             folder.path + "/a/b/none.yaml: error CW101: no such file\n      = there is no " + folder.path +
                 "/a either\n1 error\n");
  BOOST_TEST(diagnostics_to_text(load_scenarios({folder.path}).diagnostics) ==
             folder.path +
                 ": error CW101: holds no scenario (*.yaml or *.yml)\n      = `crashwright init` writes a first one\n1 "
                 "error\n");
}

BOOST_AUTO_TEST_CASE(a_pipe_is_refused_and_not_read) {
  const TestFolder folder;
  const std::string pipe = folder.path + "/pipe.yaml";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  BOOST_TEST(diagnostics_to_text(load_scenarios({pipe}).diagnostics) ==
             pipe + ": error CW101: not a regular file\n      = name a scenario file, or a folder of them\n1 error\n");
}

BOOST_AUTO_TEST_CASE(a_huge_file_is_refused_and_not_parsed) {
  const TestFolder folder;
  folder.write("huge.yaml", "name: x\n" + std::string(kScenarioBytesMax, '#'));
  BOOST_TEST(diagnostics_to_text(load_scenarios({folder.path + "/huge.yaml"}).diagnostics) ==
             folder.path +
                 "/huge.yaml: error CW102: 65544 bytes; a scenario file has 65536 at most\n"
                 "      = split it into several files\n1 error\n");
}

BOOST_AUTO_TEST_CASE(an_alias_bomb_does_not_unfold) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name <= 'z'; ++name) {
    const std::string inner = std::string("*") + static_cast<char>(name - 1);
    text += std::string(1, name) + ": &" + name + " [" + inner;
    for (int i = 0; i < 9; ++i) text += ", " + inner;
    text += "]\n";
  }
  const YamlResult result = parse_yaml("bomb.yaml", text);
  BOOST_TEST(result.diagnostics.size() == 26 + 250);
  BOOST_TEST(result.diagnostics.front().code == code::kAnchor);
}

BOOST_AUTO_TEST_CASE(too_many_values_and_too_deep_nesting_are_refused) {
  std::string many = "tags: [";
  for (size_t i = 0; i < kYamlNodesMax; ++i) many += "x, ";
  BOOST_TEST(parse_yaml("a", many + "x]\n").diagnostics.at(0).message == "more than 5000 values in one file");
  const std::string deep = "name: " + std::string(3000, '[') + std::string(3000, ']') + "\n";
  BOOST_TEST(!parse_yaml("a", deep).diagnostics.empty());
}

BOOST_AUTO_TEST_CASE(hostile_bytes_reach_no_terminal) {
  const std::string text = "na\x1b[2Jme: \xff\xfe\x80\nb\x01\x7f: 1\n";
  for (const Diagnostic& diagnostic : load_scenario_text("a.yaml", text).diagnostics) {
    const std::string shown = diagnostic_to_text(diagnostic);
    for (const char c : shown) BOOST_TEST((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  }
}

BOOST_AUTO_TEST_CASE(every_example_of_a_fault_kind_loads) {
  for (const FaultKind& kind : all_fault_kinds()) {
    const std::string build = kind.causes_release.empty() ? "asan" : "release";
    const std::string before = kind.at_rest() ? "  - sigkill: {at: feed.message}\n" : "";
    if (kind.outside != OutsideAction::kNothing) {
      const std::string own = "name: x\nengine: {command: ./e, check: ./c}\nfaults:\n  - " + kind.example + "\n";
      BOOST_TEST(diagnostics_to_text(load_scenario_text("a.yaml", own).diagnostics) == "0 errors\n");
      continue;
    }
    const std::string text = "name: x\nbuild: " + build + "\nsession: {durability: power_loss}\nfaults:\n" + before +
                             "  - " + kind.example + "\n";
    BOOST_TEST_CONTEXT(kind.name) {
      BOOST_TEST(diagnostics_to_text(load_scenario_text("a.yaml", text).diagnostics) == "0 errors\n");
    }
  }
}

}  // namespace crashwright::harness
