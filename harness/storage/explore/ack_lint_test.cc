// Goal: the lint reports acknowledgements that left before their bytes were durable, and leaves safe programs alone.
// Method: records written down by hand, each a way in which programs acknowledge.
#include "harness/storage/explore/ack_lint.h"

#include <boost/test/unit_test.hpp>

#include "harness/storage/hand_written_record.h"

using namespace crashwright::harness;

namespace {

AckLint lint(const HandWrittenRecord& record, Profile profile = Profile::kE,
             const std::vector<std::string>& ignored = {}) {
  const Recording recording = make_recording(record.operations());
  return lint_acknowledgements(recording, storage_profile(profile), ignored);
}

HandWrittenRecord durable_file() {
  HandWrittenRecord record;
  record.create(1, "log").sync(1).sync_folder().acknowledge("begin");
  return record;
}

// The operation that was recorded last is one of this thread.
void of_thread(const HandWrittenRecord& record, int32_t process, int32_t thread) {
  const_cast<Operation&>(record.operations().back()).pid = process;
  const_cast<Operation&>(record.operations().back()).tid = thread;
}

// Thread 8 of a process writes and syncs records one after the other; a record is acknowledged by another thread, or
// the same, when the next one is written and not yet synced.
HandWrittenRecord pipeline(int32_t writers_process, int32_t acknowledging_thread) {
  HandWrittenRecord record = durable_file();
  for (uint32_t round = 0; round < 3; ++round) {
    of_thread(record.write(1, round * 8, "next"), writers_process, 8);
    of_thread(record.acknowledge(std::to_string(round)), 7, acknowledging_thread);
    of_thread(record.sync(1), writers_process, 8);
  }
  return record;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_program_that_syncs_before_it_acknowledges_is_clean) {
  HandWrittenRecord record = durable_file();
  record.write(1, 0, "one").sync(1).acknowledge("1").write(1, 3, "two").sync_range(1, 3, 3).acknowledge("2");
  for (const Profile profile : {Profile::kK, Profile::kE, Profile::kS}) {
    const AckLint found = lint(record, profile);
    BOOST_TEST(found.early == 0U);
    BOOST_TEST(found.acknowledgements == 3U);
    BOOST_TEST(found.changes.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_long_write_that_was_acknowledged_is_cut_by_no_kill) {
  HandWrittenRecord record;
  record.create(1, "log").write(1, 0, std::string(9000, 'x')).acknowledge("1");
  BOOST_TEST(lint(record, Profile::kK).early == 0U);
  BOOST_TEST(lint(record, Profile::kE).early == 1U);
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_before_the_sync_is_reported_with_the_sync_that_came_too_late) {
  HandWrittenRecord record = durable_file();
  record.write(1, 0, "one").acknowledge("1").sync(1).write(1, 3, "two").acknowledge("2").sync(1);
  const AckLint found = lint(record);
  BOOST_TEST(found.early == 2U);
  BOOST_REQUIRE(found.changes.size() == 1U);
  const EarlyChange& change = found.changes.front();
  BOOST_TEST(change.operation == "write of 3 bytes at 0 of log");
  BOOST_TEST(change.missing_sync == "fsync of log before the acknowledgement");
  BOOST_TEST(change.durable_by == "fsync of log");
  BOOST_TEST(change.first_token == "1");
  BOOST_TEST(change.acknowledgements == 2U);
  BOOST_TEST(change.operations == 2U);
  BOOST_TEST(lint(record, Profile::kK).early == 0U);
}

BOOST_AUTO_TEST_CASE(a_sync_of_everything_justifies_what_came_before_it) {
  HandWrittenRecord record;
  record.create(1, "log").write(1, 0, "one").sync_all().acknowledge("1").write(1, 3, "two").sync_all().acknowledge("2");
  BOOST_TEST(lint(record, Profile::kS).early == 0U);
  record.write(1, 6, "three").acknowledge("3");
  BOOST_TEST(lint(record).early == 1U);
}

BOOST_AUTO_TEST_CASE(a_program_that_never_syncs_is_reported_too) {
  HandWrittenRecord record;
  record.create(1, "log").acknowledge("0").write(1, 0, "one").acknowledge("1");
  const AckLint found = lint(record);
  BOOST_TEST(found.early == 2U);
  BOOST_TEST(found.scratch.empty());
}

BOOST_AUTO_TEST_CASE(a_file_beside_that_is_never_synced_is_listed_and_not_reported) {
  HandWrittenRecord record = durable_file();
  record.create(2, "log-shm");
  record.write(2, 0, "index").write(1, 0, "one").sync(1).acknowledge("1");
  const AckLint found = lint(record);
  BOOST_TEST(found.early == 0U);
  BOOST_TEST(found.scratch == std::vector<std::string>{"log-shm"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rename_whose_folder_is_not_synced_is_reported) {
  HandWrittenRecord record = durable_file();
  record.create(2, "new").write(2, 0, "two").sync(2).rename(2, "new", "log", 1).acknowledge("1");
  const AckLint found = lint(record);
  BOOST_REQUIRE(found.changes.size() == 1U);
  BOOST_TEST(found.changes.front().operation == "rename of new to log");
  BOOST_TEST(found.changes.front().missing_sync == "fsync of the folder before the acknowledgement");
  record = durable_file();
  record.create(2, "new").write(2, 0, "two").sync(2).rename(2, "new", "log", 1).sync_folder().acknowledge("1");
  BOOST_TEST(lint(record, Profile::kS).early == 0U);
}

BOOST_AUTO_TEST_CASE(a_rename_of_what_was_never_synced_is_reported_though_its_folder_is_synced) {
  HandWrittenRecord record = durable_file();
  record.create(2, "new").write(2, 0, "two").rename(2, "new", "log", 1).sync_folder().acknowledge("1");
  const AckLint found = lint(record);
  BOOST_REQUIRE(found.changes.size() == 1U);
  BOOST_TEST(found.changes.front().operation == "write of 3 bytes at 0 of new");
}

BOOST_AUTO_TEST_CASE(a_new_file_is_durable_with_its_sync_on_ext4_and_only_with_its_folders_sync_on_strict_storage) {
  HandWrittenRecord record;
  record.make_folder(1, "d").create(2, "log", 1).write(2, 0, "one").sync(2).acknowledge("1");
  BOOST_TEST(lint(record, Profile::kE).early == 0U);
  const AckLint strict = lint(record, Profile::kS);
  BOOST_TEST(strict.early == 1U);
  BOOST_TEST(strict.changes.size() == 2U);
}

BOOST_AUTO_TEST_CASE(acknowledgements_of_one_group_commit_count_as_one_and_are_clean) {
  HandWrittenRecord record = durable_file();
  record.write(1, 0, "onetwo").sync(1).acknowledge("1").acknowledge("2").acknowledge("3");
  const AckLint found = lint(record);
  BOOST_TEST(found.early == 0U);
  BOOST_TEST(found.acknowledgements == 2U);
}

BOOST_AUTO_TEST_CASE(stores_through_a_mapping_that_are_written_back_after_the_acknowledgement_are_reported) {
  HandWrittenRecord record = durable_file();
  record.acknowledge("1").acknowledge("2").write(1, 0, "one");
  const_cast<Operation&>(record.operations().back()).flags |= kFromMapping;
  const AckLint found = lint(record);
  BOOST_REQUIRE(found.changes.size() == 1U);
  BOOST_TEST(found.changes.front().operation == "write of 3 bytes at 0 of log through a mapping");
}

BOOST_AUTO_TEST_CASE(memory_shared_through_a_file_that_nothing_ever_syncs_is_a_note_beside_what_is_really_missing) {
  HandWrittenRecord record;
  record.create(1, "data").create(2, "lock").truncate(2, 8);
  for (const char* const token : {"1", "2"}) {
    record.write(1, 0, "one").write(2, 0, "held");
    const_cast<Operation&>(record.operations().back()).flags |= kFromMapping;
    record.acknowledge(token);
  }
  const AckLint found = lint(record);
  BOOST_TEST(found.early == 2U);
  BOOST_TEST(found.scratch == std::vector<std::string>{"lock"}, boost::test_tools::per_element());
  for (const EarlyChange& change : found.changes) {
    BOOST_TEST(change.operation.find("lock") == std::string::npos, change.operation);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_the_program_asks_to_last_is_meant_and_shared_memory_beside_it_is_not) {
  HandWrittenRecord record;
  record.create(1, "data").create(2, "lock").sync_folder();
  for (const char* const token : {"1", "2"}) {
    for (const NodeId file : {1U, 2U}) {
      record.write(file, 0, "one");
      const_cast<Operation&>(record.operations().back()).flags |= kFromMapping;
    }
    if (token[0] == '1') record.sync(1, OperationKind::kAskedFor);
    record.acknowledge(token);
  }
  const AckLint found = lint(record);
  BOOST_TEST(found.early == 2U);
  BOOST_TEST(found.scratch == std::vector<std::string>{"lock"}, boost::test_tools::per_element());
  BOOST_REQUIRE(found.changes.size() == 1U);
  BOOST_TEST(found.changes.front().operation == "write of 3 bytes at 0 of data through a mapping");
  BOOST_TEST(!found.changes.front().perhaps_memory);
}

BOOST_AUTO_TEST_CASE(where_nothing_of_the_run_asks_to_last_the_suspicion_is_a_weaker_one) {
  HandWrittenRecord record;
  record.create(1, "data").sync_folder().write(1, 0, "one");
  const_cast<Operation&>(record.operations().back()).flags |= kFromMapping;
  record.acknowledge("1");
  const AckLint found = lint(record);
  BOOST_REQUIRE(found.changes.size() == 1U);
  BOOST_TEST(found.changes.front().perhaps_memory);
}

BOOST_AUTO_TEST_CASE(the_times_of_a_file_justify_no_acknowledgement_and_delay_none) {
  HandWrittenRecord record = durable_file();
  record.write(1, 0, "one").sync(1).set_times(1, 1).acknowledge("1");
  BOOST_TEST(lint(record).early == 0U);
}

BOOST_AUTO_TEST_CASE(what_another_thread_or_process_has_not_synced_is_listed_whoever_syncs_it_later) {
  for (const int32_t process : {7, 9}) {
    for (const int32_t syncing_thread : {7, 8}) {
      HandWrittenRecord record = durable_file();
      of_thread(record.write(1, 0, "one"), 7, 7);
      of_thread(record.create(2, "table"), process, 8);
      of_thread(record.write(2, 0, "half"), process, 8);
      of_thread(record.sync_range(1, 0, 3), 7, 7);
      of_thread(record.write(2, 4, "half"), process, 8);
      of_thread(record.acknowledge("1"), 7, 7);
      of_thread(record.sync(2), process, syncing_thread);
      const AckLint found = lint(record, Profile::kS);
      BOOST_TEST(found.early == 0U);
      BOOST_TEST(found.of_other_threads == std::vector<std::string>{"table"}, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(one_thread_that_writes_and_another_one_that_acknowledges_are_never_early) {
  for (const int32_t process : {7, 9}) {
    const HandWrittenRecord record = pipeline(process, 7);
    for (const Profile profile : {Profile::kE, Profile::kS}) {
      const AckLint found = lint(record, profile);
      BOOST_TEST(found.early == 0U);
      BOOST_TEST(found.of_other_threads == std::vector<std::string>{"log"}, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(the_acknowledging_thread_answers_for_what_it_has_written_itself) {
  const AckLint found = lint(pipeline(7, 8));
  BOOST_TEST(found.early == 3U);
  BOOST_TEST(found.of_other_threads.empty());
}

BOOST_AUTO_TEST_CASE(of_an_unknown_thread_changes_are_early_only_where_one_thread_made_them_all) {
  BOOST_TEST(lint(pipeline(7, 0)).early == 3U);
  HandWrittenRecord record = pipeline(7, 0);
  of_thread(record.sync(1), 7, 9);
  const AckLint found = lint(record);
  BOOST_TEST(found.early == 0U);
  BOOST_TEST(found.of_other_threads.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_store_is_the_acknowledging_threads_where_no_other_one_syncs_the_file) {
  for (const int32_t syncing_thread : {7, 8}) {
    HandWrittenRecord record = durable_file();
    of_thread(record.write(1, 0, "one"), 1, 1);
    const_cast<Operation&>(record.operations().back()).flags |= kFromMapping;
    of_thread(record.acknowledge("1"), 7, 7);
    of_thread(record.sync(1), 7, syncing_thread);
    BOOST_TEST(lint(record).early == (syncing_thread == 7 ? 1U : 0U));
  }
}

BOOST_AUTO_TEST_CASE(what_a_process_that_ended_left_unsynced_is_early_though_another_one_acknowledges) {
  for (const bool comes_back : {false, true}) {
    HandWrittenRecord record = durable_file();
    of_thread(record.write(1, 0, "copied"), 8, 8);
    of_thread(record.acknowledge("1"), 7, 7);
    of_thread(record.sync(1), comes_back ? 8 : 10, 10);
    BOOST_TEST(lint(record, Profile::kS).early == (comes_back ? 0U : 1U));
  }
}

BOOST_AUTO_TEST_CASE(acknowledgements_with_nothing_written_since_the_one_before_are_counted) {
  HandWrittenRecord record;
  record.create(1, "log").sync(1).sync_folder();
  for (const char* const token : {"1", "2", "3"}) record.acknowledge(token).write(1, 0, token).sync(1);
  record.acknowledge("4").acknowledge("5").sync(1).acknowledge("6");
  const AckLint found = lint(record);
  BOOST_TEST(found.early == 0U);
  BOOST_TEST(found.acknowledgements == 5U);
  BOOST_TEST(found.without_change == 2U);  // "1", and "6"; "4" and "5" are one
}

BOOST_AUTO_TEST_CASE(ignored_paths_are_left_out_whether_old_or_new) {
  HandWrittenRecord record = durable_file();
  record.create(2, "new").write(2, 0, "two").sync(2).rename(2, "new", "log", 1).acknowledge("1");
  BOOST_TEST(lint(record, Profile::kE, {"n*"}).early == 0U);
  BOOST_TEST(lint(record, Profile::kE, {"*og"}).early == 0U);
  BOOST_TEST(lint(record, Profile::kE, {"other"}).early == 1U);
}
