// Goal: what goes through the mount is recorded exactly, faults hit the operation they are armed for, and nothing is
// left behind. Method: a real mount in a temporary folder, driven with write, O_DSYNC, rename and io_uring. Where FUSE
// is not possible the cases say so and are skipped by Boost's precondition, never passed.
#include "harness/storage/storage_mount.h"

#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "harness/runner/detach_mount.h"
#include "harness/runner/proc_info.h"
#include "postmortem/control_block.h"

using namespace crashwright;
using namespace crashwright::harness;
using postmortem::ControlBlock;
using postmortem::FaultAction;
using postmortem::FaultState;

namespace {

boost::test_tools::assertion_result fuse_possible(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result possible(::access("/dev/fuse", R_OK | W_OK) == 0);
  possible.message() << "/dev/fuse is not usable here";
  return possible;
}

struct Fixture {
  Fixture() {
    char path[] = "/tmp/crashwright-storage-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root = path;
    for (const char* name : {"backing", "mount", "image"}) ::mkdir((root + "/" + name).c_str(), 0755);
    control_fd = ::memfd_create("control", 0);
    BOOST_REQUIRE(::ftruncate(control_fd, sizeof(ControlBlock)) == 0);
    block = static_cast<ControlBlock*>(
        ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, control_fd, 0));
    postmortem::initialise_control_block(*block);
  }
  ~Fixture() {
    mount.reset();
    ::munmap(block, sizeof(ControlBlock));
    ::close(control_fd);
    std::filesystem::remove_all(root);
  }

  void start(char profile, uint64_t seed = 1) {
    StorageOptions options;
    options.backing = root + "/backing";
    options.mount_point = root + "/mount";
    options.control_fd = control_fd;
    options.profile = profile;
    options.seed = seed;
    auto started = StorageMount::start(options);
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    mount = std::move(*started);
  }

  // Arms and fires in one go, as the engine does at its fault point.
  void fire(FaultAction action, const std::string& file, int64_t argument) {
    block->fault_count = 1;
    block->faults[0].action = action;
    block->faults[0].file.assign(file);
    block->faults[0].args[0] = argument;
    block->faults[0].state = FaultState::kFired;
  }

  std::string in_mount(const std::string& name) const { return root + "/mount/" + name; }

  std::string root;
  int control_fd = -1;
  ControlBlock* block = nullptr;
  std::unique_ptr<StorageMount> mount;
};

bool is_mounted(const std::string& path) {
  std::ifstream mounts("/proc/mounts");
  std::string line;
  while (std::getline(mounts, line)) {
    if (line.find(" " + path + " ") != std::string::npos) return true;
  }
  return false;
}

int ring_write(int fd, const std::string& text, uint64_t offset, int rw_flags) {
  io_uring ring;
  BOOST_REQUIRE(io_uring_queue_init(4, &ring, 0) == 0);
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring);
  io_uring_prep_write(sqe, fd, text.data(), static_cast<unsigned>(text.size()), offset);
  sqe->rw_flags = rw_flags;
  io_uring_submit(&ring);
  io_uring_cqe* cqe = nullptr;
  BOOST_REQUIRE(io_uring_wait_cqe(&ring, &cqe) == 0);
  const int result = cqe->res;
  io_uring_queue_exit(&ring);
  return result;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_passes_through_is_recorded_byte_for_byte, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('E');
  BOOST_REQUIRE(write_file(in_mount("plain"), "one"));
  BOOST_REQUIRE(write_file_atomic(in_mount("atomic"), "two"));
  BOOST_REQUIRE(::mkdir(in_mount("folder").c_str(), 0755) == 0);
  BOOST_REQUIRE(write_file(in_mount("folder/inner"), "three"));
  BOOST_REQUIRE(::truncate(in_mount("plain").c_str(), 1) == 0);
  BOOST_REQUIRE(::link(in_mount("plain").c_str(), in_mount("second_name").c_str()) == 0);
  BOOST_REQUIRE(::unlink(in_mount("folder/inner").c_str()) == 0);
  BOOST_TEST(read_file(in_mount("second_name")).value() == "o");
  const auto same = mount->verify_record();
  BOOST_TEST(same.has_value());
  BOOST_TEST(mount->stop().has_value());
  BOOST_TEST(!is_mounted(root + "/mount"));
}

