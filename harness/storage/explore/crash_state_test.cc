// Goal: each profile allows what a power loss may take and nothing more. Method: hand-written records; every state that
// the source of states gives is built, and the set of images is compared with the one that follows from the profile.
#include "harness/storage/explore/crash_state.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "harness/storage/explore/image_builder.h"
#include "harness/storage/explore/state_source.h"
#include "harness/storage/hand_written_record.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr size_t kStates = 3'000;
using Set = std::set<std::string>;

StorageProfile profile(const std::string& name, uint32_t unit = 512) {
  StorageProfile made = load_storage_profile(name).value();
  made.tear_unit_bytes = unit;
  return made;
}

// The image's root folder as "name=content;" text.
std::string render(const ImageTree& image, const Recording& recording) {
  std::set<Slot> slots;
  for (const Operation& operation : recording.operations) {
    if (!changes_tree(operation.kind)) continue;
    slots.insert({operation.parent, std::string(operation.name)});
    if (!operation.new_name.empty()) slots.insert({operation.new_parent, std::string(operation.new_name)});
  }
  std::string text;
  for (const Slot& slot : slots) {
    const NodeId node = image.at(slot);
    if (node != kNoNode) text += slot.name + "=" + image.content(node).text() + ";";
  }
  return text;
}

// The images of states at the end of the record.
Set outcomes(const HandWrittenRecord& record, const StorageProfile& with) {
  const Recording recording = make_recording(record.operations());
  const DurabilityModel model(recording, with);
  StateSource source(model, 1);
  ImageBuilder builder(model);
  Set seen;
  for (CrashState& state : source.next(kStates)) {
    if (state.point == recording.size()) seen.insert(render(builder.build(state), recording));
  }
  return seen;
}

// Each content as runs of one letter, "." for zero: "A4096.512".
Set runs_of(const HandWrittenRecord& record, const StorageProfile& with) {
  Set seen;
  for (const std::string& image : outcomes(record, with)) {
    const std::string content = image.substr(2, image.size() - 3);  // of "a=...;"
    std::string runs;
    for (size_t at = 0; at < content.size();) {
      const size_t end = std::min(content.find_first_not_of(content[at], at), content.size());
      runs += (content[at] == '\0' ? "." : std::string(1, content[at])) + std::to_string(end - at);
      at = end;
    }
    seen.insert(runs);
  }
  return seen;
}

}  // namespace

BOOST_AUTO_TEST_CASE(process_death_loses_nothing) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "x");
  BOOST_TEST((outcomes(record, profile("K")) == Set{"a=x;"}));
}

BOOST_AUTO_TEST_CASE(a_kill_in_the_middle_of_a_long_write_leaves_whole_pages_of_it_and_what_came_before) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, std::string(100, 'A')).write(1, 100, std::string(12188, 'B'));
  const Set cut{"A100", "A100B3996", "A100B8092", "A100B12188"};
  for (const uint32_t unit : {512U, 4096U}) BOOST_TEST((runs_of(record, profile("K", unit)) == cut));
  auto another_followed = record;
  BOOST_TEST((runs_of(another_followed.write(1, 0, "A"), profile("K")) == Set{"A100B12188"}));
  auto direct = record;
  BOOST_TEST((runs_of(direct.write_direct(1, 12288, std::string(8192, 'C')), profile("K")) == Set{"A100B12188C8192"}));
}

BOOST_AUTO_TEST_CASE(what_was_acknowledged_behind_a_write_was_not_where_a_kill_cut_it) {
  HandWrittenRecord record;
  record.create(1, "a").acknowledge("before").write(1, 0, std::string(8192, 'A')).acknowledge("behind");
  const Recording recording = make_recording(record.operations());
  const DurabilityModel on_k(recording, profile("K"));
  BOOST_TEST(on_k.acked({2, {}}) == 2U);
  BOOST_TEST(on_k.acked({2, {{1, {8, 9, 10, 11, 12, 13, 14, 15}}}}) == 1U);
  const DurabilityModel on_e(recording, profile("E"));
  BOOST_TEST(on_e.acked({2, {{1, {}}}}) == 2U);
}

BOOST_AUTO_TEST_CASE(on_ext4_a_file_sync_saves_data_name_and_all_earlier_metadata) {
  HandWrittenRecord record;
  record.create(2, "b").create(1, "a").write(1, 0, "x").sync(1).write(1, 1, "y");
  BOOST_TEST((outcomes(record, profile("E")) == Set{"a=x;b=;", "a=xy;b=;", std::string("a=x\0;b=;", 8)}));
}

