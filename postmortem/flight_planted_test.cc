// Goal: each bug planted in the recorder shows as a difference between the witness's count and the file, and nothing
// does without it.
// Method: a forked child with the bug planted dies in its n-th commit; its file is compared with the control block.
#include <sched.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "postmortem/flight_test_support.h"
#include "postmortem/planted_bug.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

struct Aftermath {
  uint64_t committed = 0;
  FlightReadout readout;
};

[[noreturn]] void log_until_killed(const std::string& path, ControlBlockForTest& block, const char* bug) {
  block.attach();
  if (bug != nullptr && !plant_bug(bug)) ::_exit(2);
  if (!open_flight_recorder(small_options(path))) ::_exit(1);
  register_thread("logger");
  for (int i = 1; i <= 1000; ++i) CRASHWRIGHT_LOG_INFO("record {}", i);
  ::_exit(0);
}

Aftermath die_in_commit(uint64_t hit, const char* bug) {
  const TemporaryFolder folder;
  const std::string path = folder.file("flight.rec");
  ControlBlockForTest block;
  ArmedFault& fault = block->faults[0];
  fault.point.assign("recorder.commit");
  fault.action = FaultAction::kSigkill;
  fault.hit = hit;
  fault.incarnation = kAnyIncarnation;
  fault.state.store(FaultState::kArmed);
  block->fault_count = 1;
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) log_until_killed(path, block, bug);
  const Deadline deadline(std::chrono::seconds(30));
  while (block->harness_request.load() != HarnessRequest::kKill && !deadline.passed()) ::sched_yield();
  ::kill(child, SIGKILL);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  auto readout = read_flight_file(path);
  BOOST_REQUIRE(readout);
  return {block->threads[0].log_committed.load(), *readout};
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_a_planted_bug_file_and_witness_agree) {
  const Aftermath left = die_in_commit(40, nullptr);
  const FlightThread& thread = left.readout.threads.at(0);
  BOOST_TEST(left.committed == 39U);
  BOOST_TEST(thread.records.size() == 39U);
  BOOST_TEST(thread.refused.empty());
}

BOOST_AUTO_TEST_CASE(a_record_without_commit_mark_is_counted_but_refused) {
  for (const uint64_t hit : {uint64_t{1}, uint64_t{40}, uint64_t{200}}) {
    const Aftermath left = die_in_commit(hit, "log_without_commit_mark");
    const FlightThread& thread = left.readout.threads.at(0);
    BOOST_TEST(left.committed == hit);
    BOOST_TEST(thread.overwritten + thread.records.size() == hit - 1);
    BOOST_TEST(thread.refused_records == 1U);
  }
}

BOOST_AUTO_TEST_CASE(records_buffered_in_process_memory_are_counted_but_lost) {
  const Aftermath left = die_in_commit(100, "log_buffered_in_process_memory");
  const FlightThread& thread = left.readout.threads.at(0);
  BOOST_TEST(left.committed == 100U);
  BOOST_TEST(thread.records.size() == 64U);
  BOOST_TEST(thread.refused_records == 36U);
}
