// Goal: a storage fault meets the write that it waits for, and no other.
#include "harness/storage/fault_gate.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

namespace crashwright::harness {

BOOST_AUTO_TEST_CASE(a_segment_that_is_laid_out_in_the_background_is_not_the_write_that_a_fault_waits_for) {
  const auto block = std::make_unique<postmortem::ControlBlock>();
  block->fault_count = 1;
  postmortem::ArmedFault& fault = block->faults[0];
  fault.action = postmortem::FaultAction::kLostWrite;
  fault.point.assign("audit.before_write");
  fault.file.assign("audit.log");
  fault.state.store(postmortem::FaultState::kFired);
  FaultGate gate(block.get());
  FaultSite site{OperationClass::kWrite, "/audit.log.seg-000002", 0, 4096, true};
  BOOST_TEST(!gate.meet(site).has_value());
  site.zeros = false;
  BOOST_TEST(gate.meet(site).has_value());
  site.path = "/state.bin";
  BOOST_TEST(!gate.meet(site).has_value());
}

BOOST_AUTO_TEST_CASE(a_fault_without_a_point_counts_the_operations_of_its_file_and_meets_the_one_that_it_waits_for) {
  const auto block = std::make_unique<postmortem::ControlBlock>();
  block->fault_count = 1;
  postmortem::ArmedFault& fault = block->faults[0];
  fault.action = postmortem::FaultAction::kReorderedWrite;
  fault.file.assign("orders.journal");
  fault.hit = 3;
  FaultGate gate(block.get());
  const FaultSite write{OperationClass::kWrite, "/orders.journal", 0, 17, false};
  FaultSite other = write;
  other.path = "/lock";
  const FaultSite sync{OperationClass::kSync, "/orders.journal", 0, 0, false};
  BOOST_TEST(!gate.meet(write).has_value());  // nobody lets it wait yet
  fault.state.store(postmortem::FaultState::kFired);
  BOOST_TEST(!gate.meet(write).has_value());
  BOOST_TEST(!gate.meet(other).has_value());
  BOOST_TEST(!gate.meet(sync).has_value());
  BOOST_TEST(!gate.meet(write).has_value());
  BOOST_TEST(fault.fired_ns.load() == 0U);
  BOOST_TEST(fault.fired_hit.load() == 2U);
  BOOST_TEST(gate.meet(write).has_value());
  BOOST_TEST(fault.fired_ns.load() != 0U);
  // Held back until a sync: it is met once nevertheless.
  BOOST_TEST(!gate.meet(write).has_value());
}

// The harness has killed the engine before it says so: nobody is left who would answer.
BOOST_AUTO_TEST_CASE(a_loss_of_power_at_a_time_of_the_harness_asks_nobody_for_the_kill) {
  const auto block = std::make_unique<postmortem::ControlBlock>();
  block->fault_count = 1;
  block->faults[0].action = postmortem::FaultAction::kPowerLoss;
  block->faults[0].state.store(postmortem::FaultState::kFired);
  const FaultGate gate(block.get());
  const auto lost = gate.power_loss();
  BOOST_REQUIRE(lost.has_value());
  BOOST_TEST(gate.request_kill(*lost, std::chrono::milliseconds(0)));
  BOOST_TEST((block->harness_request.load() == postmortem::HarnessRequest::kNone));
  block->faults[0].point.assign("gateway.after_send");
  BOOST_TEST(!gate.request_kill(*lost, std::chrono::milliseconds(0)));
  BOOST_TEST((block->harness_request.load() == postmortem::HarnessRequest::kKill));
}

BOOST_AUTO_TEST_CASE(a_sync_is_no_change_that_a_read_only_file_system_would_refuse) {
  const auto block = std::make_unique<postmortem::ControlBlock>();
  block->fault_count = 1;
  block->faults[0].action = postmortem::FaultAction::kReadOnly;
  block->faults[0].hit = 2;
  block->faults[0].state.store(postmortem::FaultState::kFired);
  FaultGate gate(block.get());
  const FaultSite write{OperationClass::kWrite, "/journal", 0, 17, false};
  const FaultSite sync{OperationClass::kSync, "/journal", 0, 0, false};
  BOOST_TEST(!gate.meet(write).has_value());
  BOOST_TEST(!gate.meet(sync).has_value());
  BOOST_TEST(gate.meet(write).has_value());
}

BOOST_AUTO_TEST_CASE(an_operation_that_another_fault_took_is_counted_and_the_next_one_is_met) {
  const auto block = std::make_unique<postmortem::ControlBlock>();
  block->fault_count = 2;
  for (postmortem::ArmedFault* const fault : {&block->faults[0], &block->faults[1]}) {
    fault->action = postmortem::FaultAction::kLostWrite;
    fault->hit = 2;
    fault->state.store(postmortem::FaultState::kFired);
  }
  FaultGate gate(block.get());
  const FaultSite write{OperationClass::kWrite, "/orders.journal", 0, 17, false};
  BOOST_TEST(!gate.meet(write).has_value());
  BOOST_TEST((gate.meet(write)->armed == &block->faults[0]));
  BOOST_TEST((gate.meet(write)->armed == &block->faults[1]));
  BOOST_TEST(!gate.meet(write).has_value());
}

BOOST_AUTO_TEST_CASE(a_rule_that_says_a_key_twice_is_refused_and_the_key_is_named) {
  for (const char* const key : {"path=a", "operation=any", "nth=2", "times=1", "after_ms=1", "bytes=1", "delay_ms=1",
                                "range=0-1", "after_ack=x"}) {
    const std::string word = key;
    const std::string name = word.substr(0, word.find('='));
    BOOST_TEST(parse_storage_fault("torn_write " + word).has_value());
    const auto twice = parse_storage_fault("torn_write " + word + " " + word);
    BOOST_REQUIRE(!twice);
    BOOST_TEST(twice.error().message == "storage fault: `" + name + "=` twice in one rule");
  }
  const auto both = parse_storage_fault("short_write bytes=1 nth=3 delay_ms=2");
  BOOST_REQUIRE(!both);
  BOOST_TEST(both.error().message == "storage fault: `bytes=` and `delay_ms=` together in one rule");
}

}  // namespace crashwright::harness