BOOST_AUTO_TEST_CASE(on_ext4_a_folder_sync_saves_metadata_and_no_data) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "x").sync_folder().write(1, 1, "y");
  BOOST_TEST((outcomes(record, profile("E", 1)) == Set{"a=;", "a=x;", "a=xy;", std::string("a=x\0;", 5)}));
}

BOOST_AUTO_TEST_CASE(on_ext4_the_size_of_a_direct_append_waits_for_its_bytes) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "x").sync(1).write_direct(1, 1, "y");
  BOOST_TEST((outcomes(record, profile("E")) == Set{"a=x;", "a=xy;"}));
}

BOOST_AUTO_TEST_CASE(on_ext4_a_file_sync_that_has_nothing_to_commit_saves_no_earlier_metadata) {
  HandWrittenRecord record;
  record.create(1, "t").write(1, 0, "new").create(2, "w").write(2, 0, "..").sync(1).sync(2).sync_folder();
  const Set old_or_new{"t=new;w=1.;", "c=new;w=1.;"};
  const Set only_new{"c=new;w=1.;"};
  const auto after = [&](auto sync) {
    auto run = record;
    run.rename(1, "t", "c").write(2, 0, "1");
    sync(run);
    return outcomes(run.acknowledge("renamed"), profile("E"));
  };
  BOOST_TEST((after([](auto& run) { run.sync(2, OperationKind::kSyncData); }) == old_or_new));
  BOOST_TEST((after([](auto& run) { run.sync_range(2, 0, 1); }) == old_or_new));
  BOOST_TEST((after([](auto& run) { run.sync(2).sync(1, OperationKind::kSyncData); }) == only_new));
  BOOST_TEST((after([](auto& run) { run.sync(2); }) == only_new));
  BOOST_TEST((after([](auto& run) { run.sync_range(2, 0, 1, kWithAttributes); }) == only_new));
  BOOST_TEST((after([](auto& run) { run.sync_range(2, 0, 1).sync_folder(); }) == only_new));
}

BOOST_AUTO_TEST_CASE(on_strict_posix_a_file_sync_does_not_save_the_name) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "x").sync(1).create(2, "b");
  BOOST_TEST((outcomes(record, profile("S")) == Set{"", "a=x;", "b=;", "a=x;b=;"}));
}

BOOST_AUTO_TEST_CASE(on_strict_posix_file_and_folder_sync_save_both) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "x").sync(1).sync_folder().write(1, 1, "y");
  BOOST_TEST((outcomes(record, profile("S")) == Set{"a=x;", "a=xy;", std::string("a=x\0;", 5)}));
}

BOOST_AUTO_TEST_CASE(a_sync_of_everything_saves_names_and_bytes_under_every_profile) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "x").create(2, "b").rename(2, "b", "c").sync_all().write(1, 0, "y");
  for (const char* const name : {"E", "S"}) {
    BOOST_TEST((outcomes(record, profile(name)) == Set{"a=x;c=;", "a=y;c=;"}));
  }
}

BOOST_AUTO_TEST_CASE(a_rename_happens_wholly_or_not_at_all) {
  HandWrittenRecord record;
  record.create(1, "a")
      .write(1, 0, "old")
      .sync(1)
      .create(2, "b")
      .write(2, 0, "new")
      .sync(2)
      .sync_folder()
      .rename(2, "b", "a", 1);
  const Set allowed{"a=old;b=new;", "a=new;"};
  BOOST_TEST((outcomes(record, profile("S")) == allowed));
  BOOST_TEST((outcomes(record, profile("E")) == allowed));
}

BOOST_AUTO_TEST_CASE(a_rename_without_sync_of_its_file_can_leave_an_empty_file_on_ext4) {
  HandWrittenRecord record;
  record.create(2, "b").write(2, 0, "new").rename(2, "b", "a");
  BOOST_TEST(outcomes(record, profile("E")).contains("a=;"));
}

BOOST_AUTO_TEST_CASE(metadata_is_lost_as_a_suffix_on_ext4_and_one_by_one_on_strict_posix) {
  HandWrittenRecord record;
  record.create(1, "a").create(2, "b");
  BOOST_TEST((outcomes(record, profile("E")) == Set{"", "a=;", "a=;b=;"}));
  BOOST_TEST((outcomes(record, profile("S")) == Set{"", "a=;", "b=;", "a=;b=;"}));
}

