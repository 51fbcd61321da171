// Goal: a sync of a file commits the journal where ext4 does it, and nowhere else. Method: hand-written records of two
// files that are safe, some change, and a sync; is the change before it committed?
#include "harness/storage/journal_commits.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "harness/storage/hand_written_record.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr NodeId kRenamed = 1;
constexpr NodeId kOther = 2;
constexpr auto kData = OperationKind::kSyncData;

// Two safe files of 64 bytes; the first was just renamed.
HandWrittenRecord renamed() {
  HandWrittenRecord record;
  record.create(kRenamed, "t").write(kRenamed, 0, std::string(64, 'A'));
  record.create(kOther, "w").write(kOther, 0, std::string(64, 'A'));
  return record.sync(kRenamed).sync(kOther).sync_folder().rename(kRenamed, "t", "c");
}

// Does the last sync commit?
bool commits(const HandWrittenRecord& record) {
  const FreshBlocks fresh(record.operations());
  return JournalCommits(record.operations(), fresh).at(record.operations().size() - 1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_renamed_file_is_committed_by_its_own_fsync_and_not_by_its_fdatasync) {
  BOOST_TEST(commits(renamed().sync(kRenamed)));
  BOOST_TEST(!commits(renamed().sync(kRenamed, kData)));
  BOOST_TEST(!commits(renamed().sync(kOther)));
}

BOOST_AUTO_TEST_CASE(a_sync_of_a_folder_or_of_everything_commits_always) {
  BOOST_TEST(commits(renamed().sync_folder()));
  BOOST_TEST(commits(renamed().sync_folder().sync_folder(7)));
  BOOST_TEST(commits(renamed().sync_all()));
}

BOOST_AUTO_TEST_CASE(a_write_in_place_lets_fsync_commit_and_no_sync_of_data_alone) {
  const auto written = [] { return renamed().write(kOther, 1, "x"); };
  BOOST_TEST(commits(written().sync(kOther)));
  BOOST_TEST(commits(written().sync_range(kOther, 1, 1, kWithAttributes)));
  BOOST_TEST(!commits(written().sync(kOther, kData)));
  BOOST_TEST(!commits(written().sync_range(kOther, 1, 1)));
  BOOST_TEST(!commits(written().sync_range(kOther, 0, 4096, kFromMapping)));
}

BOOST_AUTO_TEST_CASE(a_change_of_size_lets_every_sync_of_the_file_commit) {
  BOOST_TEST(commits(renamed().write(kOther, 64, "x").sync(kOther, kData)));
  BOOST_TEST(commits(renamed().write(kOther, 64, "x").sync_range(kOther, 64, 1)));
  BOOST_TEST(commits(renamed().truncate(kOther, 9).sync(kOther, kData)));
  BOOST_TEST(commits(renamed().allocate(kOther, 9000).sync(kOther, kData)));
  BOOST_TEST(!commits(renamed().write(kOther, 64, "x").sync(kRenamed, kData)));
}

BOOST_AUTO_TEST_CASE(a_block_given_out_in_a_hole_or_in_an_allocated_range_lets_a_data_sync_commit) {
  const auto allocated = [] { return renamed().allocate(kOther, 65536).sync(kOther).rename(kRenamed, "c", "d"); };
  BOOST_TEST(!commits(allocated().write(kOther, 0, "x").sync(kOther, kData)));
  BOOST_TEST(commits(allocated().write(kOther, 8192, "x").sync(kOther, kData)));
  BOOST_TEST(commits(allocated().zero(kOther, 0, 8).sync(kOther, kData)));
}

BOOST_AUTO_TEST_CASE(a_new_block_waits_for_the_sync_that_writes_it_back_whatever_commits_before) {
  const auto grown = [] { return renamed().write(kOther, 64, std::string(8128, 'x')).sync_folder(); };
  BOOST_TEST(commits(grown().rename(kRenamed, "c", "d").sync(kOther, kData)));
  BOOST_TEST(commits(grown().rename(kRenamed, "c", "d").sync_range(kOther, 4096, 8)));
  BOOST_TEST(!commits(grown().rename(kRenamed, "c", "d").write(kOther, 0, "x").sync_range(kOther, 0, 1)));
  BOOST_TEST(!commits(grown().sync(kOther).rename(kRenamed, "c", "d").sync(kOther, kData)));
  BOOST_TEST(!commits(grown().truncate(kOther, 8).sync_folder().rename(kRenamed, "c", "d").sync(kOther, kData)));
}

BOOST_AUTO_TEST_CASE(what_is_written_back_before_its_sync_has_its_blocks_from_then_on) {
  const auto committed = [](HandWrittenRecord record) {
    return commits(record.sync_folder().rename(kRenamed, "c", "d").sync(kOther, kData));
  };
  const std::string blocks(8192, 'x');
  const auto grown = [&] { return renamed().write(kOther, 4096, blocks); };
  BOOST_TEST(committed(grown().ask_for(kOther, 0, 16384, 0)));
  BOOST_TEST(committed(grown().ask_for(kOther, 4096, 4096)));
  BOOST_TEST(!committed(grown().ask_for(kOther, 4096, 8192)));
  BOOST_TEST(!committed(grown().drop_cache(kOther, 0, 16384)));
  BOOST_TEST(!committed(renamed().write_direct(kOther, 4096, blocks)));
  BOOST_TEST(!committed(grown().write_direct(kOther, 4096, blocks)));
}

BOOST_AUTO_TEST_CASE(a_write_into_a_punched_hole_lets_a_data_sync_commit) {
  const auto punched = [](uint64_t offset, uint64_t size) {
    return renamed()
        .write(kOther, 0, std::string(8192, 'x'))
        .zero(kOther, offset, size)
        .sync(kOther)
        .rename(kRenamed, "c", "d");
  };
  BOOST_TEST(commits(punched(0, 4096).write(kOther, 0, "x").sync(kOther, kData)));
  BOOST_TEST(!commits(punched(0, 4096).write(kOther, 4096, "x").sync(kOther, kData)));
  BOOST_TEST(!commits(punched(8, 4000).write(kOther, 0, "x").sync(kOther, kData)));
  auto waiting = renamed().write(kOther, 4096, std::string(4096, 'x')).zero(kOther, 4096, 4096).sync_folder();
  BOOST_TEST(!commits(waiting.rename(kRenamed, "c", "d").sync(kOther, kData)));
}

BOOST_AUTO_TEST_CASE(what_replaces_a_file_has_its_blocks_from_then_on) {
  HandWrittenRecord record;
  record.create(kOther, "w").sync_folder().create(kRenamed, "t").write(kRenamed, 0, "x");
  record.rename(kRenamed, "t", "w", kOther);
  auto committed = record;
  BOOST_TEST(commits(record.sync(kRenamed, kData)));
  BOOST_TEST(!commits(committed.sync_folder().rename(kRenamed, "w", "v").sync(kRenamed, kData)));
}

BOOST_AUTO_TEST_CASE(attributes_names_and_links_are_committed_by_fsync_of_their_file_alone) {
  for (const auto& change : {renamed().set_mode(kOther, 0600), renamed().set_times(kOther, 9),
                             renamed().link(kOther, "x"), renamed().unlink(kOther, "w")}) {
    auto synced = change;
    auto data_synced = change;
    BOOST_TEST(commits(synced.sync(kOther)));
    BOOST_TEST(!commits(data_synced.sync(kOther, kData)));
  }
  BOOST_TEST(commits(renamed().create(7, "new").sync(7, kData)));
}

BOOST_AUTO_TEST_CASE(what_was_there_before_the_run_is_committed) {
  auto operations = renamed().operations();
  for (Operation& operation : operations) operation.flags |= kInitial;
  operations.push_back(HandWrittenRecord().sync(kRenamed).operations().front());
  const FreshBlocks fresh(operations);
  BOOST_TEST(!JournalCommits(operations, fresh).at(operations.size() - 1));
}
