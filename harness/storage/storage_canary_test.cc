// Goal: the canary tells safe writers from unsafe ones, and would notice a layer that cannot. Method: the real canary
// on a real mount; and its judgement on records from which syncs were taken or to which they were added.
#include "harness/storage/storage_canary.h"

#include "harness/storage/hand_written_record.h"
#include "harness/storage/mounted_folder.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

const CanaryWriter& writer(const std::string& name) {
  for (const CanaryWriter& candidate : canary_writers()) {
    if (candidate.name == name) return candidate;
  }
  BOOST_FAIL("no such writer");
  return canary_writers().front();
}

HandWrittenRecord write_record(bool synced) {
  HandWrittenRecord record;
  record.make_folder(1, "safe_write").sync_folder().create(2, "file", 1).truncate(2, 9).sync(2).sync_folder(1);
  record.write(2, 0, "committed");
  if (synced) record.sync(2, OperationKind::kSyncData);
  return record;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_canary_is_told_from_its_opposite, *boost::unit_test::precondition(fuse_possible)) {
  char path[] = "/tmp/crashwright-canary-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(path) != nullptr);
  const auto told = run_storage_canary(path);
  BOOST_TEST(told.has_value(), (told ? "" : told.error().message));
  std::filesystem::remove_all(path);
}

BOOST_AUTO_TEST_CASE(a_layer_that_misses_a_sync_or_invents_one_is_noticed) {
  BOOST_TEST(judge_canary(writer("safe_write"), write_record(true).operations()).kept_always);
  const CanaryFinding missed = judge_canary(writer("safe_write"), write_record(false).operations());
  BOOST_TEST(!missed.kept_always);
  BOOST_TEST(missed.kept_ever);
}

BOOST_FIXTURE_TEST_CASE(each_way_of_writing_is_recorded_as_what_it_is, MountedFolder,
                        *boost::unit_test::precondition(fuse_possible)) {
  start();
  for (const CanaryWriter& each : canary_writers()) {
    BOOST_REQUIRE(::mkdir(in_mount(each.name).c_str(), 0755) == 0);
    BOOST_REQUIRE(each.run(in_mount(each.name)));
  }
  const auto syncs_of = [&](const std::string& name) {
    std::string kinds;
    NodeId folder = kNoNode;
    NodeId file = kNoNode;
    for (const Operation& operation : record->first(record->size())) {
      if (operation.kind == OperationKind::kMakeFolder && operation.name == name) folder = operation.node;
      if (operation.kind == OperationKind::kCreate && operation.parent == folder) file = operation.node;
      if (operation.node != file || !(is_sync(operation.kind) || operation.kind == OperationKind::kWrite)) continue;
      kinds += std::string(operation_name(operation.kind)) +
               ((operation.flags & kFromMapping) != 0 ? " (mapped)" : "") + "; ";
    }
    return kinds;
  };
  BOOST_TEST(syncs_of("safe_write") == "fsync; write; fdatasync; ");
  BOOST_TEST(syncs_of("safe_mmap") == "fsync; write (mapped); fdatasync; ");
  BOOST_TEST(syncs_of("safe_io_uring") == "fsync; write; synchronous write; ");
  BOOST_TEST(syncs_of("unsafe_io_uring") == "fsync; write; ");
  BOOST_TEST(operations(OperationKind::kCreate).front().pid == ::getpid());
}