BOOST_AUTO_TEST_CASE(a_mode_is_metadata_that_a_sync_of_its_file_saves) {
  HandWrittenRecord record;
  record.create(1, "a").sync(1).sync_folder().set_mode(1, 0400);
  const auto modes = [](const HandWrittenRecord& of, const StorageProfile& with) {
    const Recording recording = make_recording(of.operations());
    const DurabilityModel model(recording, with);
    StateSource source(model, 1);
    ImageBuilder builder(model);
    std::set<uint32_t> seen;
    for (CrashState& state : source.next(kStates)) {
      if (state.point == recording.size()) seen.insert(builder.build(state).attributes(1).mode.value_or(0));
    }
    return seen;
  };
  for (const char* const name : {"E", "S"}) {
    BOOST_TEST((modes(record, profile(name)) == std::set<uint32_t>{0, 0400}));
    auto synced = record;
    BOOST_TEST((modes(synced.sync(1).create(2, "b"), profile(name)) == std::set<uint32_t>{0400}));
  }
  auto data_synced = record;
  data_synced.sync(1, OperationKind::kSyncData).create(2, "b");
  BOOST_TEST((modes(data_synced, profile("S")) == std::set<uint32_t>{0, 0400}));
}

BOOST_AUTO_TEST_CASE(a_write_tears_at_its_units) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "....").sync(1).write(1, 0, "AABB");
  BOOST_TEST((outcomes(record, profile("E", 2)) == Set{"a=....;", "a=AA..;", "a=..BB;", "a=AABB;"}));
}

BOOST_AUTO_TEST_CASE(a_tear_unit_holds_a_prefix_of_the_writes_to_it) {
  HandWrittenRecord record;
  record.create(1, "a").sync(1).sync_folder().write(1, 0, "1").write(1, 1, "2").write(1, 2, "3");
  Set allowed;
  for (size_t bytes = 0; bytes <= 3; ++bytes) {
    const std::string kept = "a=" + std::string("123").substr(0, bytes);
    for (size_t size = bytes; size <= 3; ++size) allowed.insert(kept + std::string(size - bytes, '\0') + ";");
  }
  BOOST_TEST((outcomes(record, profile("S")) == allowed));
}

BOOST_AUTO_TEST_CASE(bytes_behind_a_lost_truncation_are_lost_with_it) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "old").sync(1).sync_folder().truncate(1, 0).write(1, 0, "new");
  BOOST_TEST((outcomes(record, profile("E", 1)) == Set{"a=old;", "a=;", "a=new;"}));
  BOOST_TEST((outcomes(record, profile("S", 1)) ==
              Set{"a=old;", "a=;", "a=new;", "a=n;", std::string("a=\0e;", 5), std::string("a=\0\0w;", 6), "a=ne;",
                  std::string("a=n\0w;", 6), std::string("a=\0ew;", 6), std::string("a=\0\0\0;", 6),
                  std::string("a=n\0\0;", 6), std::string("a=\0e\0;", 6), std::string("a=ne\0;", 6)}));
}

BOOST_AUTO_TEST_CASE(on_ext4_new_blocks_come_as_a_whole_and_in_order_and_on_strict_posix_they_do_not) {
  HandWrittenRecord record;
  record.create(1, "a").sync(1).sync_folder();
  record.write(1, 0, std::string(8192, 'A')).write(1, 8192, std::string(4096, 'B'));
  BOOST_TEST((runs_of(record, profile("E", 4096)) == Set{"", "A8192", "A8192B4096"}));
  BOOST_TEST((runs_of(record, profile("S", 4096)) ==
              Set{"", "A4096", "A8192", "A8192B4096", ".4096A4096", ".4096A4096B4096", "A4096.4096B4096", ".8192B4096",
                  ".8192", ".12288", "A4096.4096", "A4096.8192", "A8192.4096", ".4096A4096.4096"}));
}

