// Goal: an exploration tells safe programs from unsafe ones, a checker's error is never taken for clean, and the
// image folder holds exactly the image whatever the judge did to it. Method: hand-written records, judges in the test.
#include <sys/stat.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "harness/storage/explore/checker.h"
#include "harness/storage/explore/scratch_folder.h"
#include "harness/storage/explore/state_judge.h"
#include "harness/storage/explore/state_source.h"
#include "harness/storage/explore/test_judge.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

// What an acknowledged "new" must look like.
std::string wants_new(const std::string& image, uint32_t acked) {
  const std::string text = read_file(image + "/a").value_or("");
  if (text != "old" && text != "new") return "neither old nor new";
  return acked > 0 && text != "new" ? "acknowledged and lost" : "";
}

void write_old(HandWrittenRecord& record) {
  record.create(1, "a").write(1, 0, "old").sync(1).sync_folder();
  for (const Operation& operation : record.operations()) const_cast<Operation&>(operation).flags |= kInitial;
}

}  // namespace

BOOST_AUTO_TEST_CASE(replacing_a_file_with_all_syncs_is_clean_on_every_profile) {
  HandWrittenRecord record;
  write_old(record);
  record.create(2, "b").write(2, 0, "new").sync(2).rename(2, "b", "a", 1).sync_folder().acknowledge("1");
  const CampaignResult result = campaign(record, judges(wants_new), "KES");
  BOOST_TEST(result.violated == 0U);
  BOOST_TEST(result.states > 4U);
}

BOOST_AUTO_TEST_CASE(a_missing_file_sync_is_found_explained_and_cured) {
  HandWrittenRecord record;
  write_old(record);
  record.create(2, "b").write(2, 0, "new").rename(2, "b", "a", 1).sync_folder().acknowledge("1");
  const CampaignResult result = campaign(record, judges(wants_new), "E");
  BOOST_REQUIRE(result.findings.size() == 1U);
  BOOST_TEST(result.findings[0].profile == "E");
  BOOST_TEST(result.findings[0].lost == std::vector<std::string>{"write of 3 bytes at 0 of b"},
             boost::test_tools::per_element());
  BOOST_TEST(result.findings[0].fix.find("fsync of b after each write of b") == 0U);
}

