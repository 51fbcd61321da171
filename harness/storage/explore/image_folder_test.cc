// Goal: an image has the attributes that the state keeps, whatever image or checker was there before.
// Method: records written down by hand become images, one after the other, in one folder.
#include "harness/storage/explore/image_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "harness/storage/explore/scratch_folder.h"
#include "harness/storage/hand_written_record.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr time_t kSet = 1'000'000'000;

struct Images {
  Images(const HandWrittenRecord& record, Profile profile)
      : recording(make_recording(record.operations())),
        model(recording, storage_profile(profile)),
        builder(model),
        scratch(ScratchFolder::create(ScratchFolder::Place::kMemory)) {
    BOOST_REQUIRE(scratch);
    auto made = ImageFolder::create(scratch->path(), recording);
    BOOST_REQUIRE(made);
    folder = std::move(*made);
  }
  // The hash of the image in which these operations are lost at the end of the run.
  uint64_t become(const std::vector<uint32_t>& lost, uint32_t point) {
    CrashState state{point, {}};
    for (const uint32_t index : lost) state.losses.set({index, {}});
    BOOST_REQUIRE(is_allowed(model, state));
    ImageTree& image = builder.build(state);
    Touched touched;
    builder.take_touched(touched);
    BOOST_REQUIRE(folder->become(image, std::move(touched)));
    return builder.hash();
  }
  [[nodiscard]] struct stat look(const std::string& name) const {
    struct stat info {};
    BOOST_REQUIRE(::lstat((folder->path() + "/" + name).c_str(), &info) == 0);
    return info;
  }
  [[nodiscard]] bool is_set(const std::string& name) const { return look(name).st_mtim.tv_sec == kSet; }

  Recording recording;
  DurabilityModel model;
  ImageBuilder builder;
  Result<ScratchFolder> scratch;
  std::unique_ptr<ImageFolder> folder;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_time_that_was_set_is_in_the_image_unless_it_is_lost) {
  HandWrittenRecord record;
  record.create(1, "file").write(1, 0, "text").sync(1).sync_folder().set_times(1, kSet, 7);
  Images images(record, Profile::kS);
  const uint64_t kept = images.become({}, 5);
  BOOST_TEST(images.is_set("file"));
  BOOST_TEST(images.look("file").st_mtim.tv_nsec == 7);
  const uint64_t lost = images.become({4}, 5);
  BOOST_TEST(!images.is_set("file"));
  BOOST_TEST(kept != lost);
  BOOST_TEST(images.become({}, 5) == kept);
  BOOST_TEST(images.is_set("file"));
}

BOOST_AUTO_TEST_CASE(a_later_change_that_is_kept_sets_the_time_to_the_present) {
  HandWrittenRecord record;
  record.create(1, "file").sync(1).sync_folder().set_times(1, kSet).write(1, 0, "text");
  Images images(record, Profile::kS);
  images.become({}, 5);
  BOOST_TEST(!images.is_set("file"));
  images.become({4}, 5);
  BOOST_TEST(images.is_set("file"));
}

BOOST_AUTO_TEST_CASE(the_time_of_a_folder_lasts_until_its_entries_change) {
  HandWrittenRecord record;
  record.make_folder(1, "folder").create(2, "a", 1).sync_folder().sync_folder(1).set_times(1, kSet).unlink(2, "a", 1);
  Images images(record, Profile::kS);
  images.become({}, 6);
  BOOST_TEST(!images.is_set("folder"));
  images.become({5}, 6);
  BOOST_TEST(images.is_set("folder"));
}

BOOST_AUTO_TEST_CASE(an_fsync_saves_times_and_fdatasync_does_not) {
  for (const auto& [sync, safe] : {std::pair{OperationKind::kSyncFile, true}, {OperationKind::kSyncData, false}}) {
    HandWrittenRecord record;
    record.create(1, "file").sync(1).sync_folder().set_times(1, kSet).sync(1, sync);
    for (const Profile profile : {Profile::kE, Profile::kS}) {
      BOOST_TEST(Images(record, profile).model.may_lose(3, 5) == !safe);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_checker_does_to_attributes_is_put_back) {
  HandWrittenRecord record;
  record.create(1, "file").sync(1).sync_folder().set_mode(1, 0640).set_times(1, kSet).sync(1).write(1, 0, "text");
  Images images(record, Profile::kS);
  images.become({6}, 7);
  const std::string path = images.folder->path() + "/file";
  BOOST_REQUIRE(::chmod(path.c_str(), 0777) == 0);
  BOOST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0);
  images.become({6}, 7);
  BOOST_TEST((images.look("file").st_mode & 07777) == 0640U);
  BOOST_TEST(images.is_set("file"));
}
