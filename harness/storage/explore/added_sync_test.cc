// Goal: the fewest syncs that would have made a program safe are named with file and place, and where none would that
// is said. Method: hand-written records of programs that leave one or two syncs out.
#include "harness/storage/explore/added_sync.h"

#include <boost/test/unit_test.hpp>

#include "base/file.h"
#include "harness/storage/explore/test_judge.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

std::string text_of(const std::string& image, const std::string& name) {
  return read_file(image + "/" + name).value_or("");
}

// What is acknowledged is there, whole.
Look wants(const std::string& name, const std::string& text) {
  return [name, text](const std::string& image, uint32_t acked) {
    return acked > 0 && text_of(image, name) != text ? std::string("acknowledged and lost") : std::string();
  };
}

StorageFinding only_finding(const HandWrittenRecord& record, const Look& look, const std::string& profile) {
  const CampaignResult result = campaign(record, judges(look), profile);
  BOOST_REQUIRE(result.findings.size() == 1U);
  return result.findings.front();
}

HandWrittenRecord with_old(NodeId node = 1, const std::string& name = "a") {
  HandWrittenRecord record;
  record.create(node, name).write(node, 0, "old").sync(node).sync_folder();
  return record;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_synced_after_a_create_is_named) {
  HandWrittenRecord record;
  record.make_folder(5, "d").sync_folder().create(1, "log", 5).write(1, 0, "one").sync(1).acknowledge("1");
  const StorageFinding finding = only_finding(record, wants("d/log", "one"), "S");
  BOOST_TEST(finding.lost == std::vector<std::string>{"create of d/log"}, boost::test_tools::per_element());
  BOOST_TEST(finding.fix == "fsync of the folder d after each create of d/log (1 time in this run)");
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_synced_after_a_rename_is_named) {
  HandWrittenRecord record = with_old();
  record.create(2, "b").write(2, 0, "new").sync(2).rename(2, "b", "a", 1).acknowledge("1");
  for (const char* const profile : {"E", "S"}) {
    const StorageFinding finding = only_finding(record, wants("a", "new"), profile);
    BOOST_TEST(finding.lost == std::vector<std::string>{"rename of b to a"}, boost::test_tools::per_element());
    BOOST_TEST(finding.fix == "fsync of the folder after each rename of b to a (1 time in this run)");
  }
}

BOOST_AUTO_TEST_CASE(a_data_file_that_is_not_synced_before_the_pointer_to_it_moves_is_named) {
  HandWrittenRecord record = with_old(1, "CURRENT");
  record.create(2, "data").write(2, 0, "par").write(2, 3, "ts").sync_folder();
  record.create(3, "tmp").write(3, 0, "data").sync(3).rename(3, "tmp", "CURRENT", 1).sync_folder().acknowledge("1");
  const Look follows = [](const std::string& image, uint32_t) -> std::string {
    const std::string named = text_of(image, "CURRENT");
    return named == "data" && text_of(image, "data") != "parts" ? "CURRENT names what is not there" : "";
  };
  const StorageFinding finding = only_finding(record, follows, "E");
  BOOST_REQUIRE(finding.lost.size() == 1U);
  BOOST_TEST(finding.lost[0].find(" of data") != std::string::npos, finding.lost[0]);
  BOOST_TEST(finding.fix == "fsync of data after the last write of data in a row (1 time in this run)");
}

BOOST_AUTO_TEST_CASE(two_files_that_both_lack_their_sync_are_named_together) {
  HandWrittenRecord record;
  record.create(1, "keys").create(2, "values").sync(1).sync(2).sync_folder();
  record.write(1, 0, "k").write(2, 0, "v").acknowledge("1");
  const Look wants_both = [](const std::string& image, uint32_t acked) -> std::string {
    return acked > 0 && (text_of(image, "keys") != "k" || text_of(image, "values") != "v") ? "pair is not whole" : "";
  };
  const StorageFinding finding = only_finding(record, wants_both, "E");
  BOOST_TEST(finding.lost.size() == 1U);
  BOOST_TEST(finding.fix ==
             "fsync of keys after each write of keys (1 time in this run), and fsync of values after each write of "
             "values (1 time in this run)");
}

