// Goal: a storage fault meets the write that it waits for, and no other.
#include "harness/storage/fault_gate.h"

#include <boost/test/unit_test.hpp>
#include <memory>

namespace crashwright::harness {

BOOST_AUTO_TEST_CASE(a_segment_that_is_laid_out_in_the_background_is_not_the_write_that_a_fault_waits_for) {
  const auto block = std::make_unique<postmortem::ControlBlock>();
  block->fault_count = 1;
  postmortem::ArmedFault& fault = block->faults[0];
  fault.action = postmortem::FaultAction::kLostWrite;
  fault.file.assign("audit.log");
  fault.state.store(postmortem::FaultState::kFired);
  FaultGate gate(block.get());
  FaultSite site{OperationClass::kWrite, "/audit.log.000002", 0, 4096, true};
  BOOST_TEST(!gate.meet(site).has_value());
  site.zeros = false;
  BOOST_TEST(gate.meet(site).has_value());
  site.path = "/state.bin";
  BOOST_TEST(!gate.meet(site).has_value());
}

}  // namespace crashwright::harness
