// Goal: the kit's audit log and state store keep their promises on the power-loss file system: what they acknowledged
// under kPowerLoss is in every image that profile E or S allows, and storage faults end in the promised way.
// Method: a real writer process on a real mount, killed at a seeded moment; then the image, read by the kit's readers.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "harness/storage/storage_mount.h"
#include "postmortem/audit_log.h"
#include "postmortem/control_block.h"
#include "postmortem/engine_thread.h"
#include "postmortem/state_store.h"

using namespace crashwright;
using namespace crashwright::harness;
using postmortem::AuditLog;
using postmortem::AuditRecord;
using postmortem::Durability;
using postmortem::FaultAction;
using postmortem::FaultState;
using postmortem::StateStore;

namespace {

constexpr auto kLong = std::chrono::seconds(60);

boost::test_tools::assertion_result fuse_possible(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result possible(::access("/dev/fuse", R_OK | W_OK) == 0);
  possible.message() << "/dev/fuse is not usable here";
  return possible;
}

// Processor time of this process's thread of that name so far.
uint64_t processor_ns(const std::string& thread) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::ifstream(task.path() / "comm") >> name;
    uint64_t ns = 0;
    if (name == thread && std::ifstream(task.path() / "schedstat") >> ns) return ns;
  }
  return 0;
}

// What must survive: shared with the writer, out of its blast radius. Zero until something was acknowledged.
struct Witness {
  std::atomic<uint64_t> audit_durable;
  std::atomic<uint64_t> state_sequence;
};

template <typename T>
T* shared_page(int fd, size_t size) {
  void* const page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
  BOOST_REQUIRE(page != MAP_FAILED);
  return static_cast<T*>(page);
}

struct Fixture {
  Fixture() {
    char path[] = "/tmp/crashwright-durable-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root = path;
    control_fd = ::memfd_create("control", MFD_CLOEXEC);
    BOOST_REQUIRE(::ftruncate(control_fd, sizeof(postmortem::ControlBlock)) == 0);
    block = shared_page<postmortem::ControlBlock>(control_fd, sizeof(postmortem::ControlBlock));
    postmortem::initialise_control_block(*block);
    witness = shared_page<Witness>(-1, sizeof(Witness));
  }
  ~Fixture() {
    mount.reset();
    ::munmap(block, sizeof *block);
    ::munmap(witness, sizeof *witness);
    ::close(control_fd);
    std::filesystem::remove_all(root);
  }

  void start(char profile, uint64_t seed) {
    mount.reset();
    for (const char* name : {"backing", "mount", "image"}) {
      std::filesystem::remove_all(root + "/" + name);
      std::filesystem::create_directory(root + "/" + name);
    }
    witness->audit_durable = 0;
    witness->state_sequence = 0;
    StorageOptions options{.backing = root + "/backing", .mount_point = root + "/mount"};
    options.control_fd = control_fd;
    options.profile = profile;
    options.seed = seed;
    auto started = StorageMount::start(options);
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    mount = std::move(*started);
  }

  // The writer's next operation on `file` meets `action`.
  void fire(FaultAction action, const std::string& file, int64_t argument) {
    block->fault_count = 1;
    block->faults[0].action = action;
    block->faults[0].file.assign(file);
    block->faults[0].args[0] = argument;
    block->faults[0].state = FaultState::kFired;
  }

  template <typename Condition>
  void await(Condition condition) {
    const Deadline deadline(kLong);
    while (!condition() && !deadline.passed()) std::this_thread::yield();
    BOOST_REQUIRE(condition());
  }

  void await_acknowledged(uint64_t sequence) {
    await([&] { return witness->audit_durable.load() >= sequence; });
  }

  void check_image() {
    const auto made = mount->materialise(root + "/image");
    BOOST_REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
    check_folder(root + "/image");
  }

  void check_folder(const std::string& folder) {
    const auto readout = postmortem::read_audit_log(folder + "/audit.log");
    BOOST_REQUIRE_MESSAGE(readout, (readout ? "" : readout.error().message));
    BOOST_REQUIRE(readout->damage.empty());
    BOOST_REQUIRE(readout->records.size() >= witness->audit_durable.load());
    for (size_t i = 0; i < readout->records.size(); ++i) {
      BOOST_REQUIRE(readout->records[i].sequence == i + 1);
      BOOST_REQUIRE(readout->records[i].state_hash == (i + 1) * 7);
    }
    const auto states = postmortem::read_state_store(folder + "/state.bin");
    BOOST_REQUIRE_MESSAGE(states, (states ? "" : states.error().message));
    const uint64_t newest = states->newest ? states->newest->sequence : 0;
    BOOST_REQUIRE(newest >= witness->state_sequence.load());
  }

  // Writes on the mount until it is killed; ends by itself only when the log is sealed: then its reason goes to `text`.
  pid_t start_writer(int text) {
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(text);
    return child;
  }

  [[noreturn]] void write_until_killed(int text) {
    const std::string folder = root + "/mount/";
    auto log = AuditLog::open({.path = folder + "audit.log", .durability = Durability::kPowerLoss}, nullptr);
    auto store =
        StateStore::open({.path = folder + "state.bin", .durability = Durability::kPowerLoss, .slot_bytes = 16384});
    if (!log || !store) ::_exit(1);
    const std::vector<std::byte> payload(9000, std::byte{42});
    for (uint64_t sequence = (*log)->durable_up_to() + 1;; ++sequence) {
      AuditRecord record{};
      record.type = postmortem::AuditRecordType::kIntentEnter;
      record.state_hash = sequence * 7;
      (*log)->append(record);
      if (sequence % 5 == 0) static_cast<void>((*log)->wait_durable(sequence, kLong));
      witness->audit_durable.store((*log)->durable_up_to());
      if (sequence % 40 == 0 && (*store)->write({sequence}, payload)) witness->state_sequence.store(sequence);
      if (!(*log)->sealed()) continue;
      const std::string reason = (*log)->seal_reason().message;
      ::_exit(::write(text, reason.data(), reason.size()) > 0 ? 4 : 1);
    }
  }

