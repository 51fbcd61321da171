// Goal: at any moment one complete snapshot is on the medium, and nothing damaged is ever taken for one.
// Method: every cut and every flip on small stores; a writer killed for real; a file too small for the second slot.
#include "postmortem/state_store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstring>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "postmortem/audit_test_support.h"
#include "postmortem/state_slot.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

constexpr size_t kSlotBytes = 256;

// Recognisable, of a length that depends on the sequence.
std::vector<std::byte> payload_of(uint64_t sequence) {
  std::vector<std::byte> payload(20 + sequence % 100);
  for (size_t i = 0; i < payload.size(); ++i) payload[i] = std::byte(sequence * 31 + i);
  return payload;
}

std::unique_ptr<StateStore> must_open(const StateStoreOptions& options) {
  auto store = StateStore::open(options);
  BOOST_REQUIRE_MESSAGE(store.has_value(), (store ? "" : store.error().message));
  return std::move(*store);
}

StateReadout must_read(const std::string& path) {
  auto readout = read_state_store(path);
  BOOST_REQUIRE_MESSAGE(readout.has_value(), (readout ? "" : readout.error().message));
  return std::move(*readout);
}

// A store with snapshots 1..count, as bytes.
std::string make_store(const std::string& path, uint64_t count) {
  auto store = must_open({.path = path, .slot_bytes = kSlotBytes});
  for (uint64_t sequence = 1; sequence <= count; ++sequence) {
    BOOST_REQUIRE(store->write({sequence}, payload_of(sequence)).has_value());
  }
  return read_file(path).value();
}

bool holds(const StateReadout& readout, uint64_t sequence) {
  return readout.newest && readout.newest->sequence == sequence && readout.newest->payload == payload_of(sequence);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_newest_snapshot_comes_back_also_after_reopening) {
  for (const Durability durability : {Durability::kProcessDeath, Durability::kPowerLoss}) {
    const ScratchFolder folder;
    const StateStoreOptions options{.path = folder.file("state.bin"), .durability = durability};
    for (uint64_t sequence = 10; sequence <= 50; sequence += 10) {
      BOOST_TEST(must_open(options)->write({sequence}, payload_of(sequence)).has_value());
      BOOST_TEST(holds(must_read(options.path), sequence));
    }
    BOOST_TEST(must_read(options.path).slots_intact == 2U);
  }
}

BOOST_AUTO_TEST_CASE(a_fresh_or_missing_store_has_no_snapshot_and_no_complaint) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  BOOST_TEST(!must_read(path).newest.has_value());
  must_open({.path = path});
  const StateReadout readout = must_read(path);
  BOOST_TEST(!readout.newest.has_value());
  BOOST_TEST(readout.refused.empty());
}

BOOST_AUTO_TEST_CASE(an_empty_payload_is_a_snapshot_too) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  BOOST_TEST(must_open({.path = path})->write({1}, {}).has_value());
  BOOST_REQUIRE(must_read(path).newest.has_value());
  BOOST_TEST(must_read(path).newest->payload.empty());
}

BOOST_AUTO_TEST_CASE(a_snapshot_larger_than_its_slot_is_refused_and_the_old_one_stays) {
  const ScratchFolder folder;
  auto store = must_open({.path = folder.file("state.bin"), .slot_bytes = kSlotBytes});
  BOOST_TEST(store->write({1}, payload_of(1)).has_value());
  const auto refused = store->write({2}, std::vector<std::byte>(kSlotBytes));
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().message == "snapshot of 256 bytes in a slot of 256");
  BOOST_TEST(holds(must_read(folder.file("state.bin")), 1));
}

BOOST_AUTO_TEST_CASE(a_sequence_that_does_not_rise_is_refused) {
  const ScratchFolder folder;
  auto store = must_open({.path = folder.file("state.bin")});
  BOOST_TEST(store->write({5}, payload_of(5)).has_value());
  BOOST_TEST(!store->write({5}, payload_of(5)).has_value());
  BOOST_TEST(!store->write({4}, payload_of(4)).has_value());
}

// The write of snapshot 3 over snapshot 1, torn at every byte.
BOOST_AUTO_TEST_CASE(a_write_torn_at_every_byte_leaves_the_previous_snapshot_or_the_new_one) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  const std::string before = make_store(path, 2);
  BOOST_TEST(must_open({.path = path, .slot_bytes = kSlotBytes})->write({3}, payload_of(3)).has_value());
  const std::string after = read_file(path).value();
  const size_t start = state_slot_offset(0, kSlotBytes);
  const size_t length = sizeof(StateSlotHeader) + payload_of(3).size();
  for (size_t landed = 0; landed <= length; ++landed) {
    const std::string torn = after.substr(0, start + landed) + before.substr(start + landed);
    BOOST_REQUIRE(write_file(path, torn).has_value());
    const StateReadout readout = must_read(path);
    // The bytes of both snapshots may agree at the end of what is torn.
    BOOST_REQUIRE(holds(readout, torn == after ? 3 : 2));
  }
}

BOOST_AUTO_TEST_CASE(a_flip_in_every_byte_is_refused_or_falls_back_to_the_other_slot) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  const std::string whole = make_store(path, 2);
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    BOOST_REQUIRE(write_file(path, bytes).has_value());
    const auto readout = read_state_store(path);
    if (at < sizeof(StateFileHeader)) {
      BOOST_REQUIRE(!readout.has_value());
      continue;
    }
    BOOST_REQUIRE(readout.has_value());
    BOOST_REQUIRE_MESSAGE(holds(*readout, 1) || holds(*readout, 2), "byte " << at);
    BOOST_REQUIRE(readout->slots_intact + readout->refused.size() == 2U);
  }
}

