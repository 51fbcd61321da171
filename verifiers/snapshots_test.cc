// Goal: a snapshot whose write had returned must be there after the death, unless the device itself says that it lost,
// misdirected or changed that write, and one such fault excuses one snapshot.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "postmortem/audit_log.h"
#include "postmortem/control_block.h"
#include "postmortem/state_store.h"
#include "verifiers/testing/synthetic_case.h"

using namespace crashwright;
using namespace crashwright::verifiers;
using namespace crashwright::verifiers::testing;

namespace {

// The engine wrote two snapshots and recorded both; of the store only the writes named here reached the file.
struct SnapshotCase : SyntheticCase {
  void leave(const std::vector<uint64_t>& kept) const {
    const std::string data = folder + "/inc0/data";
    BOOST_REQUIRE(::mkdir(data.c_str(), 0755) == 0);
    auto store = postmortem::StateStore::open({.path = data + "/state.bin"});
    BOOST_REQUIRE(store.has_value());
    for (const uint64_t sequence : kept) BOOST_REQUIRE((*store)->write({sequence}, {}).has_value());
    auto log = postmortem::AuditLog::open({.path = data + "/audit.log"}, nullptr);
    BOOST_REQUIRE(log.has_value());
    for (const uint64_t sequence : taken) {
      postmortem::AuditRecord record{};
      record.type = postmortem::AuditRecordType::kCheckpoint;
      record.match_id = sequence;
      BOOST_REQUIRE((*log)->append(record) != 0);
    }
    BOOST_REQUIRE((*log)->close().has_value());
    auto block = std::make_unique<postmortem::ControlBlock>();
    postmortem::initialise_control_block(*block);
    block->fault_points[0].name.assign("state.before_write");
    block->fault_points[1].name.assign("state.after_write");
    for (const size_t point : {0, 1}) block->fault_points[point].hits.store(2);
    put("inc0/control.bin", {reinterpret_cast<const char*>(block.get()), sizeof *block});
  }
  std::vector<uint64_t> taken{1, 2};
  void device_lost_writes(size_t count, const std::string& kind = "lost_write") {
    rca::InjectedFaultFact lost;
    lost.kind = kind;
    lost.state = "confirmed";
    lost.file = "state.bin";
    facts.faults.insert(facts.faults.end(), count, lost);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(snapshots_that_are_all_there_need_no_word, SnapshotCase) {
  leave({1, 2});
  expect("state_recovery", Outcome::kPass, "equals the exchange's account");
  BOOST_TEST(judge("state_recovery").details.empty());
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_that_nobody_lost_on_purpose_must_be_there, SnapshotCase) {
  leave({1});
  expect("state_recovery", Outcome::kFail, "2 snapshots had been written, only 1 of 2 are intact");
}

BOOST_FIXTURE_TEST_CASE(a_slot_that_went_stale_without_a_fault_is_found_by_the_log, SnapshotCase) {
  leave({0, 1});
  expect("state_recovery", Outcome::kFail,
         "a snapshot of audit sequence 2 had been written, the newest one there is of 1");
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_behind_the_first_four_billion_records_is_missed_like_any_other, SnapshotCase) {
  taken = {uint64_t{1} << 32, (uint64_t{1} << 32) + 1};
  leave({5, uint64_t{1} << 32});
  expect("state_recovery", Outcome::kFail,
         "a snapshot of audit sequence 4294967297 had been written, the newest one there is of 4294967296");
}

BOOST_FIXTURE_TEST_CASE(one_lost_write_of_a_snapshot_is_told_and_survived_and_excuses_no_second_one, SnapshotCase) {
  leave({1});
  device_lost_writes(1);
  expect("state_recovery", Outcome::kPass, "equals the exchange's account");
  BOOST_REQUIRE(judge("state_recovery").details.size() == 1U);
  BOOST_TEST(judge("state_recovery").details[0].find("the device lied about the write") != std::string::npos);
  std::filesystem::remove(folder + "/inc0/data/state.bin");
  expect("state_recovery", Outcome::kFail, "only 0 of 2 are intact");
  device_lost_writes(1);
  expect("state_recovery", Outcome::kPass, "equals the exchange's account");
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_that_went_elsewhere_or_changed_on_its_way_excuses_one_slot_and_a_slow_one_none,
                        SnapshotCase) {
  leave({1});
  device_lost_writes(1, "reordered_write");
  expect("state_recovery", Outcome::kFail, "only 1 of 2 are intact");
  device_lost_writes(1, "flipped_write");
  expect("state_recovery", Outcome::kPass, "equals the exchange's account");
  std::filesystem::remove(folder + "/inc0/data/state.bin");
  expect("state_recovery", Outcome::kFail, "only 0 of 2 are intact");
  device_lost_writes(1, "misdirected_write");
  expect("state_recovery", Outcome::kPass, "equals the exchange's account");
}
