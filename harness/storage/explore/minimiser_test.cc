// Goal: a finding names the fewest operations that must be lost, at the earliest moment. Method: hand-written records
// in which more may be lost than matters, a judge that looks at the files; and the state taken for minimal is attacked:
// no lost operation of it can be kept.
#include "harness/storage/explore/minimiser.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "harness/storage/explore/test_judge.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

// A judge in a folder of its own, and a minimiser on it.
class Bench {
 public:
  Bench(const HandWrittenRecord& record, const std::string& profile, const Look& look, const std::string& reason)
      : recording_(make_recording(record.operations())), model_(recording_, load_storage_profile(profile).value()) {
    auto judge = StateJudge::create(model_, judges(look), scratch_.path());
    BOOST_REQUIRE(judge);
    judge_ = std::move(*judge);
    minimiser_ = std::make_unique<Minimiser>(*judge_, model_, reason);
  }

  CrashState minimise(CrashState state) {
    const auto fails = minimiser_->fails(state);
    BOOST_REQUIRE(fails);
    BOOST_REQUIRE(*fails);
    auto least = minimiser_->minimise(std::move(state));
    BOOST_REQUIRE(least);
    BOOST_TEST(minimiser_->finished());
    BOOST_TEST(is_allowed(model_, *least));
    for (size_t i = 0; i < least->losses.size(); ++i) {
      CrashState kept = *least;
      kept.losses = kept.losses.without(i, i + 1);
      make_allowed(model_, kept);
      if (kept.losses == least->losses) continue;  // lost together with another one
      BOOST_TEST(!minimiser_->fails(kept).value());
    }
    return *least;
  }
  CrashState everything_lost() const {
    CrashState state{recording_.size(), {}};
    for (const uint32_t index : PendingOperations(model_).at(state.point)) state.losses.set({index, {}});
    return state;
  }
  const Recording& recording() const { return recording_; }

 private:
  ScratchFolder scratch_ = ScratchFolder::create(ScratchFolder::Place::kMemory).value();
  Recording recording_;
  DurabilityModel model_;
  std::unique_ptr<StateJudge> judge_;
  std::unique_ptr<Minimiser> minimiser_;
};

std::string text_of(const std::string& image, const char* name) { return read_file(image + "/" + name).value_or(""); }

std::string wants_new(const std::string& image, uint32_t acked) {
  return acked > 0 && text_of(image, "a") != "new" ? "acknowledged and lost" : "";
}

HandWrittenRecord replaced() {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "old").sync(1).sync_folder();
  return record.create(2, "b").write(2, 0, "new").sync(2).sync_folder();
}

}  // namespace

BOOST_AUTO_TEST_CASE(of_all_that_was_lost_after_a_rename_the_rename_alone_is_named_at_its_acknowledgement) {
  for (const char* const profile : {"E", "S"}) {
    HandWrittenRecord record = replaced();
    record.rename(2, "b", "a", 1).acknowledge("1");
    for (NodeId node = 3; node < 40; ++node) record.create(node, "x" + std::to_string(node)).write(node, 0, "x");
    Bench bench(record, profile, wants_new, "acknowledged and lost");
    const CrashState least = bench.minimise(bench.everything_lost());
    BOOST_REQUIRE(least.losses.size() == 1U);
    BOOST_TEST((bench.recording().operations[least.losses[0].operation].kind == OperationKind::kRename));
    BOOST_TEST(least.point == least.losses[0].operation + 1);
  }
}

BOOST_AUTO_TEST_CASE(two_operations_are_named_where_it_takes_both_and_no_third) {
  const Look wants_either = [](const std::string& image, uint32_t acked) -> std::string {
    return acked > 0 && text_of(image, "a") != "1" && text_of(image, "b") != "1" ? "both copies lost" : "";
  };
  HandWrittenRecord record;
  record.create(1, "a").create(2, "b").create(3, "c").sync(1).sync(2).sync_folder();
  for (int i = 0; i < 10; ++i) record.write(3, static_cast<uint64_t>(i) * 512, "noise");
  record.write(1, 0, "1").write(3, 0, "more").write(2, 0, "1").acknowledge("1").write(3, 512, "noise");
  Bench bench(record, "E", wants_either, "both copies lost");
  const CrashState least = bench.minimise(bench.everything_lost());
  BOOST_REQUIRE(least.losses.size() == 2U);
  BOOST_TEST(bench.recording().paths[least.losses[0].operation] == "a");
  BOOST_TEST(bench.recording().paths[least.losses[1].operation] == "b");
}

BOOST_AUTO_TEST_CASE(one_operation_is_found_though_nothing_can_be_taken_from_another_set_that_fails) {
  // Odd: fails when the mark is lost, and when both halves are; never when one half is.
  const Look odd = [](const std::string& image, uint32_t) -> std::string {
    const bool halves = text_of(image, "a").empty() && text_of(image, "b").empty();
    return text_of(image, "mark").empty() || halves ? "broken 17" : "";
  };
  HandWrittenRecord record;
  record.create(1, "a").create(2, "b").create(3, "mark").sync(1).sync_folder();
  record.write(3, 0, "1").write(1, 0, "1").write(2, 0, "1");
  Bench bench(record, "E", odd, "broken 4");
  const uint32_t at = bench.recording().size();
  const CrashState least = bench.minimise({at, {{at - 2, {}}, {at - 1, {}}}});
  BOOST_TEST(least.losses.size() <= 1U);
}

