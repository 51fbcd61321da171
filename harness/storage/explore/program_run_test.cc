// Goal: the power that a rule takes stops the program where it stands, whatever it would have done next. Method: a
// shell writes inside and outside of the mount around the operation at which the power goes.
#include "harness/storage/explore/program_run.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "harness/storage/explore/recording.h"
#include "harness/storage/explore/scratch_folder.h"
#include "harness/storage/mounted_folder.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

struct PowerCut {
  PowerCut(const std::string& script, const std::string& fault)
      : work(ScratchFolder::create(ScratchFolder::Place::kDisk)) {
    BOOST_REQUIRE(work);
    outside = work->path() + "-outside";
    std::filesystem::create_directory(outside);
    ProgramRun program;
    program.argv = {"sh", "-c", script, "sh", outside};
    program.work = work->path();
    program.faults = {fault};
    auto recorded = record_program(program);
    BOOST_REQUIRE_MESSAGE(recorded, (recorded ? "" : recorded.error().message));
    run = std::move(*recorded);
    recording = make_recording(run.record->first(run.operations));
  }
  ~PowerCut() { std::filesystem::remove_all(outside); }
  [[nodiscard]] bool reached(const std::string& name) const { return std::filesystem::exists(outside + "/" + name); }

  Result<ScratchFolder> work;
  std::string outside;
  RecordedRun run;
  Recording recording;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_power_of_a_rule_goes_and_nothing_of_the_program_runs_on,
                     *boost::unit_test::precondition(fuse_possible)) {
  const PowerCut cut("echo one > a; echo ack 1; : > \"$1/before\"; mv a b; : > \"$1/after\"; echo ack 2; sleep 60",
                     "power_loss operation=rename");
  BOOST_TEST(cut.reached("before"));
  BOOST_TEST(!cut.reached("after"));
  BOOST_TEST(cut.recording.tokens == std::vector<std::string>{"1"}, boost::test_tools::per_element());
  BOOST_TEST(cut.run.faults.starts_with("power_loss confirmed "));
  BOOST_TEST(cut.run.note.find("after the fault") != std::string::npos, cut.run.note);
}

BOOST_AUTO_TEST_CASE(what_runs_beside_the_one_that_met_the_power_loss_ends_with_it,
                     *boost::unit_test::precondition(fuse_possible)) {
  const PowerCut cut(
      "(while :; do echo x >> beside; done) & (sleep 60; : > \"$1/late\") & echo one > a; echo two > a; "
      ": > \"$1/after\"; wait",
      "power_loss operation=write path=a nth=2");
  BOOST_TEST(!cut.reached("after"));
  BOOST_TEST(!cut.reached("late"));
}
