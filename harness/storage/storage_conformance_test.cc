// Goal: with no fault armed the power-loss file system is an ordinary file system: a long random sequence of operations
// gives the same answers, the same contents and the same tree on it and on a plain folder beside it.
// Method: each step is taken on both and everything that comes back is compared; then the trees are, and the record.
// CRASHWRIGHT_CONFORMANCE_STEPS and CRASHWRIGHT_CONFORMANCE_SEED make it longer and different.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "base/random.h"
#include "harness/storage/explore/program_call.h"
#include "harness/storage/folder_actor.h"
#include "harness/storage/mounted_folder.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr uint64_t kSteps = 4000;

uint64_t from_environment(const char* name, uint64_t standard) {
  const char* const text = std::getenv(name);
  return text == nullptr ? standard : std::strtoull(text, nullptr, 10);
}

// The first line in which the trees differ, short enough to read.
std::string first_difference(const std::string& one, const std::string& other) {
  std::istringstream lines(one);
  std::istringstream others(other);
  std::string line;
  std::string counterpart;
  while (std::getline(lines, line) && std::getline(others, counterpart)) {
    if (line != counterpart) return line.substr(0, 200) + " <> " + counterpart.substr(0, 200);
  }
  return one == other ? "" : "one tree has more entries";
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(random_operations_give_the_same_as_on_a_plain_folder, MountedFolder,
                        *boost::unit_test::precondition(fuse_possible)) {
  const uint64_t seed = from_environment("CRASHWRIGHT_CONFORMANCE_SEED", 41);
  const uint64_t steps = from_environment("CRASHWRIGHT_CONFORMANCE_STEPS", kSteps);
  BOOST_TEST_MESSAGE("seed " << seed);
  start();
  {
    FolderActor served(root + "/mount", seed);
    FolderActor plain(root + "/plain", seed);
    for (uint64_t step = 0; step < steps; ++step) {
      const std::string answer = served.step();
      BOOST_REQUIRE_MESSAGE(answer == plain.step(), "seed " << seed << " step " << step << ": served \"" << answer
                                                            << "\", plain \"" << plain.last() << "\"");
    }
    BOOST_TEST(first_difference(served.describe_tree(), plain.describe_tree()) == "");
    BOOST_TEST(served.ring_writes() > 0U);
    BOOST_TEST(served.mapped_stores() > 0U);
  }
  BOOST_REQUIRE(mount->flush());
  require_record_equals_folder();
}

// What the layer does not have is refused as the kernel refuses it for a file system without it, and changes nothing.
BOOST_FIXTURE_TEST_CASE(what_is_not_there_is_refused_as_by_a_file_system_without_it, MountedFolder,
                        *boost::unit_test::precondition(fuse_possible)) {
  start();
  const std::string path = in_mount("file");
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT, 0644));
  BOOST_REQUIRE(fd.valid());
  BOOST_REQUIRE(::ftruncate(fd.get(), 3 * 4096) == 0);
  const uint64_t before = record->size();
  const auto trouble_of = [](int64_t result) { return result < 0 ? errno : 0; };
  char value[16];
  BOOST_TEST(trouble_of(::setxattr(path.c_str(), "user.a", "b", 1, 0)) == EOPNOTSUPP);
  BOOST_TEST(trouble_of(::fsetxattr(fd.get(), "user.a", "b", 1, 0)) == EOPNOTSUPP);
  BOOST_TEST(trouble_of(::getxattr(path.c_str(), "user.a", value, sizeof value)) == EOPNOTSUPP);
  BOOST_TEST(trouble_of(::removexattr(path.c_str(), "user.a")) == EOPNOTSUPP);
  BOOST_TEST(::listxattr(path.c_str(), value, sizeof value) == 0);
  BOOST_TEST(::listxattr(path.c_str(), nullptr, 0) == 0);
  BOOST_TEST(trouble_of(::open(in_mount("").c_str(), O_RDWR | O_TMPFILE, 0600)) == EOPNOTSUPP);
  BOOST_TEST(trouble_of(::fallocate(fd.get(), FALLOC_FL_COLLAPSE_RANGE, 0, 4096)) == EOPNOTSUPP);
  BOOST_TEST(trouble_of(::fallocate(fd.get(), FALLOC_FL_INSERT_RANGE, 0, 4096)) == EOPNOTSUPP);
  BOOST_TEST(trouble_of(::mknod(in_mount("device").c_str(), S_IFCHR | 0600, 0x103)) == EPERM);
  BOOST_TEST(record->size() == before);
  require_record_equals_folder();
}

BOOST_FIXTURE_TEST_CASE(mode_and_owner_are_recorded_and_a_folder_that_differs_in_them_is_noticed, MountedFolder,
                        *boost::unit_test::precondition(fuse_possible)) {
  start();
  const std::string path = in_mount("file");
  BOOST_REQUIRE(UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT, 0644)).valid());
  BOOST_REQUIRE(::chmod(path.c_str(), 0440) == 0);
  BOOST_REQUIRE(::chown(path.c_str(), ::geteuid(), ::getegid()) == 0);
  const timespec times[2] = {{1'000'000, 5}, {2'000'000, 7}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  struct stat info {};
  BOOST_REQUIRE(::stat(path.c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 07777) == 0440U);
  BOOST_TEST(info.st_mtim.tv_sec == 2'000'000);
  BOOST_TEST(operations(OperationKind::kSetMode).size() == 1U);
  BOOST_TEST(operations(OperationKind::kSetOwner).size() == 1U);
  require_record_equals_folder();
  BOOST_REQUIRE(::chmod((root + "/backing/file").c_str(), 0777) == 0);
  BOOST_TEST(!mount->verify_record());
}

// fio checks itself what it reads back: random writes through io_uring, each synced, with a checksum in each block.
BOOST_FIXTURE_TEST_CASE(fio_reads_back_what_it_wrote_through_io_uring_with_a_sync_after_each_write, MountedFolder,
                        *boost::unit_test::precondition(fuse_possible)) {
  start();
  ProgramCall fio({"fio", "--name=verified", "--directory=" + root + "/mount", "--ioengine=io_uring", "--fsync=1",
                   "--verify=crc32c", "--verify_fatal=1", "--rw=randwrite", "--bsrange=512-16k", "--iodepth=8",
                   "--size=8M", "--randseed=41", "--output-format=terse"},
                  {}, std::chrono::minutes(4));
  const auto end = fio.run(root + "/plain");
  BOOST_REQUIRE(end);
  if (end->exited_with(kProgramNotStarted)) {
    std::puts("SKIPPED: fio is not installed (package fio)");
    return;
  }
  BOOST_TEST_MESSAGE(end->output);
  BOOST_TEST(end->exited_with(0), fio.describe(*end));
  BOOST_TEST(operations(OperationKind::kSyncFile).size() > 500U);
  uint64_t bytes = 0;
  for (const Operation& write : operations(OperationKind::kWrite)) bytes += write.size;
  BOOST_TEST(bytes >= uint64_t{8} << 20);
  require_record_equals_folder();
}
