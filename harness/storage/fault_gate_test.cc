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