BOOST_AUTO_TEST_CASE(a_store_cut_at_every_byte_never_gives_a_wrong_snapshot) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  const std::string whole = make_store(path, 2);
  for (size_t size = 1; size < whole.size(); ++size) {
    BOOST_REQUIRE(write_file(path, whole.substr(0, size)).has_value());
    const auto readout = read_state_store(path);
    if (!readout || !readout->newest) continue;
    BOOST_REQUIRE(holds(*readout, 1) || holds(*readout, 2));
  }
}

BOOST_AUTO_TEST_CASE(a_file_of_something_else_is_refused) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  BOOST_REQUIRE(write_file(path, std::string(10'000, 'x')).has_value());
  const auto store = StateStore::open({.path = path});
  BOOST_REQUIRE(!store.has_value());
  BOOST_TEST((store.error().kind == ErrorKind::kCorrupt));
  BOOST_TEST(store.error().message == "state store " + path + ": wrong magic: not a state store");
}

BOOST_AUTO_TEST_CASE(a_snapshot_keeps_of_which_log_it_is_and_the_state_there) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  BOOST_TEST(must_open({.path = path})
                 ->write({.sequence = 3, .state_hash = 0x1122334455667788, .log_id = 0xabcdef01}, payload_of(3))
                 .has_value());
  const StateReadout readout = must_read(path);
  BOOST_REQUIRE(holds(readout, 3));
  BOOST_TEST(readout.newest->state_hash == 0x1122334455667788U);
  BOOST_TEST(readout.newest->log_id == 0xabcdef01U);
}

BOOST_AUTO_TEST_CASE(newer_versions_of_file_and_slot_are_refused_clearly) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  const std::string whole = make_store(path, 2);
  StateFileHeader file{};
  std::memcpy(&file, whole.data(), sizeof file);
  file.version = 3;
  file.crc = state_file_checksum(file);
  std::string bytes = whole;
  std::memcpy(bytes.data(), &file, sizeof file);
  BOOST_REQUIRE(write_file(path, bytes).has_value());
  const auto newer_file = StateStore::open({.path = path});
  BOOST_REQUIRE(!newer_file.has_value());
  BOOST_TEST(newer_file.error().message == "state store " + path + ": version 3, this program reads version 2");
  BOOST_TEST(newer_file.error().remedy == "use the release that wrote it");

  StateSlotHeader slot{};
  const size_t at = state_slot_offset(1, kSlotBytes);
  std::memcpy(&slot, &whole[at], sizeof slot);
  slot.version = 3;
  slot.crc = state_slot_checksum(slot, payload_of(2));
  bytes = whole;
  std::memcpy(&bytes[at], &slot, sizeof slot);
  BOOST_REQUIRE(write_file(path, bytes).has_value());
  const auto newer_slot = StateStore::open({.path = path});
  BOOST_REQUIRE(!newer_slot.has_value());
  BOOST_TEST(newer_slot.error().message == "state store " + path + ": slot 1: version 3, this program reads version 2");
}

BOOST_AUTO_TEST_CASE(a_failed_write_leaves_the_previous_snapshot) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  make_store(path, 1);
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = StateStore::open({.path = path, .slot_bytes = kSlotBytes});
    const rlimit limit{state_slot_offset(1, kSlotBytes) + 70, RLIM_INFINITY};
    if (!store || ::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(10);
    const auto failed = (*store)->write({2}, payload_of(2));
    ::_exit(!failed && failed.error().message == "state store: write: File too large" ? 0 : 11);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  const StateReadout readout = must_read(path);
  BOOST_TEST(holds(readout, 1));
  BOOST_TEST(readout.refused.size() == 1U);
  // The next write takes the torn slot, not the good one.
  BOOST_TEST(must_open({.path = path})->write({3}, payload_of(3)).has_value());
  BOOST_TEST(holds(must_read(path), 3));
  BOOST_TEST(must_read(path).slots_intact == 2U);
}

BOOST_AUTO_TEST_CASE(a_killed_writer_leaves_the_last_acknowledged_snapshot_or_a_newer_one) {
  const ScratchFolder folder;
  const std::string path = folder.file("state.bin");
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  BOOST_REQUIRE(page != MAP_FAILED);
  auto& acknowledged = *static_cast<std::atomic<uint64_t>*>(page);
  for (int round = 0; round < 50; ++round) {
    const uint64_t target = acknowledged.load() + 1 + static_cast<uint64_t>(round) * 3;
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = StateStore::open({.path = path});
      if (!store) ::_exit(1);
      const auto newest = read_state_store(path);
      for (uint64_t next = newest->newest ? newest->newest->sequence + 1 : 1;; ++next) {
        if (!(*store)->write({next}, payload_of(next))) ::_exit(2);
        acknowledged.store(next);
      }
    }
    const Deadline deadline(std::chrono::seconds(60));
    while (acknowledged.load() < target && !deadline.passed()) std::this_thread::yield();
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_REQUIRE(WIFSIGNALED(status));
    const StateReadout readout = must_read(path);
    BOOST_REQUIRE(readout.newest.has_value());
    BOOST_REQUIRE(readout.newest->sequence >= acknowledged.load());
    BOOST_REQUIRE(holds(readout, readout.newest->sequence));
  }
  ::munmap(page, 4096);
}