BOOST_AUTO_TEST_CASE(on_ext4_the_rest_of_a_block_that_was_given_out_tears_and_the_size_may_be_ahead_of_it) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, std::string(3072, 'A')).sync(1).sync_folder();
  record.write(1, 3072, std::string(2048, 'B'));  // 1024 bytes of it in the old block, 1024 in a new one
  BOOST_TEST((runs_of(record, profile("E")) == Set{"A3072", "A3072B512", "A3072.512B512", "A3072B1024",
                                                   "A3072.1024B1024", "A3072.512B1536", "A3072B512.512B1024",
                                                   "A3072B2048", "A3072.1024", "A3072B512.512"}));
}

BOOST_AUTO_TEST_CASE(on_ext4_a_size_may_outlive_the_bytes_of_an_append_to_a_block_that_was_given_out) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "AAA").sync(1).sync_folder();
  auto appended = record;
  appended.write(1, 3, "BB");
  BOOST_TEST((runs_of(appended, profile("E")) == Set{"A3", "A3B2", "A3.2"}));
  auto fills_a_block = record;
  fills_a_block.write(1, 3, std::string(4093, 'B')).sync(1).write(1, 4096, "CC");
  BOOST_TEST((runs_of(fills_a_block, profile("E")) == Set{"A3B4093", "A3B4093C2"}));
  auto synced = appended;
  BOOST_TEST((runs_of(synced.sync(1).acknowledge("1"), profile("E")) == Set{"A3B2"}));
}

BOOST_AUTO_TEST_CASE(on_ext4_a_size_outlives_its_bytes_only_together_with_the_metadata_before_it) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "AAA").sync(1).sync_folder().create(2, "b").write(1, 3, "BB");
  const std::string zeros("a=AAA\0\0;", 8);
  BOOST_TEST((outcomes(record, profile("E")) == Set{"a=AAA;", "a=AAABB;", "a=AAA;b=;", "a=AAABB;b=;", zeros + "b=;"}));
  BOOST_TEST(outcomes(record, profile("S")).contains(zeros));
}

BOOST_AUTO_TEST_CASE(on_strict_posix_the_size_may_outlive_the_bytes_of_any_append) {
  HandWrittenRecord record;
  record.create(1, "a").sync(1).sync_folder().write(1, 0, "AA").write(1, 2, "BB");
  BOOST_TEST((runs_of(record, profile("S")) == Set{"", "A2", "A2B2", ".2", ".4", "A2.2"}));
}

BOOST_AUTO_TEST_CASE(on_ext4_a_long_write_to_new_blocks_is_cut_where_the_kernel_may_have_begun_to_write_back) {
  constexpr size_t kPiece = 128 * 1024;
  HandWrittenRecord record;
  record.create(1, "a").sync(1).sync_folder().write(1, 0, std::string(2 * kPiece + 512, 'A'));
  BOOST_TEST((runs_of(record, profile("E", 4096)) == Set{"", "A131072", "A262144", "A262656"}));
}

BOOST_AUTO_TEST_CASE(on_ext4_what_was_written_back_before_others_survives_without_what_stands_before_it) {
  HandWrittenRecord record;
  record.create(1, "a").sync(1).sync_folder();
  const std::string a(4096, 'A');
  const std::string b(4096, 'B');
  const Set in_order{"", "A4096", "A4096B4096"};
  const Set second_first{"", "A4096", "A4096B4096", ".4096B4096"};
  const auto after = [&](auto ask) {
    auto run = record;
    ask(run.write(1, 0, a).write(1, 4096, b));
    return runs_of(run.acknowledge("1"), profile("E", 4096));
  };
  BOOST_TEST((after([](auto& run) { run.ask_for(1, 4096, 4096, 0); }) == in_order));
  BOOST_TEST((after([](auto& run) { run.ask_for(1, 0, 8192); }) == in_order));
  BOOST_TEST((after([](auto& run) { run.ask_for(1, 0, 4096); }) == in_order));
  BOOST_TEST((after([](auto& run) { run.ask_for(1, 4096, 4096); }) == second_first));
  BOOST_TEST((after([](auto& run) { run.drop_cache(1, 4096, 4096); }) == second_first));
  auto direct = record;
  BOOST_TEST((runs_of(direct.write(1, 0, a).write_direct(1, 4096, b), profile("E", 4096)) == second_first));
  auto part = record;
  part.write(1, 0, std::string(8192, 'A'));
  BOOST_TEST((runs_of(part, profile("E", 4096)) == Set{"", "A8192"}));
  BOOST_TEST(runs_of(part.ask_for(1, 4096, 4096), profile("E", 4096)).contains(".4096A4096"));
}

