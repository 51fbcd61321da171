// Each planted bug of the audit log and the state store does its harm, and the code without it does not (the other
// tests show that). What only a power loss shows is left to the scenarios.
#include <fcntl.h>

#include <boost/test/unit_test.hpp>

#include "base/unique_fd.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_test_support.h"
#include "postmortem/batch_pipeline.h"
#include "postmortem/planted_bug.h"
#include "postmortem/state_store.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

struct Planted {
  explicit Planted(const char* name) { BOOST_REQUIRE(plant_bug(name)); }
};

std::vector<std::byte> damaged_log() {
  ImageWriter image(99);
  image.acknowledge();
  for (int i = 0; i < 3; ++i) {
    image.add_batch(1, 2);
    image.acknowledge();
  }
  auto bytes = image.bytes();
  bytes[2 * kAuditBlockBytes + 200] ^= std::byte{1};
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(replay_that_stops_silently_hides_damage_and_what_follows) {
  const Planted planted("audit_replay_stops_silently");
  const auto scan = scan_image(damaged_log());
  BOOST_REQUIRE(scan.has_value());
  BOOST_TEST(scan->readout.damage.empty());
  BOOST_TEST(scan->readout.torn_tail_bytes == 0U);
  BOOST_TEST(scan->readout.records.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_unchecked_checksum_lets_a_flipped_record_through) {
  const Planted planted("audit_crc_not_checked");
  const auto scan = scan_image(damaged_log());
  BOOST_REQUIRE(scan.has_value());
  BOOST_REQUIRE(scan->readout.records.size() == 6U);
  BOOST_TEST(!is_exact_prefix(scan->readout.records));
}

BOOST_AUTO_TEST_CASE(an_unchecked_salt_lets_a_block_of_another_log_vouch_for_what_was_never_durable) {
  ImageWriter image(99);
  image.acknowledge();
  image.add_batch(1, 2);
  image.add_batch(1, 2);
  ImageWriter other(98);
  for (int i = 0; i < 3; ++i) {
    other.acknowledge();
    other.add_batch(1, 2);
  }
  auto bytes = image.bytes();
  // The first commit was lost and the second never written: where it would stand another log left its block.
  std::fill_n(bytes.begin() + kAuditBlockBytes, kAuditBlockBytes, std::byte{0});
  const auto stale = std::as_bytes(std::span(other.blocks()).subspan(2, 1));
  std::copy(stale.begin(), stale.end(), bytes.begin() + 2 * kAuditBlockBytes);
  const auto right = scan_image(bytes);
  BOOST_REQUIRE(right.has_value());
  BOOST_TEST(right->readout.damage.empty());
  const Planted planted("audit_salt_not_checked");
  const auto wrong = scan_image(bytes);
  BOOST_REQUIRE(wrong.has_value());
  BOOST_TEST(wrong->readout.damage.size() == 1U);
}

BOOST_AUTO_TEST_CASE(truncating_at_restart_forgets_every_record) {
  const Planted planted("audit_truncated_at_restart");
  const ScratchFolder folder;
  const AuditLogOptions options{.path = folder.file("audit.log")};
  for (int start = 0; start < 2; ++start) {
    AuditReadout readout;
    auto log = AuditLog::open(options, &readout);
    BOOST_REQUIRE(log.has_value());
    BOOST_TEST(readout.records.empty());
    AuditRecord record = make_record(1);
    BOOST_TEST((*log)->append(record) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(without_fsync_a_device_that_cannot_sync_goes_unnoticed) {
  const Planted planted("no_fsync");
  const UniqueFd fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const std::vector<std::byte> bytes(4096);
  const auto pipeline = BatchPipeline::make(fd.get(), Durability::kPowerLoss, false);
  BOOST_REQUIRE(pipeline.has_value());
  (*pipeline)->start(bytes, 0);
  while (!(*pipeline)->empty()) {
    BOOST_REQUIRE((*pipeline)->reap().has_value());
    static_cast<void>((*pipeline)->retire());
  }
}

BOOST_AUTO_TEST_CASE(a_state_updated_in_place_never_has_a_second_snapshot_to_fall_back_to) {
  const Planted planted("state_updated_in_place");
  const ScratchFolder folder;
  auto store = StateStore::open({.path = folder.file("state.bin")});
  BOOST_REQUIRE(store.has_value());
  for (uint64_t sequence = 1; sequence <= 4; ++sequence) {
    BOOST_TEST((*store)->write({sequence}, std::vector<std::byte>(100)).has_value());
    BOOST_TEST(read_state_store(folder.file("state.bin"))->slots_intact == 1U);
  }
}
