// Goal: sync(2) and syncfs(2) of a program make durable what came before them, its mapped stores too, and a sync of
// another file system does not; msync makes durable what it is about, and nothing else is taken for one.
// Method: small programs are recorded in a mount; the record is read.
#include "harness/storage/explore/call_watch.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "harness/storage/explore/call_places.h"
#include "harness/storage/explore/program_run.h"
#include "harness/storage/explore/recording.h"
#include "harness/storage/explore/scratch_folder.h"
#include "harness/storage/mounted_folder.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

struct Recorded {
  explicit Recorded(const std::vector<std::string>& argv) : work(ScratchFolder::create(ScratchFolder::Place::kDisk)) {
    BOOST_REQUIRE(work);
    ProgramRun program;
    program.argv = argv;
    program.work = work->path();
    auto recorded = record_program(program);
    BOOST_REQUIRE_MESSAGE(recorded, (recorded ? "" : recorded.error().message));
    run = std::move(*recorded);
    recording = make_recording(run.record->first(run.record->size()));
    durable = durable_from(recording, storage_profile(Profile::kS));
  }
  // Operations of this kind, and how many of them are durable by the sync that stands behind them.
  [[nodiscard]] std::pair<size_t, size_t> saved(OperationKind kind) const {
    size_t all = 0;
    size_t safe = 0;
    for (uint32_t i = recording.initial; i < recording.size(); ++i) {
      if (recording.operations[i].kind != kind) continue;
      ++all;
      const uint32_t by = durable[i];
      if (by != kNeverDurable && recording.operations[by].kind == OperationKind::kSyncAll) ++safe;
    }
    return {all, safe};
  }

  Result<ScratchFolder> work;
  RecordedRun run;
  Recording recording;
  std::vector<uint32_t> durable;
};

using Count = std::pair<size_t, size_t>;

}  // namespace

BOOST_AUTO_TEST_CASE(a_sync_of_the_machine_makes_everything_before_it_durable,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Recorded recorded({"sh", "-c", "echo one > a; sync; echo ack 1; echo two > b"});
  BOOST_TEST((recorded.saved(OperationKind::kCreate) == Count{2, 1}));
  BOOST_TEST((recorded.saved(OperationKind::kWrite) == Count{2, 1}));
  BOOST_REQUIRE(recorded.recording.tokens.size() == 1U);
  const uint32_t at = recorded.recording.acked_before.front();
  BOOST_TEST((recorded.recording.operations[at - 1].kind == OperationKind::kSyncAll));
}

BOOST_AUTO_TEST_CASE(a_sync_of_the_file_system_counts_and_that_of_another_does_not,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Recorded recorded({"sh", "-c", "echo one > a; sync -f a; echo two > b; sync -f /proc/self/status"});
  BOOST_TEST((recorded.saved(OperationKind::kWrite) == Count{2, 1}));
  BOOST_TEST((recorded.saved(OperationKind::kSyncAll).first == 1U));
}

BOOST_AUTO_TEST_CASE(a_program_that_is_killed_in_its_sync_or_calls_it_from_many_processes_ends,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Recorded recorded({"sh", "-c",
                           "for i in 1 2 3 4 5 6 7 8; do (echo $i > f$i; sync) & done; wait; "
                           "sync & kill -9 $!; wait; exit 0"});
  BOOST_TEST((recorded.saved(OperationKind::kWrite) == Count{8, 8}));
}

