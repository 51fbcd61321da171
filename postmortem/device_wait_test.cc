// Goal: wherever a device can hold up a checkpoint, a recovery or the archive, the thread counts as waiting.
// Method: the calls that reach the device are this program's own here, and note whether the thread had said so.
#include "postmortem/device_wait.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <utility>

#include "postmortem/audit_archive.h"
#include "postmortem/audit_segments.h"
#include "postmortem/audit_test_support.h"
#include "postmortem/state_store.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

struct DeviceCalls {
  int made = 0;
  int unannounced = 0;
};
DeviceCalls calls;

// Of the threads that are watched; the audit log's own ones are none of ours.
void note_call() {
  const EngineThread* const self = EngineThread::current();
  if (self == nullptr) return;
  ++calls.made;
  if (!self->waiting()) ++calls.unannounced;
}

DeviceCalls take_calls() { return std::exchange(calls, {}); }

}  // namespace

extern "C" int fsync(int fd) {
  note_call();
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

extern "C" int fdatasync(int fd) {
  note_call();
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

extern "C" ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  note_call();
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

BOOST_AUTO_TEST_CASE(a_wait_inside_a_wait_ends_with_the_outer_one_and_without_a_thread_there_is_none) {
  {
    const DeviceWait nobody;
    BOOST_TEST(EngineThread::current() == nullptr);
  }
  EngineThread self("trading");
  {
    const DeviceWait outer;
    BOOST_TEST(self.waiting());
    { const DeviceWait inner; }
    BOOST_TEST(self.waiting());
  }
  BOOST_TEST(!self.waiting());
}

BOOST_AUTO_TEST_CASE(a_state_store_waits_for_its_device_in_every_call_that_reaches_it) {
  const ScratchFolder folder;
  EngineThread self("trading");
  auto store = StateStore::open({folder.file("state.bin"), Durability::kPowerLoss});
  BOOST_REQUIRE(store.has_value());
  const DeviceCalls opened = take_calls();
  BOOST_TEST(opened.made >= 3);  // the new file, its name, and what a predecessor may have left
  BOOST_TEST(opened.unannounced == 0);
  const std::byte payload[100]{};
  BOOST_REQUIRE((*store)->write({1}, payload).has_value());
  const DeviceCalls written = take_calls();
  BOOST_TEST(written.made == 2);
  BOOST_TEST(written.unannounced == 0);
  BOOST_TEST(!self.waiting());
}

BOOST_AUTO_TEST_CASE(what_recovery_syncs_and_archives_of_the_audit_log_counts_as_waiting) {
  const ScratchFolder folder;
  const std::string path = folder.file("audit.log");
  constexpr uint64_t kRecords = 1000;
  {
    auto log = AuditLog::open({.path = path, .segment_bytes = 8192}, nullptr);
    BOOST_REQUIRE(log.has_value());
    for (uint64_t i = 0; i < kRecords; ++i) {
      AuditRecord record{};
      record.type = AuditRecordType::kIntentEnter;
      BOOST_REQUIRE((*log)->append(record) == i + 1);
    }
    BOOST_REQUIRE((*log)->close().has_value());
  }
  EngineThread self("trading");
  take_calls();
  BOOST_REQUIRE(sync_audit_log(path).has_value());
  const DeviceCalls synced = take_calls();
  BOOST_TEST(synced.made >= 3);
  BOOST_TEST(synced.unannounced == 0);
  BOOST_TEST(archive_audit_segments(path, kRecords, Durability::kPowerLoss).value() > 0U);
  const DeviceCalls archived = take_calls();
  BOOST_TEST(archived.made == 2);
  BOOST_TEST(archived.unannounced == 0);
  BOOST_TEST(!self.waiting());
}
