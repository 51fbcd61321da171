// Goal: the faults that others carry out reach them, and the engine's thread waits or goes on as documented.
// Method: the test plays the harness on the control block of a real child. (The faults that kill are the subject of
// crash_handler_test.cc and watchdog_test.cc.)
#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "postmortem/crash_test_support.h"

namespace crashwright::postmortem {
namespace {

template <HarnessRequest request>
bool asks(const ControlBlock& block) {
  return block.harness_request.load() == request;
}

// A dummy in front, so that the index is not the initial zero.
void arm_second(ChildRun& child, FaultAction action) {
  child.arm(FaultAction::kNone, "no.such_point");
  child.arm(action);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_kill_is_asked_of_the_harness_and_waited_for) {
  ChildRun child;
  arm_second(child, FaultAction::kSigkill);
  child.start(kChild, {"thread"});
  BOOST_REQUIRE(child.wait_until(asks<HarnessRequest::kKill>));
  BOOST_TEST(child.block().harness_request_fault.load() == 1U);
  BOOST_TEST(::kill(child.pid(), 0) == 0);
  ::kill(child.pid(), SIGKILL);
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.signal() == SIGKILL);
  BOOST_TEST((child.block().faults[1].state.load() == FaultState::kFired));
}

BOOST_AUTO_TEST_CASE(a_stop_is_asked_of_the_harness_and_ends_when_it_is_cleared) {
  ChildRun child;
  arm_second(child, FaultAction::kSigstop);
  child.start(kChild, {"thread"});
  BOOST_REQUIRE(child.wait_until(asks<HarnessRequest::kStop>));
  BOOST_TEST(child.block().harness_request_fault.load() == 1U);
  child.block().harness_request.store(HarnessRequest::kNone);
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(a_disconnect_is_asked_of_the_harness_and_the_thread_goes_on_when_it_was_told) {
  ChildRun child;
  arm_second(child, FaultAction::kExchangeDisconnect);
  child.start(kChild, {"thread"});
  BOOST_REQUIRE(child.wait_until(asks<HarnessRequest::kDisconnectExchange>));
  BOOST_TEST(child.block().harness_request_fault.load() == 1U);
  child.block().harness_request.store(HarnessRequest::kNone);
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(a_request_waits_for_the_one_before_it) {
  ChildRun child;
  child.block().harness_request.store(HarnessRequest::kStop);
  child.arm(FaultAction::kExchangeDisconnect);
  child.start(kChild, {"thread"});
  BOOST_REQUIRE(
      child.wait_until([](const ControlBlock& block) { return block.faults[0].state.load() == FaultState::kFired; }));
  BOOST_TEST(asks<HarnessRequest::kStop>(child.block()));
  child.block().harness_request.store(HarnessRequest::kNone);
  BOOST_REQUIRE(child.wait_until(asks<HarnessRequest::kDisconnectExchange>));
  child.block().harness_request.store(HarnessRequest::kNone);
  BOOST_REQUIRE(child.wait());
}

BOOST_AUTO_TEST_CASE(storage_faults_return_at_once_and_stay_fired) {
  for (const FaultAction action : {FaultAction::kTornWrite, FaultAction::kShortWrite, FaultAction::kEnospc,
                                   FaultAction::kEioFsync, FaultAction::kPowerLoss}) {
    ChildRun child;
    child.arm(action);
    child.start(kChild, {"thread"});
    BOOST_REQUIRE(child.wait());
    BOOST_TEST(child.exit_code() == 0);
    BOOST_TEST((child.block().faults[0].state.load() == FaultState::kFired));
    BOOST_TEST(asks<HarnessRequest::kNone>(child.block()));
  }
}

BOOST_AUTO_TEST_CASE(signed_overflow_returns_where_nothing_checks_for_it) {
  ChildRun child;
  child.arm(FaultAction::kSignedOverflow);
  child.start(kChild, {"thread"});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(memory_exhaustion_gives_up_at_its_limit) {
  ChildRun child;
  child.arm(FaultAction::kCgroupOom).args[0] = 16 << 20;
  child.start(kChild, {"thread"});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.exit_code() == 0);
}

}  // namespace crashwright::postmortem
