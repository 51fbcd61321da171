// Goal: every case is in exactly one share, every machine comes to the same split, and each job system is understood.

#include "harness/scenario/shard.h"

#include <boost/test/unit_test.hpp>
#include <set>

namespace crashwright::harness {
namespace {

using Variables = std::map<std::string, std::string>;

Result<std::optional<Shard>> choose(const Variables& variables, const std::string& flag = "") {
  return choose_shard(flag, [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string text_of(const Result<std::optional<Shard>>& shard) {
  if (!shard) return shard.error().message;
  if (!shard->has_value()) return "all";
  return std::to_string((*shard)->index) + "/" + std::to_string((*shard)->count);
}

std::vector<Plan> plans_named(size_t count) {
  std::vector<Plan> plans(count);
  for (size_t i = 0; i < count; ++i) plans[i].id = "case-" + std::to_string(i) + ".release";
  return plans;
}

// The ids of each share, and that together they are all.
std::vector<std::set<std::string>> split(size_t cases, uint64_t count, const std::map<std::string, uint64_t>& times) {
  std::vector<std::set<std::string>> shares;
  size_t total = 0;
  std::set<std::string> all;
  for (uint64_t index = 1; index <= count; ++index) {
    std::vector<Plan> plans = plans_named(cases);
    keep_shard({index, count, "", ""}, times, plans);
    std::set<std::string>& share = shares.emplace_back();
    for (const Plan& plan : plans) share.insert(plan.id);
    total += share.size();
    all.insert(share.begin(), share.end());
  }
  BOOST_TEST(total == cases);
  BOOST_TEST(all.size() == cases);
  return shares;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_case_is_in_one_share_whatever_the_count) {
  for (const uint64_t count : {1, 2, 3, 7, 20}) split(100, count, {});
}

BOOST_AUTO_TEST_CASE(a_case_stays_in_its_share_when_others_come_and_go) {
  const auto hundred = split(100, 5, {});
  const auto fifty = split(50, 5, {});
  for (size_t i = 0; i < 5; ++i) {
    for (const std::string& id : fifty[i]) BOOST_TEST(hundred[i].count(id) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(shares_by_time_end_at_about_the_same_time) {
  std::map<std::string, uint64_t> times;
  for (const Plan& plan : plans_named(40)) times[plan.id] = 1'000'000'000;
  times["case-3.release"] = 10'000'000'000;
  const auto shares = split(40, 4, times);
  for (const auto& share : shares)
    BOOST_TEST((share.count("case-3.release") == 1 ? share.size() <= 4 : share.size() >= 12));
}

BOOST_AUTO_TEST_CASE(a_case_that_the_earlier_run_did_not_have_counts_as_usual) {
  const auto shares = split(20, 2, {{"case-0.release", 100}, {"case-1.release", 100}});
  BOOST_TEST(shares[0].size() == 10U);
}

BOOST_AUTO_TEST_CASE(the_option_wins_over_every_environment) {
  BOOST_TEST(text_of(choose({{"CI_NODE_INDEX", "1"}, {"CI_NODE_TOTAL", "4"}}, "2/3")) == "2/3");
  BOOST_TEST(text_of(choose({{"CRASHWRIGHT_SHARD", "2/9"}}, "1/1")) == "1/1");
  BOOST_TEST(text_of(choose({{"CRASHWRIGHT_SHARD", "2/9"}, {"CI_NODE_INDEX", "1"}, {"CI_NODE_TOTAL", "4"}})) == "2/9");
  BOOST_TEST(text_of(choose({})) == "all");
}

BOOST_AUTO_TEST_CASE(each_job_system_is_understood) {
  const auto bazel =
      choose({{"TEST_SHARD_INDEX", "0"}, {"TEST_TOTAL_SHARDS", "4"}, {"TEST_SHARD_STATUS_FILE", "/tmp/status"}});
  BOOST_TEST(text_of(bazel) == "1/4");
  BOOST_TEST((*bazel)->status_file == "/tmp/status");
  BOOST_TEST(text_of(choose({{"GTEST_SHARD_INDEX", "3"}, {"GTEST_TOTAL_SHARDS", "4"}})) == "4/4");
  BOOST_TEST(text_of(choose({{"CI_NODE_INDEX", "1"}, {"CI_NODE_TOTAL", "4"}})) == "1/4");
  BOOST_TEST(text_of(choose({{"JOB_COMPLETION_INDEX", "2"}, {"CRASHWRIGHT_SHARDS", "3"}})) == "3/3");
  const Variables array = {{"SLURM_ARRAY_TASK_ID", "30"},
                           {"SLURM_ARRAY_TASK_MIN", "10"},
                           {"SLURM_ARRAY_TASK_STEP", "10"},
                           {"SLURM_ARRAY_TASK_COUNT", "5"}};
  BOOST_TEST(text_of(choose(array)) == "3/5");
}

BOOST_AUTO_TEST_CASE(a_share_that_makes_no_sense_is_refused_with_a_way_out) {
  for (const char* const text : {"0/3", "4/3", "1/0", "1", "1/", "/3", "a/b", "1/3x", "-1/3", "1/1000000"}) {
    BOOST_TEST(!choose({}, text));
  }
  const auto kubernetes = choose({{"JOB_COMPLETION_INDEX", "2"}});
  BOOST_REQUIRE(!kubernetes);
  BOOST_TEST(kubernetes.error().remedy ==
             "set CRASHWRIGHT_SHARDS to the job's .spec.completions, or give --shard (1/1 runs everything)");
  BOOST_TEST(text_of(choose({{"CI_NODE_INDEX", "5"}, {"CI_NODE_TOTAL", "4"}})) ==
             "CI_NODE_INDEX of GitLab says share 5 of 4");
  BOOST_TEST(text_of(choose({{"CI_NODE_INDEX", "x"}, {"CI_NODE_TOTAL", "4"}})) ==
             "CI_NODE_INDEX is \"x\", which is no number");
  BOOST_TEST(text_of(choose({{"TEST_SHARD_INDEX", "4"}, {"TEST_TOTAL_SHARDS", "4"}})) ==
             "TEST_SHARD_INDEX of Bazel says share 5 of 4");
}

}  // namespace crashwright::harness
