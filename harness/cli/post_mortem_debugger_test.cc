// Goal: gdb stands on the thread and the frame to blame, whatever inlined functions it knows that the autopsy does not.
// Method: real deaths, through the C library's abort() and without it; gdb itself is asked where it stands.
#include "harness/cli/post_mortem_debugger.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdio>

#include "base/file.h"
#include "base/shell_word.h"
#include "rca/testing/victim_run.h"

namespace crashwright::harness::cli {
namespace {

using rca::testing::Build;
using rca::testing::VictimRun;

constexpr const char* kWhere =
    "python print('STANDS', gdb.selected_thread().ptid[1], gdb.selected_frame().name().split('(')[0])";

std::string output_of(const std::vector<std::string>& command) {
  std::string line;
  for (const std::string& word : command) line += shell_word(word) + " ";
  std::FILE* const pipe = ::popen((line + "</dev/null 2>&1").c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> part{};
  while (const size_t got = std::fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), got);
  ::pclose(pipe);
  return text;
}

void expect_gdb_stands_in(const std::string& death, const std::string& function) {
  const VictimRun run(Build::kPlain, death);
  const auto report = rca::autopsy_folder(run.folder(), {});
  BOOST_REQUIRE(report);
  BOOST_TEST(report->function == function, death << ": " << report->function);
  const std::string script = run.file("script.py");
  BOOST_REQUIRE(write_file(script, debugger_script()));
  std::vector<std::string> command = debugger_command(*report, script);
  command.insert(command.begin() + 1, {"-nx", "-batch"});
  command.insert(command.end(), {"-ex", kWhere});
  const std::string said = output_of(command);
  const std::string stands = "STANDS " + std::to_string(report->tid) + " crashwright::mock_engine::" + function + "\n";
  BOOST_TEST(said.find(stands) != std::string::npos, death << ": " << said);
}

BOOST_AUTO_TEST_CASE(gdb_stands_where_the_death_went_through_the_c_library) {
  expect_gdb_stands_in("double_free", "Book::double_free");
  expect_gdb_stands_in("assert", "Risk::check_assert");
}

BOOST_AUTO_TEST_CASE(gdb_stands_where_an_exception_was_thrown_on_another_thread) {
  expect_gdb_stands_in("exception_in_thread", "Risk::throw_uncaught");
}

BOOST_AUTO_TEST_CASE(gdb_stands_where_the_fault_was_before_a_handler_raised_it_again) {
  expect_gdb_stands_in("raise:null", "Gateway::send");
}

BOOST_AUTO_TEST_CASE(an_inlined_function_is_chosen_by_its_place_among_those_of_one_call) {
  rca::AutopsyReport report;
  report.tid = 7;
  report.function = "inner";
  report.core_path = "core";
  rca::ThreadStack& thread = report.threads.emplace_back();
  thread.tid = 7;
  const auto add = [&](uint64_t pc, const std::string& function, bool inlined) {
    rca::Frame& frame = thread.frames.emplace_back();
    frame.pc = pc;
    frame.function = function;
    frame.inlined = inlined;
  };
  add(0x10, "abort", false);
  add(0x20, "std::vector<int>::at(unsigned long)", true);
  add(0x20, "inner(int)", true);
  add(0x20, "outer(int)", false);
  add(0x30, "main", false);
  BOOST_TEST(debugger_command(report, "s.py").back() == "python crashwright_select(7, 0x20, 1, 3, 'inner')");
}

}  // namespace
}  // namespace crashwright::harness::cli