  static int end(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  // A fault in the middle of the stream that seals the log with `reason`.
  void seals(FaultAction action, const std::string& reason) {
    start('E', 3);
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    const pid_t child = start_writer(ends[1]);
    await_acknowledged(50);
    fire(action, "audit.log", 0);
    BOOST_TEST(end(child) == 4);
    char text[200] = {};
    BOOST_TEST(::read(ends[0], text, sizeof text - 1) > 0);
    BOOST_TEST(std::string(text) == reason);
    ::close(ends[0]);
    ::close(ends[1]);
    BOOST_TEST((block->faults[0].state == FaultState::kConfirmed));
    check_image();
  }

  void survives_power_loss(char profile, int rounds) {
    for (int round = 0; round < rounds; ++round) {
      const auto seed = static_cast<uint64_t>(round) + 1;
      BOOST_TEST_CONTEXT("seed " << seed) {
        Random random(seed);
        start(profile, seed);
        const pid_t child = start_writer(-1);
        await_acknowledged(1 + random.below(200));
        ::kill(child, SIGKILL);
        BOOST_REQUIRE(end(child) == -SIGKILL);
        check_image();
      }
    }
  }

  std::string root;
  int control_fd = -1;
  postmortem::ControlBlock* block = nullptr;
  Witness* witness = nullptr;
  std::unique_ptr<StorageMount> mount;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_was_acknowledged_survives_a_power_loss_on_ext4, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  survives_power_loss('E', 15);
}

BOOST_FIXTURE_TEST_CASE(what_was_acknowledged_survives_a_power_loss_on_strict_posix, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  survives_power_loss('S', 15);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_seals_the_log, Fixture, *boost::unit_test::precondition(fuse_possible)) {
  seals(FaultAction::kEnospc, "write: No space left on device");
}

BOOST_FIXTURE_TEST_CASE(a_failed_sync_seals_the_log, Fixture, *boost::unit_test::precondition(fuse_possible)) {
  seals(FaultAction::kEioFsync, "fdatasync: Input/output error");
}

BOOST_FIXTURE_TEST_CASE(a_short_write_is_continued_and_nothing_is_lost, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('E', 5);
  const pid_t child = start_writer(-1);
  await_acknowledged(50);
  fire(FaultAction::kShortWrite, "audit.log", 700);
  await([&] { return block->faults[0].state == FaultState::kConfirmed; });
  await_acknowledged(witness->audit_durable.load() + 50);
  ::kill(child, SIGKILL);
  BOOST_TEST(end(child) == -SIGKILL);
  check_image();
}

BOOST_FIXTURE_TEST_CASE(a_torn_write_is_a_torn_tail_and_the_log_goes_on_behind_it, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  start('K', 6);
  const pid_t child = start_writer(-1);
  await_acknowledged(50);
  fire(FaultAction::kTornWrite, "audit.log", 700);
  await([&] { return block->harness_request.load() == postmortem::HarnessRequest::kKill; });
  ::kill(child, SIGKILL);
  block->harness_request = postmortem::HarnessRequest::kNone;
  BOOST_TEST(end(child) == -SIGKILL);
  check_folder(root + "/mount");
  const uint64_t before = witness->audit_durable.load();
  const pid_t second = start_writer(-1);
  await_acknowledged(before + 50);
  ::kill(second, SIGKILL);
  end(second);
  check_folder(root + "/mount");
}

// A sync takes longer than the watchdog's patience, under the producer and under the zeros beside it.
BOOST_FIXTURE_TEST_CASE(a_slow_device_under_a_producer_is_no_stalled_thread_and_costs_its_committer_no_processor_time,
                        Fixture, *boost::unit_test::precondition(fuse_possible)) {
  constexpr int kCommits = 4;
  start('E', 7);
  BOOST_REQUIRE(mount->arm("slow_fsync path=audit.log times=0 delay_ms=900").has_value());
  postmortem::Watchdog watchdog({.stall_after = std::chrono::milliseconds(400)});
  BOOST_REQUIRE(watchdog.start().has_value());
  auto log = AuditLog::open(
      {.path = root + "/mount/audit.log", .durability = Durability::kPowerLoss, .watchdog = &watchdog}, nullptr);
  BOOST_REQUIRE(log.has_value());
  postmortem::EngineThread self("producer", &watchdog);
  const uint64_t begun_ns = monotonic_ns();
  const uint64_t processor_before_ns = processor_ns("audit_commit");
  for (uint64_t sequence = 1; sequence <= kCommits; ++sequence) {
    AuditRecord record{};
    record.type = postmortem::AuditRecordType::kIntentEnter;
    BOOST_REQUIRE((*log)->append_durable(record, kLong));
  }
  const uint64_t taken_ns = monotonic_ns() - begun_ns;
  BOOST_TEST(taken_ns >= uint64_t{kCommits} * 900'000'000U);
  BOOST_TEST(processor_ns("audit_commit") - processor_before_ns < taken_ns / 10);
  BOOST_TEST(postmortem::control_block().handler.watchdog_stalled_tid.load() == 0U);
  BOOST_TEST(!self.waiting());
  self.begin_wait();  // for the end; the log's thread says so itself
  BOOST_TEST((*log)->close().has_value());
}
