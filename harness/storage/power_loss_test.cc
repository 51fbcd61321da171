// Goal: each profile loses what it may lose and nothing more. Method: hand-written records, all seeds of a small range.
#include "harness/storage/power_loss.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "base/file.h"
#include "harness/storage/hand_written_record.h"
#include "harness/storage/lost_operations.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr uint64_t kSeeds = 200;

// The tree as "name=content;" text.
std::string render(const TreeModel& tree) {
  char folder[] = "/tmp/crashwright-image-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(folder) != nullptr);
  BOOST_REQUIRE(tree.write_out(folder));
  std::set<std::string> entries;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    entries.insert(entry.path().filename().string() + "=" + read_file(entry.path()).value() + ";");
  }
  std::filesystem::remove_all(folder);
  std::string text;
  for (const std::string& entry : entries) text += entry;
  return text;
}

std::set<std::string> outcomes(const HandWrittenRecord& record, char profile, uint32_t unit = 512) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    seen.insert(render(power_loss_image(record.operations(), {profile, seed, unit}).tree));
  }
  return seen;
}

using Set = std::set<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(process_death_loses_nothing) {
  BOOST_TEST((outcomes(HandWrittenRecord().create(1, "a").write(1, 0, "x"), 'K') == Set{"a=x;"}));
}

BOOST_AUTO_TEST_CASE(synced_data_survives_on_ext4_with_its_name) {
  BOOST_TEST((outcomes(HandWrittenRecord().create(1, "a").write(1, 0, "x").sync(1), 'E') == Set{"a=x;"}));
}

BOOST_AUTO_TEST_CASE(unsynced_data_may_be_lost_on_ext4) {
  const auto record = HandWrittenRecord().create(1, "a").write(1, 0, "x").sync(1).write(1, 0, "y");
  BOOST_TEST((outcomes(record, 'E') == Set{"a=x;", "a=y;"}));
}

BOOST_AUTO_TEST_CASE(the_size_of_an_append_may_outlive_its_bytes) {
  const auto record = HandWrittenRecord().create(1, "a").write(1, 0, "x").sync(1).sync_folder().write(1, 1, "y");
  const std::string zeros("a=x\0;", 5);
  BOOST_TEST((outcomes(record, 'E') == Set{"a=x;", "a=xy;", zeros}));
  BOOST_TEST((outcomes(record, 'S') == Set{"a=x;", "a=xy;", zeros}));
}

BOOST_AUTO_TEST_CASE(a_data_sync_of_a_renamed_file_does_not_save_its_new_name_on_ext4) {
  const auto record = HandWrittenRecord().create(1, "t").write(1, 0, "x").sync(1).rename(1, "t", "a");
  auto data_synced = record;
  auto synced = record;
  BOOST_TEST((outcomes(data_synced.sync(1, OperationKind::kSyncData), 'E') == Set{"t=x;", "a=x;"}));
  BOOST_TEST((outcomes(synced.sync(1), 'E') == Set{"a=x;"}));
}

BOOST_AUTO_TEST_CASE(a_file_sync_does_not_save_its_name_on_strict_posix) {
  BOOST_TEST((outcomes(HandWrittenRecord().create(1, "a").write(1, 0, "x").sync(1), 'S') == Set{"", "a=x;"}));
}

BOOST_AUTO_TEST_CASE(file_and_folder_sync_save_both_on_strict_posix) {
  const auto record = HandWrittenRecord().create(1, "a").write(1, 0, "x").sync(1).sync_folder();
  BOOST_TEST((outcomes(record, 'S') == Set{"a=x;"}));
}

BOOST_AUTO_TEST_CASE(a_synchronous_write_saves_its_own_bytes_and_no_earlier_ones) {
  const auto record = HandWrittenRecord()
                          .create(1, "a")
                          .write(1, 0, "..")
                          .sync(1)
                          .sync_folder()
                          .write(1, 0, "A")
                          .write(1, 1, "B")
                          .sync_range(1, 1, 1);
  BOOST_TEST((outcomes(record, 'E') == Set{"a=.B;", "a=AB;"}));
  BOOST_TEST((outcomes(record, 'S') == Set{"a=.B;", "a=AB;"}));
}