BOOST_FIXTURE_TEST_CASE(a_record_that_differs_from_the_folder_is_noticed, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('E');
  BOOST_REQUIRE(write_file(in_mount("file"), "one"));
  BOOST_REQUIRE(write_file(root + "/backing/file", "two"));  // behind the layer's back
  const auto same = mount->verify_record();
  BOOST_REQUIRE(!same);
  BOOST_TEST(same.error().message.find("differs from the replay") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(only_what_was_synced_is_sure_to_survive_a_power_loss, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('S');
  BOOST_REQUIRE(write_file_atomic(in_mount("synced"), "safe"));
  const auto lost = mount->materialise(root + "/image");
  BOOST_REQUIRE(lost);
  BOOST_TEST(read_file(root + "/image/synced").value() == "safe");
}

BOOST_FIXTURE_TEST_CASE(write_dsync_through_io_uring_counts_as_a_sync, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('E');
  const int fd = ::open(in_mount("log").c_str(), O_RDWR | O_CREAT, 0644);
  BOOST_REQUIRE(fd >= 0);
  BOOST_TEST(ring_write(fd, "durable", 0, RWF_DSYNC) == 7);
  BOOST_TEST(ring_write(fd, "VOLATILE", 0, 0) == 8);
  ::close(fd);
  BOOST_REQUIRE(mount->materialise(root + "/image"));
  const std::string content = read_file(root + "/image/log").value();
  BOOST_TEST((content == "durable" || content == "VOLATILE"));
}

BOOST_FIXTURE_TEST_CASE(no_space_is_reported_once_and_confirmed, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('K');
  const int fd = ::open(in_mount("audit.log").c_str(), O_RDWR | O_CREAT, 0644);
  fire(FaultAction::kEnospc, "audit.log", 0);
  BOOST_TEST(::pwrite(fd, "x", 1, 0) == -1);
  BOOST_TEST(errno == ENOSPC);
  BOOST_TEST((block->faults[0].state == FaultState::kConfirmed));
  BOOST_TEST(::pwrite(fd, "x", 1, 0) == 1);
  ::close(fd);
}

BOOST_FIXTURE_TEST_CASE(a_short_write_reports_what_was_written, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('K');
  const int fd = ::open(in_mount("audit.log").c_str(), O_RDWR | O_CREAT, 0644);
  fire(FaultAction::kShortWrite, "audit.log", 3);
  BOOST_TEST(ring_write(fd, "abcdef", 0, 0) == 3);
  ::close(fd);
  BOOST_TEST(read_file(in_mount("audit.log")).value() == "abc");
}

BOOST_FIXTURE_TEST_CASE(a_fault_for_another_file_leaves_this_one_alone, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('K');
  fire(FaultAction::kEnospc, "audit.log", 0);
  BOOST_TEST(write_file(in_mount("state.bin"), "fine").has_value());
  BOOST_TEST((block->faults[0].state == FaultState::kFired));
}

BOOST_FIXTURE_TEST_CASE(a_failed_sync_is_reported_once_and_its_data_never_becomes_durable, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('E', 4);
  const int fd = ::open(in_mount("audit.log").c_str(), O_RDWR | O_CREAT, 0644);
  BOOST_REQUIRE(::fsync(fd) == 0);
  BOOST_REQUIRE(::pwrite(fd, "acknowledged?", 13, 0) == 13);
  fire(FaultAction::kEioFsync, "audit.log", 0);
  BOOST_TEST(::fdatasync(fd) == -1);
  BOOST_TEST(errno == EIO);
  BOOST_TEST(::fdatasync(fd) == 0);  // the trap: the next one succeeds
  ::close(fd);
  BOOST_TEST(read_file(in_mount("audit.log")).value() == "acknowledged?");
}

BOOST_FIXTURE_TEST_CASE(a_torn_write_keeps_its_prefix_and_asks_for_the_kill, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('K');
  const int fd = ::open(in_mount("audit.log").c_str(), O_RDWR | O_CREAT, 0644);
  fire(FaultAction::kTornWrite, "audit.log", 2);
  std::thread harness([this] {  // stands in for the supervisor, which would send SIGKILL here
    while (block->harness_request.load() != postmortem::HarnessRequest::kKill) std::this_thread::yield();
    block->harness_request = postmortem::HarnessRequest::kNone;
  });
  BOOST_TEST(::pwrite(fd, "abcdef", 6, 0) == -1);
  harness.join();
  ::close(fd);
  BOOST_TEST(read_file(in_mount("audit.log")).value() == "ab");
  BOOST_TEST(block->faults[0].confirmed_detail.load() == 2);
}

BOOST_FIXTURE_TEST_CASE(a_closed_socket_unmounts, Fixture, *boost::unit_test::precondition(fuse_possible)) {
  start('E');
  BOOST_TEST(is_mounted(root + "/mount"));
  mount.reset();
  BOOST_TEST(!is_mounted(root + "/mount"));
}

namespace {

// In a process of its own, without privilege: mounts by fusermount3, kills who serves, takes the mount away.
int mount_kill_and_detach(const std::string& root) {
  constexpr uid_t kNobody = 65534;
  if (::geteuid() == 0 &&
      (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0)) {
    return 2;
  }
  StorageOptions options;
  options.backing = root + "/backing";
  options.mount_point = root + "/mount";
  auto mount = StorageMount::start(options);
  if (!mount) return 77;  // no fusermount3, or it may not
  ::kill((*mount)->daemon_pid(), SIGKILL);
  ::waitpid((*mount)->daemon_pid(), nullptr, 0);
  if (mounts_below(options.mount_point).empty()) return 3;
  if (!detach_mount(options.mount_point)) return 4;
  return mounts_below(options.mount_point).empty() ? 0 : 5;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(without_privilege_the_mount_of_a_layer_that_was_killed_can_be_taken_away, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  if (::geteuid() == 0) {
    for (const char* name : {"", "/backing", "/mount"})
      BOOST_REQUIRE(::chown((root + name).c_str(), 65534, 65534) == 0);
  }
  const pid_t child = ::fork();
  if (child == 0) ::_exit(mount_kill_and_detach(root));
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) {
    BOOST_TEST_MESSAGE("fusermount3 is not there, or may not mount here");
  } else {
    BOOST_TEST(WEXITSTATUS(status) == 0);
  }
}