BOOST_AUTO_TEST_CASE(a_new_folder_and_a_file_in_it_need_the_syncs_of_two_folders_on_strict_storage) {
  HandWrittenRecord record;
  record.make_folder(5, "d").create(1, "log", 5).write(1, 0, "one").sync(1).acknowledge("1");
  const StorageFinding finding = only_finding(record, wants("d/log", "one"), "S");
  BOOST_TEST(finding.fix ==
             "fsync of the folder after each mkdir of d (1 time in this run), and fsync of the folder d after each "
             "create of d/log (1 time in this run)");
}

BOOST_AUTO_TEST_CASE(where_no_sync_helps_that_is_said) {
  HandWrittenRecord record = with_old();
  record.write(1, 0, "new").sync(1);
  const Look atomic = [](const std::string& image, uint32_t) -> std::string {
    const std::string text = text_of(image, "a");
    return text != "old" ? "there is no way back" : "";
  };
  const StorageFinding kept = only_finding(record, atomic, "E");
  BOOST_TEST(kept.fix.empty());
  BOOST_TEST(kept.no_fix == "nothing is lost that a sync could have saved");
  HandWrittenRecord torn;
  torn.create(1, "a")
      .write(1, 0, std::string(1024, 'o'))
      .sync(1)
      .sync_folder()
      .write(1, 0, std::string(1024, 'n'))
      .sync(1);
  const Look whole = [](const std::string& image, uint32_t) -> std::string {
    const std::string text = text_of(image, "a");
    return text.size() == 1024 && text[0] != text[1000] ? "torn" : "";
  };
  const StorageFinding finding = only_finding(torn, whole, "E");
  BOOST_TEST(finding.lost.size() == 1U);
  BOOST_TEST(finding.fix.empty(), finding.fix);
  BOOST_TEST(finding.no_fix.find("no sync in one place, and no two, make all failing states pass (") == 0U);
}

BOOST_AUTO_TEST_CASE(a_sync_behind_a_rename_names_the_file_as_it_is_called_by_then) {
  HandWrittenRecord record = with_old();
  record.create(2, "tmp").write(2, 0, "new").sync_folder().rename(2, "tmp", "a", 1).sync_folder().acknowledge("1");
  const Look whole_once_replaced = [](const std::string& image, uint32_t acked) -> std::string {
    return acked > 0 && text_of(image, "a") != "new" ? "acknowledged and lost" : "";
  };
  const StorageFinding finding = only_finding(record, whole_once_replaced, "E");
  BOOST_REQUIRE(!finding.fix.empty());
  const bool at_the_end = finding.fix.find("before the acknowledgement") != std::string::npos;
  BOOST_TEST(finding.fix.find(at_the_end ? "fsync of a right before" : "fsync of tmp after") == 0U, finding.fix);
}

BOOST_AUTO_TEST_CASE(files_that_differ_in_numbers_are_each_synced_and_counted_and_the_lost_one_is_named) {
  HandWrittenRecord record;
  record.create(1, "log1").create(2, "log2").sync(1).sync(2).sync_folder();
  record.write(1, 0, "one").sync(1).write(1, 3, "x").write(2, 0, "two").acknowledge("1");
  const Look wants_both = [](const std::string& image, uint32_t acked) -> std::string {
    return acked > 0 && (text_of(image, "log1") != "onex" || text_of(image, "log2") != "two") ? "a log is cut" : "";
  };
  const StorageFinding finding = only_finding(record, wants_both, "E");
  BOOST_REQUIRE(finding.lost.size() == 1U);
  const std::string lost = finding.lost[0].substr(finding.lost[0].rfind("log"), 4);
  BOOST_TEST(finding.fix == "fsync of " + lost + " right before the acknowledgement that follows write of " + lost +
                                " (2 times in this run)",
             finding.fix);
}

