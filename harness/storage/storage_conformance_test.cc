// Goal: with no fault armed the power-loss file system is an ordinary file system: a long random sequence of operations
// gives the same answers, the same contents and the same tree on it and on a plain folder beside it.
// Method: each step is taken on both and everything that comes back is compared; then the trees are, and the record.
// CRASHWRIGHT_CONFORMANCE_STEPS and CRASHWRIGHT_CONFORMANCE_SEED make it longer and different.
#include <boost/test/unit_test.hpp>
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
