// Goal: a writer killed at any moment loses no acknowledged record and leaves a log that opens and continues.
// Method: real child processes and SIGKILL; what was acknowledged is told by a page that the parent shares with them.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

// Out of the blast radius: lives in the parent.
struct Witness {
  std::atomic<uint64_t> acknowledged;
  std::atomic<uint64_t> failed;
};

class SharedWitness {
 public:
  SharedWitness() : page_(::mmap(nullptr, sizeof(Witness), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    CRASHWRIGHT_CHECK(page_ != MAP_FAILED, "a shared page");
  }
  SharedWitness(const SharedWitness&) = delete;
  SharedWitness& operator=(const SharedWitness&) = delete;
  ~SharedWitness() { ::munmap(page_, sizeof(Witness)); }
  Witness* operator->() { return static_cast<Witness*>(page_); }

 private:
  void* page_;
};

// Appends until it is killed; publishes what durable_up_to() says.
[[noreturn]] void write_until_killed(const AuditLogOptions& options, Witness& witness) {
  auto log = AuditLog::open(options, nullptr);
  if (!log) {
    witness.failed.store(1);
    ::_exit(1);
  }
  for (uint64_t key = (*log)->durable_up_to() + 1;; ++key) {
    AuditRecord record = make_record(key);
    if (key % 128 < 40) {  // stretches in which the writer commits by itself
      if (!(*log)->append_durable(record, std::chrono::seconds(30))) witness.failed.store(3);
    } else if ((*log)->append(record) != key) {
      witness.failed.store(2);
    }
    witness.acknowledged.store((*log)->durable_up_to());
    if (key % 64 == 0) static_cast<void>((*log)->wait_durable(key, std::chrono::seconds(30)));
  }
}

void kill_writers(Durability durability, int kills, uint64_t seed) {
  BOOST_TEST_MESSAGE("seed " << seed);
  Random random(seed);
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log"), .durability = durability, .ring_records = 256};
  SharedWitness witness;
  uint64_t lost = 0;
  for (int i = 0; i < kills; ++i) {
    if (i % 10 == 0) {  // a fresh log now and then: reading a long one is most of the time
      for (const auto& file : std::filesystem::directory_iterator(folder.path())) std::filesystem::remove(file);
      witness->acknowledged.store(0);
    }
    const uint64_t before = witness->acknowledged.load();
    const uint64_t target = before + 1 + random.below(400);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(options, *witness.operator->());
    const Deadline deadline(std::chrono::seconds(60));
    while (witness->acknowledged.load() < target && witness->failed.load() == 0 && !deadline.passed()) {
      std::this_thread::yield();
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    BOOST_REQUIRE_EQUAL(witness->failed.load(), 0U);
    BOOST_REQUIRE(!deadline.passed());
    const auto readout = read_audit_log(options.path);
    BOOST_REQUIRE(readout.has_value());
    BOOST_REQUIRE(readout->damage.empty());
    BOOST_REQUIRE(is_exact_prefix(readout->records));
    const uint64_t acknowledged = witness->acknowledged.load();
    lost += acknowledged - std::min<uint64_t>(acknowledged, readout->records.size());
  }
  BOOST_TEST(lost == 0U);
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_hundred_killed_writers_lose_no_acknowledged_record) {
  kill_writers(Durability::kProcessDeath, 200, 11);
}

BOOST_AUTO_TEST_CASE(killed_writers_with_power_loss_durability_lose_no_acknowledged_record) {
  kill_writers(Durability::kPowerLoss, 25, 12);
}