BOOST_AUTO_TEST_CASE(an_unsynced_rename_happens_wholly_or_not_at_all) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "old").sync(1).create(2, "b").write(2, 0, "new").sync(2).sync_folder();
  record.rename(2, "b", "a", 1);
  const Set allowed{"a=old;b=new;", "a=new;"};
  BOOST_TEST((outcomes(record, 'S') == allowed));
  BOOST_TEST((outcomes(record, 'E') == allowed));
}

BOOST_AUTO_TEST_CASE(later_metadata_is_lost_as_a_suffix_on_ext4_and_one_by_one_on_strict_posix) {
  const auto record = HandWrittenRecord().create(1, "a").create(2, "b");
  BOOST_TEST((outcomes(record, 'E') == Set{"", "a=;", "a=;b=;"}));
  BOOST_TEST((outcomes(record, 'S') == Set{"", "a=;", "a=;b=;", "b=;"}));
}

BOOST_AUTO_TEST_CASE(an_unsynced_write_tears_at_its_units) {
  const auto record = HandWrittenRecord().create(1, "a").write(1, 0, "....").sync(1).write(1, 0, "AABB");
  BOOST_TEST((outcomes(record, 'E', 2) == Set{"a=....;", "a=AA..;", "a=..BB;", "a=AABB;"}));
}

BOOST_AUTO_TEST_CASE(no_more_is_lost_than_allowed_and_a_larger_limit_takes_away_the_same_and_more) {
  const auto record =
      HandWrittenRecord().create(1, "a").write(1, 0, "......").sync(1).sync_folder().write(1, 0, "AABBCC");
  const auto lost_units = [&](char profile, uint64_t seed, uint64_t lost_max) {
    const std::string text = render(power_loss_image(record.operations(), {profile, seed, 2, lost_max}).tree);
    return std::count(text.begin(), text.end(), '.') / 2;
  };
  for (const char profile : {'E', 'S'}) {
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const auto all = lost_units(profile, seed, UINT64_MAX);
      for (uint64_t limit = 1; limit <= 3; ++limit) {
        BOOST_TEST(lost_units(profile, seed, limit) == std::min<long>(all, static_cast<long>(limit)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_lost_is_told_in_words) {
  HandWrittenRecord record;
  record.create(1, "a").write(1, 0, "....").sync(1).write(1, 0, "AABB").create(2, "b").rename(2, "b", "c", kNoNode);
  Set lines;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const PowerLossImage image = power_loss_image(record.operations(), {'S', seed, 2});
    std::istringstream text(lost_operations_text(record.operations(), image.lost, 2));
    for (std::string line; std::getline(text, line);) lines.insert(line);
  }
  BOOST_TEST((lines == Set{"create of /a", "create of /b", "rename of /b to /c", "write of 4 bytes at 0 of /a",
                           "write of 4 bytes at 0 of /a, torn: 1 of its 2 units of 2 bytes lost"}));
}

BOOST_AUTO_TEST_CASE(later_metadata_is_lost_as_a_suffix_of_no_more_than_allowed) {
  const auto record = HandWrittenRecord().create(1, "a").create(2, "b");
  Set seen;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    seen.insert(render(power_loss_image(record.operations(), {'E', seed, 512, 1}).tree));
  }
  BOOST_TEST((seen == Set{"a=;", "a=;b=;"}));
}

BOOST_AUTO_TEST_CASE(data_dropped_by_a_failed_sync_stays_lost_after_a_later_sync) {
  const auto record =
      HandWrittenRecord().create(1, "a").write(1, 0, "lost").sync(1, OperationKind::kSyncFailed).sync(1);
  BOOST_TEST(outcomes(record, 'E', 512).contains("a=;"));
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_image) {
  const auto record = HandWrittenRecord().create(1, "a").write(1, 0, std::string(4096, 'x')).create(2, "b");
  for (uint64_t seed = 1; seed < 20; ++seed) {
    BOOST_TEST(render(power_loss_image(record.operations(), {'S', seed, 512}).tree) ==
               render(power_loss_image(record.operations(), {'S', seed, 512}).tree));
  }
}