BOOST_AUTO_TEST_CASE(on_ext4_a_write_into_a_punched_hole_comes_as_a_whole) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, std::string(12288, 'A')).sync(1).sync_folder().zero(1, 4000, 4192).sync(1);
  record.write(1, 4096, std::string(4096, 'B'));
  BOOST_TEST((runs_of(record, profile("E")) == Set{"A4000.4192A4096", "A4000.96B4096A4096"}));
}

BOOST_AUTO_TEST_CASE(on_ext4_a_size_that_was_set_over_lost_new_blocks_is_lost_with_all_metadata_behind_it) {
  HandWrittenRecord record;
  record.create(1, "a").sync(1).sync_folder().write(1, 0, std::string(4096, 'A')).truncate(1, 8192).create(2, "b");
  BOOST_TEST((outcomes(record, profile("E")) == Set{"a=;", "a=" + std::string(4096, 'A') + ";",
                                                    "a=" + std::string(4096, 'A') + std::string(4096, '\0') + ";",
                                                    "a=" + std::string(4096, 'A') + std::string(4096, '\0') + ";b=;"}));
}

BOOST_AUTO_TEST_CASE(on_ext4_a_write_to_a_hole_comes_as_a_whole_and_the_size_that_was_set_before_without_it) {
  HandWrittenRecord record;
  record.create(1, "a").sync(1).sync_folder().truncate(1, 16384).write(1, 0, std::string(8192, 'A'));
  BOOST_TEST((runs_of(record, profile("E", 4096)) == Set{"", ".16384", "A8192", "A8192.8192"}));
}

BOOST_AUTO_TEST_CASE(a_synchronous_write_saves_its_own_bytes_and_not_those_beside_it) {
  HandWrittenRecord record;
  record.create(1, "a")
      .write(1, 0, "abcd")
      .sync(1)
      .sync_folder()
      .write(1, 0, "12")
      .write(1, 2, "34")
      .sync_range(1, 2, 2);
  BOOST_TEST(
      (outcomes(record.create(2, "b"), profile("E", 2)) == Set{"a=ab34;", "a=1234;", "a=ab34;b=;", "a=1234;b=;"}));
}

BOOST_AUTO_TEST_CASE(what_a_failed_sync_should_have_saved_is_never_safe) {
  HandWrittenRecord record;
  record.create(1, "a").sync(1).write(1, 0, "x").sync(1, OperationKind::kSyncFailed).sync(1).create(2, "b");
  BOOST_TEST(outcomes(record, profile("E")).contains("a=;b=;"));
}

BOOST_AUTO_TEST_CASE(operations_are_told_in_paths) {
  HandWrittenRecord record;
  record.make_folder(5, "d").create(1, "t", 5).write(1, 0, "x").rename(5, "d", "e").write(1, 0, "y");
  const Recording recording = make_recording(record.operations());
  std::vector<std::string> paths;
  for (uint32_t i = 0; i < recording.size(); ++i) paths.push_back(recording.paths[i]);
  BOOST_TEST(paths == (std::vector<std::string>{"d", "d/t", "d/t", "d to e", "e/t"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(paths_are_of_one_kind_where_numbers_or_hashes_alone_differ) {
  OperationPaths paths;
  for (const char* const path :
       {"000012.log", "000013.log", "12.db", "objects/0123456789abcdef0", "000012.log", "objects/9876543210fedcba1"}) {
    paths.push_back(path);
  }
  BOOST_TEST(paths.general(0) == paths.general(1));
  BOOST_TEST(paths.general(0) != paths.general(2));
  BOOST_TEST(paths.general(3) == paths.general(5));
  const OperationPaths copy = paths;
  paths.push_back("another");
  BOOST_TEST(copy.size() == 6U);
  BOOST_TEST(copy[4] == "000012.log");
  BOOST_TEST(&copy[4] == &copy[0], "held once");
}

BOOST_AUTO_TEST_CASE(acknowledgements_count_from_the_crash_point_behind_them) {
  HandWrittenRecord record;
  record.create(1, "a").acknowledge("one").write(1, 0, "x").acknowledge("two");
  const Recording recording = make_recording(record.operations());
  BOOST_TEST(recording.size() == 2U);
  BOOST_TEST(recording.acked(0) == 0U);
  BOOST_TEST(recording.acked(1) == 1U);
  BOOST_TEST(recording.acked(2) == 2U);
}