BOOST_AUTO_TEST_CASE(a_whole_write_is_named_rather_than_a_torn_one_unless_only_a_tear_shows_it) {
  const Look torn = [](const std::string& image, uint32_t) -> std::string {
    const std::string text = text_of(image, "a");
    return text[0] != text[600] || text[600] != text[1200] ? "torn" : "";
  };
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, std::string(2048, 'o')).sync(1).sync_folder().write(1, 0, std::string(2048, 'n'));
  Bench bench(record, "E", torn, "torn");
  const uint32_t write = bench.recording().size() - 1;
  const CrashState least = bench.minimise({write + 1, {{write, {0, 1, 3}}}});
  BOOST_REQUIRE(least.losses.size() == 1U);
  BOOST_TEST(least.losses[0].units.size() == 1U);
  const Look whole = [](const std::string& image, uint32_t) -> std::string {
    return text_of(image, "a")[0] != 'n' && text_of(image, "a")[600] == 'o' ? "old" : "";
  };
  Bench other(record, "E", whole, "old");
  const CrashState simple = other.minimise({write + 1, {{write, {0, 1}}}});
  BOOST_REQUIRE(simple.losses.size() == 1U);
  BOOST_TEST(simple.losses[0].units.empty());
}

BOOST_AUTO_TEST_CASE(among_very_many_crash_points_an_early_one_is_found) {
  HandWrittenRecord record = replaced();
  record.rename(2, "b", "a", 1).acknowledge("1").create(3, "c");
  for (int i = 0; i < 1'000; ++i) record.write(3, static_cast<uint64_t>(i), "x");
  Bench bench(record, "S", wants_new, "acknowledged and lost");
  const CrashState least = bench.minimise(bench.everything_lost());
  BOOST_REQUIRE(least.losses.size() == 1U);
  BOOST_TEST(least.point == least.losses[0].operation + 1);
}

BOOST_AUTO_TEST_CASE(a_lost_rename_is_named_rather_than_the_making_of_the_file_that_was_renamed) {
  HandWrittenRecord record;
  record.create(1, "log").write(1, 0, "1").sync(1).sync_folder();
  record.create(2, "tmp").write(2, 0, "1").sync(2).rename(2, "tmp", "snap").truncate(1, 0).sync(1);
  const Look neither = [](const std::string& image, uint32_t) -> std::string {
    return text_of(image, "snap").empty() && text_of(image, "log").empty() ? "lost" : "";
  };
  Bench bench(record, "S", neither, "lost");
  for (const uint32_t lost : {4U, 7U}) {
    const CrashState least = bench.minimise({bench.recording().size(), {{lost, {}}}});
    BOOST_REQUIRE(least.losses.size() == 1U);
    const Operation& named = bench.recording().operations[least.losses.front().operation];
    BOOST_TEST(operation_name(named.kind) == std::string("rename"));
  }
  // Unless the rename alone does not show it.
  const Look no_trace = [](const std::string& image, uint32_t) -> std::string {
    const bool trace = !text_of(image, "snap").empty() || !text_of(image, "tmp").empty();
    return !trace && text_of(image, "log").empty() ? "lost" : "";
  };
  Bench other(record, "S", no_trace, "lost");
  const CrashState least = other.minimise({other.recording().size(), {{4, {}}}});
  BOOST_TEST(least.losses.front().operation == 4U);
}

BOOST_AUTO_TEST_CASE(what_is_lost_only_because_names_go_in_order_stands_apart_in_the_finding) {
  HandWrittenRecord record = replaced();
  record.rename(2, "b", "a", 1).create(3, "c").unlink(3, "c").acknowledge("1");
  const CampaignResult on_ext4 = campaign(record, judges(wants_new), "E");
  BOOST_REQUIRE(on_ext4.findings.size() == 1U);
  BOOST_TEST(on_ext4.findings[0].lost == std::vector<std::string>{"rename of b to a"},
             boost::test_tools::per_element());
  const std::vector<std::string> along{"create of c", "unlink of c"};
  BOOST_TEST(on_ext4.findings[0].lost_along == along, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_size_that_outlives_its_bytes_is_named_where_nothing_less_shows_it) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "AAA").sync(1).sync_folder().create(2, "b").write(1, 3, "BB").create(3, "c");
  Bench bench(
      record, "E",
      [](const std::string& image, uint32_t) {
        return text_of(image, "a").find('\0') == std::string::npos ? "" : "zeros among the records";
      },
      "zeros among the records");
  const CrashState least = bench.minimise({bench.recording().size(), {{5, {}, kAsFarAsAllowed}, {6, {}}}});
  BOOST_TEST(least.point == 6U);
  BOOST_REQUIRE(least.losses.size() == 1U);
  BOOST_TEST(least.losses[0].operation == 5U);
  BOOST_TEST(size_left(least.losses[0], bench.recording().operations[5]) == 5U);
}

BOOST_AUTO_TEST_CASE(a_size_that_need_not_outlive_its_bytes_is_lost_with_them) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "AAA").sync(1).sync_folder().write(1, 3, "BB");
  Bench bench(
      record, "E",
      [](const std::string& image, uint32_t) {
        return text_of(image, "a").find('B') != std::string::npos ? "" : "the second record is missing";
      },
      "the second record is missing");
  const CrashState least = bench.minimise({bench.recording().size(), {{4, {}, kAsFarAsAllowed}}});
  BOOST_REQUIRE(least.losses.size() <= 1U);
  if (!least.losses.empty()) BOOST_TEST(least.losses[0].size_kept == 0U);
}