namespace {

// What the record holds of the syncs of files, as "kind offset size".
std::vector<std::string> syncs_of(const Recorded& recorded) {
  std::vector<std::string> found;
  for (uint32_t i = recorded.recording.initial; i < recorded.recording.size(); ++i) {
    const Operation& operation = recorded.recording.operations[i];
    if (!is_sync(operation.kind) || operation.kind == OperationKind::kSyncFolder) continue;
    found.push_back(std::string(operation_name(operation.kind)) + " " + std::to_string(operation.offset) + " " +
                    std::to_string(operation.size));
  }
  return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_msync_of_a_part_of_a_page_is_one_of_the_page, *boost::unit_test::precondition(fuse_possible)) {
  const Recorded recorded({"python3", "-c",
                           "import mmap, os\n"
                           "fd = os.open('f', os.O_RDWR | os.O_CREAT)\n"
                           "os.ftruncate(fd, 8192)\n"
                           "m = mmap.mmap(fd, 8192)\n"
                           "m[0:5000] = b'x' * 5000\n"
                           "m.flush(0, 5000)\n"});
  const auto syncs = syncs_of(recorded);
  BOOST_REQUIRE(syncs.size() == 1U);
  BOOST_TEST(syncs[0].ends_with(" 0 8192"), syncs[0]);
}

BOOST_AUTO_TEST_CASE(an_msync_that_reaches_no_file_leaves_the_next_fsync_alone,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Recorded recorded({"python3", "-c",
                           "import mmap, os\n"
                           "fd = os.open('f', os.O_RDWR | os.O_CREAT)\n"
                           "os.ftruncate(fd, 16384)\n"
                           "m = mmap.mmap(os.open('f', os.O_RDONLY), 4096, mmap.MAP_SHARED, mmap.PROT_READ)\n"
                           "m.flush(0, 4096)\n"
                           "os.pwrite(fd, b'x' * 500, 8192)\n"
                           "os.fsync(fd)\n"});
  BOOST_TEST(syncs_of(recorded) == std::vector<std::string>{"fsync 0 0"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_only_asked_for_is_on_record_and_durable_never,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Recorded recorded({"python3", "-c",
                           "import ctypes, mmap, os\n"
                           "libc = ctypes.CDLL(None, use_errno=True)\n"
                           "fd = os.open('f', os.O_RDWR | os.O_CREAT)\n"
                           "os.ftruncate(fd, 8192)\n"
                           "m = mmap.mmap(fd, 8192)\n"
                           "m[4096:4100] = b'data'\n"
                           "at = ctypes.addressof(ctypes.c_char.from_buffer(m))\n"
                           "assert libc.msync(ctypes.c_void_p(at + 4096), 4096, 1) == 0\n"
                           "assert libc.sync_file_range(fd, ctypes.c_long(100), ctypes.c_long(0), 7) == 0\n"});
  std::vector<std::string> asked;
  for (uint32_t i = recorded.recording.initial; i < recorded.recording.size(); ++i) {
    const Operation& operation = recorded.recording.operations[i];
    if (operation.kind == OperationKind::kWrite) BOOST_TEST(recorded.durable[i] == kNeverDurable);
    if (operation.kind != OperationKind::kAskedFor) continue;
    asked.push_back(std::to_string(operation.offset) + " " + std::to_string(operation.size));
  }
  BOOST_TEST(asked == (std::vector<std::string>{"4096 4096", "100 8092"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_begins_a_write_back_is_told_from_what_only_asks,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Recorded recorded({"python3", "-c",
                           "import ctypes, mmap, os\n"
                           "libc = ctypes.CDLL(None, use_errno=True)\n"
                           "fd = os.open('f', os.O_RDWR | os.O_CREAT)\n"
                           "os.ftruncate(fd, 8192)\n"
                           "m = mmap.mmap(fd, 8192)\n"
                           "m[0:4] = b'data'\n"
                           "at = ctypes.addressof(ctypes.c_char.from_buffer(m))\n"
                           "assert libc.msync(ctypes.c_void_p(at), 4096, 1) == 0\n"
                           "wait, write = 1, 2\n"
                           "for how in (wait, write):\n"
                           "    assert libc.sync_file_range(fd, ctypes.c_long(0), ctypes.c_long(4096), how) == 0\n"
                           "os.posix_fadvise(fd, 0, 4096, os.POSIX_FADV_WILLNEED)\n"
                           "os.posix_fadvise(fd, 0, 4096, os.POSIX_FADV_NOREUSE)\n"
                           "os.posix_fadvise(fd, 4096, 0, os.POSIX_FADV_DONTNEED)\n"
                           "direct = os.open('g', os.O_RDWR | os.O_CREAT | os.O_DIRECT)\n"
                           "block = mmap.mmap(-1, 4096)\n"
                           "os.writev(direct, [block])\n"
                           "os.pwrite(os.open('h', os.O_RDWR | os.O_CREAT), b'cached', 0)\n"});
  std::vector<std::string> seen;
  for (uint32_t i = recorded.recording.initial; i < recorded.recording.size(); ++i) {
    const Operation& operation = recorded.recording.operations[i];
    const bool asks = operation.kind == OperationKind::kAskedFor || operation.kind == OperationKind::kDropCache;
    const bool writes = operation.kind == OperationKind::kWrite && (operation.flags & kFromMapping) == 0;
    if (!asks && !writes) continue;
    seen.push_back(std::string(operation_name(operation.kind)) + " " + std::to_string(operation.offset) + " " +
                   std::to_string(operation.size) + (begins_write_back(operation) ? " first" : ""));
  }
  const std::vector<std::string> expected{"asynchronous sync 0 4096",
                                          "asynchronous sync 0 4096",
                                          "asynchronous sync 0 4096 first",
                                          "dropping from the cache 4096 4096 first",
                                          "write 0 4096 first",
                                          "write 0 6"};
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_script_issues_is_not_told_by_the_insides_of_its_interpreter,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Recorded recorded({"python3", "-c", "open('f', 'w').write('x')"});
  const auto places = CallPlaces::read(recorded.work->path() + "/record");
  BOOST_REQUIRE(places);
  for (uint32_t i = recorded.recording.initial; i < recorded.recording.size(); ++i) {
    const std::string text = (*places)->text(recorded.recording.operations[i].place);
    BOOST_TEST(text.find("a script of python3") == 0U, text);
    BOOST_TEST(text.find("Py") == std::string::npos, text);
  }
}

BOOST_AUTO_TEST_CASE(a_store_through_a_mapping_stands_where_the_call_is_before_which_it_came_down,
                     *boost::unit_test::precondition(fuse_possible)) {
  const Recorded recorded({"python3", "-c",
                           "import mmap, os\n"
                           "fd = os.open('f', os.O_RDWR | os.O_CREAT)\n"
                           "os.ftruncate(fd, 8192)\n"
                           "m = mmap.mmap(fd, 8192)\n"
                           "os.pwrite(fd, b'plain', 0)\n"
                           "m[4096:4100] = b'data'\n"
                           "os.fsync(fd)\n"});
  uint16_t plain = 0;
  uint16_t stored = 0;
  uint16_t synced = 0;
  for (const Operation& operation : recorded.recording.operations) {
    if ((operation.flags & kInitial) != 0) continue;
    const bool from_mapping = (operation.flags & kFromMapping) != 0;
    if (operation.kind == OperationKind::kWrite) (from_mapping ? stored : plain) = operation.place;
    if (operation.kind == OperationKind::kSyncFile) synced = operation.place;
  }
  BOOST_TEST(stored != 0U);
  BOOST_TEST(stored == synced);
  BOOST_TEST(stored != plain);
}
