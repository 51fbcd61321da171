// Goal: what an exploration finds does not depend on how many workers there are and which of them is faster. Method: a
// record with many failures of several kinds and many equal images, judged by one, two and four workers, again and
// again; the whole report for machines is compared.
#include "harness/storage/explore/explorer.h"

#include <atomic>
#include <boost/test/unit_test.hpp>

#include "base/file.h"
#include "harness/runner/interrupt.h"
#include "harness/storage/explore/exploration_json.h"
#include "harness/storage/explore/test_judge.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr uint64_t kStates = 300;

HandWrittenRecord many_failures() {
  HandWrittenRecord record;
  for (NodeId node = 1; node <= 4; ++node) record.create(node, "file" + std::to_string(node)).sync(node);
  record.sync_folder();
  for (NodeId round = 1; round <= 12; ++round) {
    const NodeId file = round % 4 + 1;
    record.write(file, round * 100, "record" + std::to_string(round)).write(file, 600, "tail");
    record.create(10 + round, "new" + std::to_string(round)).write(10 + round, 0, std::string(1500, 'n'));
    if (round % 3 == 0) record.sync(file);
    record.rename(10 + round, "new" + std::to_string(round), "state").acknowledge(std::to_string(round));
  }
  return record;
}

std::string look(const std::string& image, uint32_t acked) {
  const std::string state = read_file(image + "/state").value_or("");
  if (acked > 0 && state.empty()) return "no state after " + std::to_string(acked);
  if (state.find('\0') != std::string::npos) return "a state with a hole";
  const std::string file = read_file(image + "/file2").value_or("");
  return acked > 3 && file.size() < 300 ? "file2 holds " + std::to_string(file.size()) + " bytes" : "";
}

std::string report(unsigned jobs, const Look& judge) {
  const HandWrittenRecord record = many_failures();
  const CampaignResult result = campaign(record, judges(judge), "ES", jobs, kStates);
  BOOST_TEST(result.findings.size() >= 2U);
  return exploration_json(result, make_recording(record.operations()), 1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_two_and_four_workers_find_the_same_twenty_times) {
  const std::string expected = report(1, look);
  for (int round = 0; round < 20; ++round) {
    for (const unsigned jobs : {2U, 4U}) BOOST_REQUIRE_EQUAL(report(jobs, look), expected);
  }
}

BOOST_AUTO_TEST_CASE(who_interrupts_an_exploration_sees_one_of_the_failures_that_there_are_by_then) {
  std::atomic<int> failures = 0;
  const auto interrupts = [&](const std::string& image, uint32_t acked) {
    const std::string said = look(image, acked);
    if (!said.empty() && ++failures == 5) interrupt_runs();
    return said;
  };
  const CampaignResult result = campaign(many_failures(), judges(interrupts), "ES", 1, kStates);
  clear_interrupt();
  BOOST_TEST(result.violated == 5U);
  BOOST_REQUIRE(result.findings.size() == 1U);
  const StorageFinding& finding = result.findings.front();
  BOOST_TEST(!finding.reason.empty());
  BOOST_TEST(!finding.lost.empty());
  BOOST_TEST(!finding.minimal);
  BOOST_TEST(finding.no_fix == "not looked for, the exploration was interrupted");
}

BOOST_AUTO_TEST_CASE(a_simpler_state_loses_less_then_comes_earlier_then_is_smaller) {
  const CrashState one{9, {{5, {}}}};
  BOOST_TEST(is_simpler(one, CrashState{7, {{3, {}}, {5, {}}}}));
  BOOST_TEST(is_simpler(CrashState{8, {{5, {}}}}, one));
  BOOST_TEST(is_simpler(CrashState{9, {{4, {}}}}, one));
  BOOST_TEST(is_simpler(one, CrashState{9, {{5, {1}}}}));
  BOOST_TEST(!is_simpler(one, one));
}

BOOST_AUTO_TEST_CASE(a_checker_that_errs_too_often_ends_it_at_the_same_state_for_any_number_of_workers) {
  HandWrittenRecord record = many_failures();
  class Erring final : public ImageJudge {
   public:
    Result<ImageVerdict> judge(const std::string&, uint32_t acked, uint32_t) override {
      ImageVerdict verdict;
      if (acked % 2 == 1) verdict = {ImageVerdict::Kind::kError, "cannot judge"};
      return verdict;
    }
  };
  const JudgeFactory erring = [](const std::string&) -> Result<std::unique_ptr<ImageJudge>> {
    return std::make_unique<Erring>();
  };
  const CampaignResult alone = campaign(record, erring, "E", 1, 5'000);
  BOOST_TEST(alone.checker_errors == 200U);
  for (int round = 0; round < 5; ++round) {
    const CampaignResult many = campaign(record, erring, "E", 4, 5'000);
    BOOST_TEST(many.checker_errors == alone.checker_errors);
    BOOST_TEST(many.states == alone.states);
  }
}

BOOST_AUTO_TEST_CASE(what_ended_an_exploration_and_how_much_was_left_is_told) {
  const HandWrittenRecord record = many_failures();
  const Look content = [](const std::string&, uint32_t) { return std::string(); };
  const ProfileSummary few = campaign(record, judges(content), "E", 2, 5).profiles.front();
  BOOST_TEST((few.end == ExplorationEnd::kStates));
  BOOST_TEST(few.steps_done < few.steps_known);
  HandWrittenRecord small;
  small.create(1, "a").write(1, 0, "x");
  const ProfileSummary all = campaign(small, judges(content), "E").profiles.front();
  BOOST_TEST((all.end == ExplorationEnd::kNothingNew));
  BOOST_TEST(all.steps_done == all.steps_known);
}

BOOST_AUTO_TEST_CASE(only_pairs_that_the_profile_allows_are_counted) {
  const Look content = [](const std::string&, uint32_t) { return std::string(); };
  HandWrittenRecord record;  // names go in order: the second is never kept without the first
  record.create(1, "a").create(2, "b").create(3, "c");
  const ProfileSummary on_ext4 = campaign(record, judges(content), "E").profiles.front();
  BOOST_TEST(on_ext4.pairs_known == 3U);
  BOOST_TEST(on_ext4.pairs_covered == 3U);
  const ProfileSummary strict = campaign(record, judges(content), "S").profiles.front();
  BOOST_TEST(strict.pairs_known == 6U);
  BOOST_TEST(strict.pairs_covered == 6U);
}
