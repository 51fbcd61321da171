// A torn tail of a death, and a start that cut and kept it, cut it and threw it away, or died before it cut.
#include "verifiers/torn_tail.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "postmortem/audit_log_test_support.h"

using namespace crashwright;
using namespace crashwright::verifiers;
using namespace crashwright::postmortem::test;

namespace {

namespace fs = std::filesystem;

// Incarnation 0 left a log with a torn tail; incarnation 1 begins on a copy.
struct TornCase {
  TornCase() {
    view.folder = scratch.path();
    fs::create_directories(scratch.file("inc0/data"));
    death.folder = "inc0";
    next.folder = "inc1";
    next.incarnation = 1;
    {
      const auto log = must_open({.path = log_of(death)});
      auto record = make_record(1);
      BOOST_REQUIRE(log->append(record) == 1U);
      BOOST_REQUIRE(log->close().has_value());
    }
    std::string bytes = read_file(log_of(death)).value();
    BOOST_REQUIRE(write_file(log_of(death), bytes + std::string(700, 'x')).has_value());
    fs::create_directories(scratch.file("inc1"));
    fs::copy(scratch.file("inc0/data"), scratch.file("inc1/data"));
  }
  [[nodiscard]] std::string log_of(const rca::ProcessFacts& engine) const {
    return scratch.file(engine.folder + "/data/audit.log");
  }
  // What the kit does at a start: it cuts, and keeps.
  void start() const { BOOST_REQUIRE(must_open({.path = log_of(next)})->close().has_value()); }
  [[nodiscard]] std::string kept() const {
    return log_of(next) + ".torn-" + std::to_string(must_read(log_of(death)).torn_tail_offset);
  }
  [[nodiscard]] Verdict judge() const {
    Findings findings("audit_replay");
    check_tail_kept(view, death, next, findings);
    return findings.finish("kept");
  }

  ScratchFolder scratch;
  CaseView view;
  rca::ProcessFacts death;
  rca::ProcessFacts next;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_tail_that_was_cut_and_kept_is_fine, TornCase) {
  start();
  BOOST_REQUIRE(fs::exists(kept()));
  BOOST_TEST((judge().outcome == Outcome::kPass));
}

BOOST_FIXTURE_TEST_CASE(a_tail_that_was_cut_and_thrown_away_fails, TornCase) {
  start();
  BOOST_REQUIRE(fs::remove(kept()));
  const Verdict verdict = judge();
  BOOST_TEST((verdict.outcome == Outcome::kFail));
  BOOST_TEST(verdict.summary == "start 1: the torn tail of 700 bytes that start 0 left was cut and not kept");
}

BOOST_FIXTURE_TEST_CASE(a_start_that_died_before_it_cut_owes_no_copy_yet, TornCase) {
  BOOST_TEST((judge().outcome == Outcome::kPass));
  // Nor one whose own writes ended torn somewhere else: the first tail is gone, so it was cut.
  start();
  BOOST_REQUIRE(fs::remove(kept()));
  BOOST_REQUIRE(write_file(log_of(next), read_file(log_of(next)).value() + std::string(90, 'y')).has_value());
  BOOST_TEST((judge().outcome == Outcome::kFail));
}

BOOST_FIXTURE_TEST_CASE(without_a_torn_tail_or_a_second_folder_there_is_nothing_to_keep, TornCase) {
  fs::remove_all(scratch.file("inc1/data"));
  BOOST_TEST((judge().outcome == Outcome::kPass));
  BOOST_REQUIRE(must_open({.path = log_of(death)})->close().has_value());
  fs::copy(scratch.file("inc0/data"), scratch.file("inc1/data"));
  BOOST_TEST((judge().outcome == Outcome::kPass));
}
