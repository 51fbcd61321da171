// Goal: a thread that stops beating is named and dies with the core's fault on itself; nobody else is accused.
// Method: real children, stalled in each way that the injection knows, or stopped from outside.
#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "postmortem/crash_test_support.h"

namespace crashwright::postmortem {
namespace {

void check_stall(ChildRun& child) {
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.signal() == SIGABRT);
  const CrashRecord record = child.record();
  BOOST_TEST(record.complete);
  BOOST_TEST(record.thread_name == "trading");
  BOOST_TEST(record.watchdog.find("watchdog: thread trading stalled for ") == 0U);
  BOOST_TEST(child.text("stderr").find(record.watchdog + "\n") != std::string::npos);
  const HandlerWitness& witness = child.block().handler;
  BOOST_TEST(witness.watchdog_stalled_tid.load() == record.tid);
  BOOST_TEST(witness.watchdog_acted_ns.load() > 0U);
  BOOST_TEST(witness.entries.load() == 1U);
  if (!cores_land_in_the_working_directory()) return;
  const auto core = child.core();
  BOOST_REQUIRE(core.has_value());
  BOOST_TEST(core->tid == static_cast<int>(record.tid));
  BOOST_TEST(core->signal == SIGABRT);
  BOOST_TEST(core->threads >= 3U);  // main, trading, watchdog
}

void stall(FaultAction action) {
  ChildRun child;
  child.arm(action);
  child.start(kChild, {"watched"});
  check_stall(child);
}

uint64_t beats(const ControlBlock& block) {
  return block.threads[0].heartbeats.load() + block.threads[1].heartbeats.load();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_stalled_thread_is_named_and_dies) { stall(FaultAction::kStalledThread); }

BOOST_AUTO_TEST_CASE(a_lock_order_deadlock_is_named_and_dies) { stall(FaultAction::kLockOrderDeadlock); }

BOOST_AUTO_TEST_CASE(a_livelock_is_named_and_dies) { stall(FaultAction::kLivelock); }

BOOST_AUTO_TEST_CASE(a_stopped_process_is_not_a_stalled_thread) {
  ChildRun child;
  child.start(kChild, {"beat"});
  BOOST_REQUIRE(child.wait_until([](const ControlBlock& block) { return beats(block) > 0; }));
  for (int round = 0; round < 3; ++round) {
    ::kill(child.pid(), SIGSTOP);
    ::usleep(500'000);  // more than twice the time after which the watchdog acts: what is under test
    const uint64_t before = beats(child.block());
    ::kill(child.pid(), SIGCONT);
    while (beats(child.block()) < before + 1000 && ::kill(child.pid(), 0) == 0 &&
           child.block().handler.watchdog_stalled_tid.load() == 0) {
      ::usleep(1000);
    }
  }
  child.block().harness_request.store(HarnessRequest::kDisconnectExchange);
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.exit_code() == 0);
  BOOST_TEST(child.block().handler.watchdog_stalled_tid.load() == 0U);
}

BOOST_AUTO_TEST_CASE(a_thread_that_waits_for_work_may_be_silent) {
  ChildRun child;
  child.start(kChild, {"silent"});
  BOOST_REQUIRE(child.wait());
  BOOST_TEST(child.exit_code() == 0);
  BOOST_TEST(child.block().handler.watchdog_stalled_tid.load() == 0U);
}

BOOST_AUTO_TEST_CASE(a_deaf_watchdog_lets_the_process_hang) {
  ChildRun child;
  child.arm(FaultAction::kStalledThread);
  child.start(kChildPlanted, {"watched", "2000", "watchdog_deaf"});
  BOOST_TEST(!child.wait(2));
  BOOST_TEST(!child.record().crashed);
}

}  // namespace crashwright::postmortem
