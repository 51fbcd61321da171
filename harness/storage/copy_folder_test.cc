// Goal: a copy of a folder is that folder for every program that looks at it.
#include "harness/storage/copy_folder.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <filesystem>

#include "base/file.h"
#include "harness/runner/testing/temporary_folder.h"

namespace fs = std::filesystem;
using namespace crashwright;

namespace {

struct stat status_of(const std::string& path) {
  struct stat info {};
  BOOST_REQUIRE_MESSAGE(::lstat(path.c_str(), &info) == 0, path);
  return info;
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_of_one_file_stay_names_of_one_file) {
  const harness::TemporaryFolder folder;
  const std::string from = folder.path() + "/from";
  fs::create_directories(from + "/sub");
  BOOST_REQUIRE(write_file(from + "/a", "old"));
  fs::create_hard_link(from + "/a", from + "/sub/b");
  BOOST_REQUIRE(harness::copy_folder(from, folder.path() + "/to"));
  const struct stat one = status_of(folder.path() + "/to/a");
  const struct stat other = status_of(folder.path() + "/to/sub/b");
  BOOST_TEST(one.st_ino == other.st_ino);
  BOOST_TEST(one.st_nlink == 2U);
  BOOST_TEST(one.st_ino != status_of(from + "/a").st_ino);
  BOOST_TEST(read_file(folder.path() + "/to/sub/b").value() == "old");
}

BOOST_AUTO_TEST_CASE(holes_modes_times_and_special_files_stay_what_they_are) {
  const harness::TemporaryFolder folder;
  const std::string from = folder.path() + "/from";
  const std::string to = folder.path() + "/to";
  fs::create_directory(from);
  BOOST_REQUIRE(write_file(from + "/sparse", "head"));
  fs::resize_file(from + "/sparse", uint64_t{1} << 40);
  ::chmod((from + "/sparse").c_str(), 0640);
  const timespec times[] = {{1'000'000, 0}, {2'000'000, 5}};
  ::utimensat(AT_FDCWD, (from + "/sparse").c_str(), times, 0);
  ::mkfifo((from + "/pipe").c_str(), 0600);
  BOOST_REQUIRE(::mknod((from + "/socket").c_str(), S_IFSOCK | 0600, 0) == 0);
  fs::create_symlink("nowhere", from + "/link");
  BOOST_REQUIRE(harness::copy_folder(from, to));
  const struct stat sparse = status_of(to + "/sparse");
  BOOST_TEST(sparse.st_size == int64_t{1} << 40);
  BOOST_TEST(sparse.st_blocks < 100);
  BOOST_TEST((sparse.st_mode & 07777) == 0640U);
  BOOST_TEST(sparse.st_mtim.tv_sec == 2'000'000);
  BOOST_TEST(S_ISFIFO(status_of(to + "/pipe").st_mode));
  BOOST_TEST(S_ISSOCK(status_of(to + "/socket").st_mode));
  BOOST_TEST(fs::read_symlink(to + "/link") == "nowhere");
}

BOOST_AUTO_TEST_CASE(what_is_no_folder_is_refused) {
  const harness::TemporaryFolder folder;
  BOOST_REQUIRE(write_file(folder.path() + "/file", "text"));
  const auto copied = harness::copy_folder(folder.path() + "/file", folder.path() + "/to");
  BOOST_REQUIRE(!copied);
  BOOST_TEST(copied.error().message.ends_with("/file is no folder"));
  BOOST_TEST(!fs::exists(folder.path() + "/to"));
}
