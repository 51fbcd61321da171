// Goal: a stripped program's separate debug file is found where people keep it, and one of another build is refused.
// Method: a real core with its program stripped by objcopy; the debug file lies beside it, in .debug/, or in the cache
//         of debuginfod's client.
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "rca/autopsy.h"
#include "rca/build_id.h"
#include "rca/core_file.h"
#include "rca/module_extents.h"
#include "rca/testing/victim_run.h"

namespace crashwright::rca {
namespace {

namespace fs = std::filesystem;
using testing::Build;
using testing::VictimRun;

void run_tool(const std::string& command) { BOOST_REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command); }

// A death whose program was stripped, with a link to "engine.debug", which is nowhere yet.
class StrippedDeath {
 public:
  StrippedDeath() : run_(Build::kPlain, "variables") {
    keep_debug(RCA_VICTIM, debug());
    run_tool("objcopy --strip-all --add-gnu-debuglink=" + debug() + " " RCA_VICTIM " " + program());
  }
  static void keep_debug(const std::string& of, const std::string& to) {
    run_tool("objcopy --only-keep-debug " + of + " " + to);
  }
  [[nodiscard]] std::string program() const { return run_.file("engine"); }
  // Made here, for the checksum in the link, and moved to where the test wants it.
  [[nodiscard]] std::string debug() const { return run_.file("away/engine.debug"); }
  void move_debug(const std::string& place) const {
    fs::create_directories(fs::path(run_.file(place)).parent_path());
    fs::rename(debug(), run_.file(place));
  }
  [[nodiscard]] std::string file(const std::string& name) const { return run_.file(name); }
  [[nodiscard]] AutopsyReport autopsy() const { return autopsy_with(program()); }
  [[nodiscard]] AutopsyReport autopsy_with(const std::string& executable) const {
    AutopsyOptions options;
    options.executable = executable;
    const auto report = autopsy_core(run_.core(), options);
    BOOST_REQUIRE(report);
    return *report;
  }

 private:
  struct Folder {
    explicit Folder(const std::string& path) { fs::create_directories(path); }
  };
  VictimRun run_;
  Folder away_{run_.file("away")};
};

// Lines and variables come from the debug file alone.
void expect_debug_information(const AutopsyReport& report) {
  BOOST_TEST(report.cause == "NULL_DEREF");
  BOOST_TEST(report.function == "Desk::value");
  BOOST_TEST(report.threads[0].frames[0].file.ends_with("crash_victim.cc"));
  BOOST_TEST(report.threads[0].frames[0].line > 0);
  BOOST_TEST(!report.threads[0].frames[0].variables.empty());
}

void expect_none(const AutopsyReport& report) {
  BOOST_TEST(report.cause == "NULL_DEREF");
  BOOST_TEST(report.threads[0].frames[0].file.empty());
  BOOST_TEST(report.threads[0].frames[0].variables.empty());
}

BOOST_AUTO_TEST_CASE(a_stripped_program_without_its_debug_file_still_has_a_cause) {
  const StrippedDeath death;
  expect_none(death.autopsy());
}

BOOST_AUTO_TEST_CASE(a_frame_without_a_name_is_told_by_module_and_offset_as_addr2line_takes_them) {
  const StrippedDeath death;
  const AutopsyReport report = death.autopsy();
  const Frame& frame = report.threads[0].frames[0];
  BOOST_REQUIRE(frame.function.empty());
  BOOST_TEST(frame.module == RCA_VICTIM);
  const std::string answer = death.file("answer");
  char offset[32];
  std::snprintf(offset, sizeof offset, "%#llx", static_cast<unsigned long long>(frame.offset));
  run_tool(std::string("addr2line -f -C -e " RCA_VICTIM " ") + offset + " > " + answer);
  BOOST_TEST(read_file(answer)->find("Desk::value") != std::string::npos);
  const std::string shown = "rca_crash_victim+" + std::string(offset);
  BOOST_TEST(autopsy_to_text(report).find(shown) != std::string::npos);
  BOOST_TEST(autopsy_from_json(autopsy_to_json(report))->threads[0].frames[0].offset == frame.offset);
  // Without the program the core itself still knows the module.
  const auto core = CoreFile::open(death.file("core"));
  BOOST_REQUIRE(core);
  ModuleExtents extents;
  extents.take(*core);
  Frame bare;
  bare.pc = frame.pc;
  extents.name(bare);
  BOOST_TEST(bare.module == frame.module);
  BOOST_TEST(bare.offset == frame.offset);
}

BOOST_AUTO_TEST_CASE(a_script_that_was_started_is_not_taken_for_its_interpreter) {
  const StrippedDeath death;
  const std::string script = death.file("engine.sh");
  BOOST_REQUIRE(write_file(script, "#!/bin/sh\n").has_value());
  const AutopsyReport report = death.autopsy_with(script);
  BOOST_TEST(report.cause == "NULL_DEREF");
  for (const std::string& missing : report.missing) BOOST_TEST(missing.find("ELF") == std::string::npos, missing);
}

BOOST_AUTO_TEST_CASE(the_linked_debug_file_is_found_beside_the_program) {
  const StrippedDeath death;
  death.move_debug("engine.debug");
  expect_debug_information(death.autopsy());
}

BOOST_AUTO_TEST_CASE(a_program_that_is_named_from_its_own_folder_has_its_debug_file_beside_it_too) {
  const StrippedDeath death;
  death.move_debug("engine.debug");
  const fs::path before = fs::current_path();
  fs::current_path(fs::path(death.program()).parent_path());
  const AutopsyReport report = death.autopsy_with("engine");
  fs::current_path(before);
  expect_debug_information(report);
}

BOOST_AUTO_TEST_CASE(the_linked_debug_file_is_found_in_the_folder_of_debug_files) {
  const StrippedDeath death;
  death.move_debug(".debug/engine.debug");
  expect_debug_information(death.autopsy());
}

BOOST_AUTO_TEST_CASE(the_debug_file_is_found_in_the_cache_of_debuginfod) {
  const StrippedDeath death;
  const std::string id = build_id_of_file(death.program());
  BOOST_REQUIRE(id.size() == 40U);
  death.move_debug("cache/" + id + "/debuginfo");
  ::setenv("DEBUGINFOD_CACHE_PATH", death.file("cache").c_str(), 1);
  const AutopsyReport report = death.autopsy();
  ::unsetenv("DEBUGINFOD_CACHE_PATH");
  expect_debug_information(report);
}

BOOST_AUTO_TEST_CASE(a_debug_file_of_another_build_is_refused) {
  const StrippedDeath death;
  StrippedDeath::keep_debug(RCA_VICTIM_ASAN, death.file("engine.debug"));
  expect_none(death.autopsy());
}

}  // namespace
}  // namespace crashwright::rca