namespace {

// b is written, renamed to a and acknowledged.
HandWrittenRecord renamed(bool sync_behind, bool sync_folder) {
  HandWrittenRecord record = with_old();
  record.create(2, "b").write(2, 0, "new").rename(2, "b", "a", 1);
  if (sync_behind) record.sync(2);
  if (sync_folder) record.sync_folder();
  record.acknowledge("1");
  return record;
}

uint64_t violated(const HandWrittenRecord& record, const std::string& profiles) {
  return campaign(record, judges(wants("a", "new")), profiles).violated;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_added_sync_holds_for_every_profile_that_was_asked_for) {
  const auto advice = [](const std::string& profiles) {
    const StorageFinding finding = only_finding(renamed(false, false), wants("a", "new"), profiles);
    BOOST_TEST(finding.profile == "E");
    return finding.fix;
  };
  // A sync of the file commits its rename on E, and says nothing of its name on S.
  BOOST_TEST(advice("E") == "fsync of a right before the acknowledgement that follows write of b (1 time in this run)");
  BOOST_TEST(violated(renamed(true, false), "E") == 0U);
  BOOST_TEST(violated(renamed(true, false), "S") > 0U);
  const std::string both = advice("ES");
  BOOST_TEST(both.find("fsync of the folder") != std::string::npos, both);
  BOOST_TEST(both.find(", and fsync of ") != std::string::npos, both);
  BOOST_TEST(both.find("that is enough for profile") == std::string::npos, both);
  BOOST_TEST(violated(renamed(true, true), "ES") == 0U);
}

namespace {

// Ten records, each synced and acknowledged; the sync of the third fails and nobody looks. `sloppy`: the first is not
// synced at all.
HandWrittenRecord with_failed_sync(bool sloppy) {
  HandWrittenRecord record;
  record.create(1, "log").sync(1).sync_folder();
  for (uint64_t i = 0; i < 10; ++i) {
    record.write(1, i, std::to_string(i));
    if (i > 0 || !sloppy) record.sync(1, i == 2 ? OperationKind::kSyncFailed : OperationKind::kSyncData);
    record.acknowledge(std::to_string(i));
  }
  return record;
}

// As many records as were acknowledged, none of them a hole.
std::string missing_of_log(const std::string& image, uint32_t acked) {
  const std::string text = text_of(image, "log").substr(0, acked);
  const bool whole = text.size() == acked && std::string("0123456789").starts_with(text);
  return whole ? "" : "acknowledged and lost";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_failed_sync_that_was_acknowledged_is_told_and_no_sync_is_advised_that_stands_there) {
  for (const char* const profile : {"E", "S"}) {
    const StorageFinding finding = only_finding(with_failed_sync(false), missing_of_log, profile);
    BOOST_TEST(finding.fix.empty(), finding.fix);
    BOOST_TEST(finding.no_fix ==
               "the fsync of log failed, and what it was to save was acknowledged nevertheless: no added sync mends "
               "that");
  }
}

BOOST_AUTO_TEST_CASE(a_sync_that_is_missing_is_advised_though_another_failed) {
  const StorageFinding finding = only_finding(with_failed_sync(true), missing_of_log, "S");
  BOOST_TEST(finding.no_fix.find("was acknowledged nevertheless") == std::string::npos, finding.no_fix);
  BOOST_TEST(finding.fix.find("fsync of log ") == 0U, finding.fix);
}

BOOST_AUTO_TEST_CASE(a_failed_sync_that_nothing_was_acknowledged_behind_is_none_of_it) {
  HandWrittenRecord record = with_old();
  record.write(1, 0, "new").acknowledge("1").sync(1, OperationKind::kSyncFailed);
  const StorageFinding finding = only_finding(record, wants("a", "new"), "E");
  BOOST_TEST(finding.fix.find("fsync of a ") == 0U, finding.no_fix);
}

// A device that gives what was durable before, and a program that writes and syncs anew: it misses another sync.
BOOST_AUTO_TEST_CASE(a_failed_sync_that_was_made_good_is_no_excuse_for_a_missing_one) {
  HandWrittenRecord record;
  record.create(1, "log").sync(1).create(2, "snap").sync(2).sync_folder().write(1, 0, "0");
  record.sync(1, OperationKind::kSyncFailed).zero(1, 0, 1).by_fault().write(1, 0, "0").sync(1);
  record.create(3, "tmp").write(3, 0, "new").sync(3).rename(3, "tmp", "snap", 2).acknowledge("1");
  const StorageFinding finding = only_finding(record, wants("snap", "new"), "S");
  BOOST_TEST(finding.fix.find("fsync of the folder ") == 0U, finding.no_fix);
}

BOOST_AUTO_TEST_CASE(the_sync_of_the_outermost_folder_is_called_so) {
  HandWrittenRecord record;
  record.make_folder(5, "d").create(1, "log", 5).sync_folder(5).sync_folder();
  const Recording recording = make_recording(record.operations());
  BOOST_TEST(describe_operation(recording, 2) == "fsync of the folder d");
  BOOST_TEST(describe_operation(recording, 3) == "fsync of the folder");
}
