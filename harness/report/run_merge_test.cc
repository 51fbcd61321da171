// Goal: shares come together as one run, and one that is missing or cut short is never taken for a smaller green one.

#include "harness/report/run_merge.h"

#include <boost/test/unit_test.hpp>

#include "harness/report/report.h"
#include "harness/report/testing/sample_run.h"

namespace crashwright::harness {
namespace {

using testing::sample_record;
using testing::sample_run;
using verifiers::Outcome;

MergePart share(uint64_t index, uint64_t count, std::vector<CaseRecord> cases, uint64_t at = 0) {
  MergePart part{"/runs/" + std::to_string(index) + "-" + std::to_string(at), sample_run(std::move(cases))};
  part.record.started.shard = {index, count, {}};
  part.record.started.wall_ns += at;
  return part;
}

MergePart cut_short(MergePart part) {
  part.record.finished.reset();
  part.record.started.cases += 5;
  return part;
}

}  // namespace

BOOST_AUTO_TEST_CASE(shares_make_one_run_with_the_folders_of_all) {
  const auto run = merge_runs({share(1, 2, {sample_record("a", Outcome::kPass)}),
                               share(2, 2, {sample_record("b", Outcome::kFail), sample_record("c", Outcome::kPass)})},
                              "/runs/merged");
  BOOST_REQUIRE(run.has_value());
  BOOST_TEST(run->started.cases == 3U);
  BOOST_TEST(run->started.shard.missing.empty());
  BOOST_TEST(run->cases[0].finished->folder == "../1-0/a");
  BOOST_TEST(count_outcomes(*run).pass == 2U);
  BOOST_TEST(count_outcomes(*run).never_started == 0U);
}

BOOST_AUTO_TEST_CASE(a_missing_share_is_named_in_every_report) {
  const auto run = merge_runs({share(2, 3, {sample_record("a", Outcome::kPass)})}, "/runs/merged");
  BOOST_REQUIRE(run.has_value());
  BOOST_TEST((run->started.shard.missing == std::vector<uint64_t>{1, 3}));
  BOOST_TEST(render_junit(*run).find("share 1 of 3 is missing") != std::string::npos);
  BOOST_TEST(render_html(*run).find("The share 3 of 3 is missing.") != std::string::npos);
  BOOST_TEST(render_run_json(*run).find("\"missing_shards\": [") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_share_that_was_run_again_counts_by_its_last_complete_run) {
  const auto lost = cut_short(share(1, 2, {sample_record("a", Outcome::kFail)}, 1));
  const auto again = share(1, 2, {sample_record("a", Outcome::kPass)}, 2);
  const auto lost_again = cut_short(share(1, 2, {}, 3));
  const auto other = share(2, 2, {sample_record("b", Outcome::kPass)}, 1);
  const auto run = merge_runs({lost_again, again, other, lost}, "/runs/merged");
  BOOST_REQUIRE(run.has_value());
  BOOST_TEST(count_outcomes(*run).pass == 2U);
  BOOST_TEST(count_outcomes(*run).never_started == 0U);
  BOOST_TEST(run->cases[0].finished->folder == "../1-2/a");
}

BOOST_AUTO_TEST_CASE(a_share_that_was_cut_short_leaves_the_run_incomplete) {
  const auto run = merge_runs({cut_short(share(1, 1, {sample_record("a", Outcome::kPass)}))}, "/runs/merged");
  BOOST_REQUIRE(run.has_value());
  BOOST_TEST(count_outcomes(*run).never_started == 5U);
  BOOST_REQUIRE(!run->notes.empty());
  BOOST_TEST(run->notes[0].text == "share 1 of 1 (/runs/1-0) was cut short: 1 of 6 cases ended");
}

BOOST_AUTO_TEST_CASE(shares_of_different_campaigns_are_refused) {
  BOOST_TEST(!merge_runs({share(1, 2, {}), share(2, 3, {})}, "/m").has_value());
  MergePart other_seed = share(2, 2, {});
  other_seed.record.started.seed = 8;
  BOOST_TEST(!merge_runs({share(1, 2, {}), other_seed}, "/m").has_value());
  BOOST_TEST(!merge_runs({}, "/m").has_value());
}

BOOST_AUTO_TEST_CASE(runs_that_are_no_shares_stand_side_by_side) {
  MergePart one{"/runs/one", sample_run({sample_record("a", Outcome::kPass)})};
  MergePart two{"/runs/two", sample_run({sample_record("a", Outcome::kFail)})};
  const auto run = merge_runs({one, two}, "/runs/merged");
  BOOST_REQUIRE(run.has_value());
  BOOST_TEST(run->cases[1].started.case_id == "a~2");
  BOOST_TEST(run->cases[1].finished->folder == "../two/a");
}

BOOST_AUTO_TEST_CASE(the_events_of_a_run_give_the_run_back) {
  RunRecord run = sample_run({sample_record("a", Outcome::kPass)});
  run.notes.push_back({"a note"});
  BOOST_TEST(events_of(run).size() == 5U);
}

}  // namespace crashwright::harness