BOOST_AUTO_TEST_CASE(a_missing_folder_sync_is_found_and_named_by_the_weakest_profile) {
  HandWrittenRecord record;
  write_old(record);
  record.create(2, "b").write(2, 0, "new").sync(2).rename(2, "b", "a", 1).acknowledge("1");
  const CampaignResult result = campaign(record, judges(wants_new), "S");
  BOOST_REQUIRE(result.findings.size() == 1U);
  BOOST_TEST(result.findings[0].profile == "E");
  BOOST_TEST(result.findings[0].reason == "acknowledged and lost");
  BOOST_TEST(result.findings[0].lost == std::vector<std::string>{"rename of b to a"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_image_is_exact_whatever_the_judge_did_to_the_one_before) {
  HandWrittenRecord record;
  write_old(record);
  record.make_folder(3, "d").sync_folder().create(4, "x", 3).write(4, 0, std::string(5000, 'x')).sync(4).sync_folder(3);
  record.create(2, "b").write(2, 0, "new").sync(2).rename(2, "b", "a", 1).link(4, "y").unlink(4, "x", 3).sync_folder();
  const Look vandal = [](const std::string& image, uint32_t) -> std::string {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(image)) {
      const std::string name = entry.path().filename();
      if (name == "junk" || name == "moved") return "the judge's own files are still there";
      if (!entry.is_regular_file()) continue;
      const std::string text = read_file(entry.path()).value_or("");
      const bool known =
          text == "old" || text == "new" || text.find_first_not_of(std::string("x\0", 2)) == std::string::npos;
      if (!known) return "the image is not what it should be";
    }
    const bool placed = std::filesystem::exists(image + "/a");
    if (!placed) return "a is missing";
    static_cast<void>(write_file(image + "/junk", "junk"));
    static_cast<void>(write_file(image + "/a", "vandal"));
    std::filesystem::create_directory(image + "/moved");
    std::error_code none;
    std::filesystem::rename(image + "/d", image + "/moved/d", none);
    std::filesystem::rename(image + "/b", image + "/d", none);
    return "";
  };
  const CampaignResult result = campaign(record, judges(vandal), "ES");
  BOOST_TEST(result.violated == 0U, (result.findings.empty() ? "" : result.findings[0].reason));
  BOOST_TEST(result.states > 20U);
}

BOOST_AUTO_TEST_CASE(a_checker_program_is_told_what_was_acknowledged) {
  HandWrittenRecord record;
  write_old(record);
  record.write(1, 0, "new").acknowledge("one").acknowledge("two");
  const std::vector<std::string> tokens{"one", "two"};
  const std::string script =
      "test \"$(cat a)\" = new || ! grep -qx two \"$CRASHWRIGHT_ACKED\" || { echo lost; exit 1; }";
  const CampaignResult result = campaign(record, checker_judges({{"sh", "-c", script}}, tokens), "E");
  BOOST_REQUIRE(result.findings.size() == 1U);
  BOOST_TEST(result.findings[0].reason == "lost");
  BOOST_TEST(result.checker_errors == 0U);
}

BOOST_AUTO_TEST_CASE(a_program_that_believes_in_long_writes_is_found_without_any_loss_of_power) {
  HandWrittenRecord record;
  write_old(record);
  const std::string whole(12288, 'n');
  record.create(2, "b").write(2, 0, whole).acknowledge("1").sync(2).sync_folder();
  const auto look = [&](bool believes) {
    return judges([&whole, believes](const std::string& image, uint32_t acked) -> std::string {
      const std::string text = read_file(image + "/b").value_or("");
      if (believes && !text.empty() && text != whole) return "cut short";
      return acked > 0 && text != whole ? "acknowledged and lost" : "";
    });
  };
  const CampaignResult result = campaign(record, look(true), "K");
  BOOST_REQUIRE(result.findings.size() == 1U);
  BOOST_TEST(result.findings[0].reason == "cut short");
  BOOST_TEST(result.findings[0].lost.size() == 1U);
  BOOST_TEST(result.findings[0].lost[0].find("write of 12288 bytes at 0 of b, torn") == 0U);
  BOOST_TEST(result.findings[0].no_fix == "nothing is lost that a sync could have saved");
  BOOST_TEST(campaign(record, look(false), "K").violated == 0U);
}

BOOST_AUTO_TEST_CASE(no_process_dies_between_stores_that_came_down_together_and_a_power_loss_may_keep_any_of_them) {
  HandWrittenRecord record;
  record.create(1, "map").allocate(1, 3 * kFileBlockBytes).write(1, 0, std::string(3 * kFileBlockBytes, '0'));
  record.sync(1).sync_folder();
  // Each round stores a record and then the counter; pages come down in their own order.
  for (const char* const round : {"1", "2"}) {
    for (const uint64_t page : {uint64_t{0}, static_cast<uint64_t>(*round - '0')}) {
      record.write(1, page * kFileBlockBytes, round);
      const_cast<Operation&>(record.operations().back()).flags |= kFromMapping;
    }
    record.sync(1).acknowledge(round);
  }
  const auto look = judges([](const std::string& image, uint32_t) -> std::string {
    const std::string map = read_file(image + "/map").value_or("");
    if (map.size() < 3 * kFileBlockBytes) return "";
    const auto counter = static_cast<size_t>(map[0] - '0');
    if (counter > 2) return "";
    for (size_t i = 1; i <= counter; ++i) {
      if (map[i * kFileBlockBytes] == '0') return "a counter without its record";
    }
    return "";
  });
  BOOST_TEST(campaign(record, look, "K").violated == 0U);
  for (const char* const profile : {"E", "S", "KES"}) {
    const CampaignResult result = campaign(record, look, profile);
    BOOST_REQUIRE(result.findings.size() == 1U);
    const StorageFinding& finding = result.findings[0];
    BOOST_TEST(finding.profile == "E");
    BOOST_REQUIRE(finding.lost.size() == 1U);
    BOOST_TEST(finding.lost[0] == "write of 1 bytes at 4096 of map through a mapping");
    BOOST_TEST(
        finding.no_fix.find("an msync of the one before the other is stored would order them") != std::string::npos,
        finding.no_fix);
  }
}

BOOST_AUTO_TEST_CASE(a_checker_that_changes_its_mind_is_shown_with_its_first_answer) {
  HandWrittenRecord record;
  write_old(record);
  record.write(1, 0, "new");
  const auto asked = std::make_shared<std::atomic<int>>(0);
  const CampaignResult result =
      campaign(record, judges([asked](const std::string&, uint32_t) { return (*asked)++ == 0 ? "broken" : ""; }), "E");
  BOOST_REQUIRE(result.findings.size() == 1U);
  BOOST_TEST(result.findings[0].reason == "broken");
  BOOST_TEST(result.findings[0].output.find("gave another answer") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(evidence_replaces_that_of_an_earlier_exploration_in_the_same_folder) {
  HandWrittenRecord record;
  write_old(record);
  record.write(1, 0, "new").acknowledge("1");
  const Recording recording = make_recording(record.operations());
  const ScratchFolder images = ScratchFolder::create(ScratchFolder::Place::kMemory).value();
  const ScratchFolder kept = ScratchFolder::create(ScratchFolder::Place::kMemory).value();
  std::filesystem::create_directories(kept.path() + "/E-1/image/a/was_a_folder");
  BOOST_REQUIRE(write_file(kept.path() + "/E-1/nothing_lost", "was a file"));
  std::filesystem::create_directories(kept.path() + "/S-7/image");
  std::filesystem::create_directories(kept.path() + "/somebody's/image");
  for (const char* const name : {"/S-7/operations.txt", "/S-7/acked.txt", "/somebody's/operations.txt"}) {
    BOOST_REQUIRE(write_file(kept.path() + name, "text"));
  }
  CampaignOptions options;
  options.profiles = {load_storage_profile("E").value()};
  options.explore.scratch = images.path();
  options.evidence_folder = kept.path();
  const auto result = run_campaign(recording, judges(wants_new), options);
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().message));
  BOOST_TEST(read_file(kept.path() + "/E-1/image/a").value_or("") == "old");
  BOOST_TEST(!std::filesystem::exists(kept.path() + "/S-7"));
  BOOST_TEST(std::filesystem::exists(kept.path() + "/somebody's"));
  BOOST_TEST(read_file(kept.path() + "/E-1/nothing_lost/a").value_or("") == "new");
}

BOOST_AUTO_TEST_CASE(a_checker_that_errs_is_never_clean) {
  HandWrittenRecord record;
  write_old(record);
  record.write(1, 0, "new");
  const std::vector<std::string> tokens;
  for (const char* const script : {"exit 2", "kill -SEGV $$", "exec /nonexistent"}) {
    const CampaignResult result = campaign(record, checker_judges({{"sh", "-c", script}}, tokens), "E");
    BOOST_TEST(result.checker_errors == result.states);
    BOOST_TEST(result.violated == 0U);
    BOOST_TEST(result.first_error.find("the checker") == 0U);
  }
}

BOOST_AUTO_TEST_CASE(the_image_is_the_same_whichever_images_came_before) {
  HandWrittenRecord record;
  write_old(record);
  for (NodeId node = 2; node < 12; ++node) {
    const std::string text(700, static_cast<char>('a' + node));
    record.create(node, "tmp").write(node, 0, text).sync(node).rename(node, "tmp", "a", node - 1).sync_folder();
    record.create(20 + node, "kept" + std::to_string(node)).sync(20 + node).sync_folder();
    if (node > 5) record.write(20 + node - 4, 0, text).sync(20 + node - 4);
    record.acknowledge(std::to_string(node));
  }
  const Recording recording = make_recording(record.operations());
  const DurabilityModel model(recording, load_storage_profile("S").value());
  const auto seen = std::make_shared<std::string>();
  const JudgeFactory reader = judges([seen](const std::string& image, uint32_t) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(image)) {
      files[entry.path().filename()] = read_file(entry.path()).value_or("unreadable");
    }
    seen->clear();
    for (const auto& [name, text] : files) *seen += name + "=" + text + ";";
    return std::string();
  });
  auto scratch = ScratchFolder::create(ScratchFolder::Place::kMemory);
  BOOST_REQUIRE(scratch);
  const auto make = [&](const std::string& name) {
    std::filesystem::create_directory(scratch->path() + "/" + name);
    auto judge = StateJudge::create(model, reader, scratch->path() + "/" + name);
    BOOST_REQUIRE(judge);
    return std::move(*judge);
  };
  const auto look = [&](StateJudge& judge, const CrashState& state) {
    judge.prepare(state);
    BOOST_REQUIRE(judge.judge());
    return *seen;
  };
  const auto wandering = make("wandering");
  StateSource source(model, 7);
  size_t number = 0;
  for (const CrashState& state : source.next(150)) {
    const auto fresh = make(std::to_string(number++));
    BOOST_REQUIRE_EQUAL(look(*wandering, state), look(*fresh, state));
  }
}

BOOST_AUTO_TEST_CASE(a_python_checker_that_is_broken_judges_nothing_and_its_other_exceptions_are_named) {
  HandWrittenRecord record;
  write_old(record);
  record.write(1, 0, "new");
  const std::vector<std::string> tokens;
  const auto with = [&](const std::string& exception) {
    const std::string script =
        "echo 'Traceback (most recent call last):' >&2; echo '  File \"c.py\", line 1' >&2; echo \"" + exception +
        "\" >&2; exit 1";
    return campaign(record, checker_judges({{"sh", "-c", script}}, tokens), "E");
  };
  const CampaignResult broken = with("ModuleNotFoundError: No module named 'nosuch'");
  BOOST_TEST(broken.violated == 0U);
  BOOST_TEST(broken.checker_errors == broken.states);
  BOOST_TEST(broken.first_error.starts_with("the checker is broken: ModuleNotFoundError: No module named 'nosuch'\n"));
  const CampaignResult other = with("KeyError: 'AAPL'");
  BOOST_REQUIRE(!other.findings.empty());
  BOOST_TEST(other.findings.front().reason == "uncaught exception: KeyError: 'AAPL'");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_run_that_ended_well_is_judged_first_and_an_end_that_is_violated_alone) {
  HandWrittenRecord record;
  write_old(record);
  record.write(1, 0, "new").acknowledge("1");
  const Recording recording = make_recording(record.operations());
  const auto explored = [&](const Look& look, bool ended_well) {
    const ScratchFolder images = ScratchFolder::create(ScratchFolder::Place::kMemory).value();
    CampaignOptions options;
    options.profiles = {load_storage_profile("S").value(), load_storage_profile("E").value()};
    options.explore.scratch = images.path();
    options.ended_well = ended_well;
    auto result = run_campaign(recording, judges(look), options);
    BOOST_REQUIRE(result);
    return *result;
  };
  const Look never = [](const std::string&, uint32_t) { return "nothing is ever right\nsecond line"; };
  const CampaignResult refused = explored(never, true);
  BOOST_REQUIRE(refused.untouched.has_value());
  BOOST_TEST(refused.untouched->reason() == "nothing is ever right");
  BOOST_TEST(refused.states == 0U);
  BOOST_TEST(refused.findings.empty());
  BOOST_TEST(explored(never, false).violated > 0U);
  const CampaignResult judged = explored(wants_new, true);
  BOOST_TEST(!judged.untouched.has_value());
  BOOST_TEST(judged.violated > 0U);
}

BOOST_AUTO_TEST_CASE(whoever_waits_is_told_the_profile_and_what_comes_behind_the_last_state) {
  HandWrittenRecord record;
  write_old(record);
  record.write(1, 0, "new").acknowledge("1");
  const Recording recording = make_recording(record.operations());
  const ScratchFolder images = ScratchFolder::create(ScratchFolder::Place::kMemory).value();
  std::vector<std::string> told;
  CampaignOptions options;
  options.profiles = {load_storage_profile("E").value()};
  options.explore.scratch = images.path();
  options.explore.jobs = 1;
  options.explore.progress = [&](const std::string& profile, uint64_t, uint64_t) {
    if (told.empty() || told.back() != profile) told.push_back(profile);
  };
  options.phase = [&](const std::string& what) { told.push_back(what); };
  const auto result = run_campaign(recording, judges(wants_new), options);
  BOOST_REQUIRE(result);
  const std::vector<std::string> expected = {"E", "finding 1: the fewest losses that show it",
                                             "finding 1 of 1: added syncs that would save it"};
  BOOST_TEST(told == expected, boost::test_tools::per_element());
  BOOST_TEST(result->minimising_seconds > 0);
  BOOST_TEST(result->advising_seconds > 0);
}
