// Goal: a core of every way holds the process as it was, whatever kind of process it is, and an incomplete one is known
// for what it is. Method: core_victim dies for real with all ways but one closed, and is read back with rca's reader.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <set>

#include "harness/runner/cgroup.h"
#include "harness/runner/core_file.h"
#include "harness/runner/core_writer.h"
#include "harness/runner/proc_info.h"
#include "harness/runner/testing/temporary_folder.h"
#include "harness/runner/testing/victim_core.h"
#include "postmortem/crash_record_reader.h"
#include "rca/core_file.h"
#include "rca/stack_unwinder.h"
#include "rca/symbolizer.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr CoreWay kOwnWays[] = {CoreWay::kOutside, CoreWay::kSelf};

rca::CoreFile open_core(const VictimCore& victim) {
  BOOST_REQUIRE_MESSAGE(victim.problem.empty(), victim.problem);
  auto core = rca::CoreFile::open(victim.path);
  BOOST_REQUIRE_MESSAGE(core.has_value(), (core ? "" : core.error().message));
  BOOST_TEST(core->pid() == victim.pid);
  return std::move(*core);
}

// Threads whose stack reaches the function.
size_t threads_through(const rca::CoreFile& core, const std::string& function) {
  const auto symbolizer = rca::Symbolizer::from_core(core, {CORE_VICTIM, {}});
  const rca::StackUnwinder unwinder(core, *symbolizer);
  size_t count = 0;
  for (const rca::CoreThread& thread : core.threads()) {
    for (const rca::Frame& frame : rca::symbolize(*symbolizer, unwinder.unwind(thread, {}))) {
      if (frame.function != function) continue;
      ++count;
      break;
    }
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_thread_of_two_hundred_is_in_the_core_with_its_stack) {
  for (const CoreWay way : kOwnWays) {
    BOOST_TEST_CONTEXT(core_way_name(way)) {
      const TemporaryFolder folder;
      const rca::CoreFile core = open_core(run_victim(folder.path(), way, {"segv", "--threads", "200"}));
      BOOST_TEST(core.threads().size() == 201U);
      BOOST_TEST(threads_through(core, "victim_thread") == 200U);
      BOOST_TEST(threads_through(core, "victim_dies") == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(ten_thousand_mappings_are_all_in_the_core) {
  for (const CoreWay way : kOwnWays) {
    BOOST_TEST_CONTEXT(core_way_name(way)) {
      const TemporaryFolder folder;
      const rca::CoreFile core = open_core(run_victim(folder.path(), way, {"segv", "--mappings", "10000"}));
      std::set<uint64_t> numbers;
      for (const rca::CoreSegment& segment : core.segments()) {
        // One of them may have been merged with what lay there before.
        for (uint64_t at = 0; at < std::min<uint64_t>(segment.saved, 1 << 20); at += 4096) {
          numbers.insert(core.read_word(segment.begin + at).value_or(UINT64_MAX));
        }
      }
      for (uint64_t number = 0; number < 10'000; ++number) BOOST_REQUIRE(numbers.contains(number));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_user_of_io_uring_with_a_call_under_way_leaves_a_complete_core_by_every_way) {
  for (const CoreWay way : {CoreWay::kKernel, CoreWay::kOutside, CoreWay::kSelf}) {
    BOOST_TEST_CONTEXT(core_way_name(way)) {
      const TemporaryFolder folder;
      const VictimCore victim = run_victim(folder.path(), way, {"segv", "--uring", "--threads", "2"});
      if (way == CoreWay::kKernel && victim.path.empty()) {
        BOOST_TEST_MESSAGE("no kernel core here: " << victim.problem);
        continue;
      }
      BOOST_TEST(WTERMSIG(victim.seen.end.wait_status) == SIGSEGV);
      const rca::CoreFile core = open_core(victim);
      BOOST_TEST(core.threads().size() >= 3U);
      BOOST_TEST(threads_through(core, "victim_dies") == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_core_that_the_kernel_cut_is_recognised_although_the_wait_status_says_that_there_is_one) {
  const TemporaryFolder folder;
  const VictimCore victim =
      run_victim(folder.path(), CoreWay::kKernel, {"segv", "--memory-mb", "8", "--core-limit", "1048576"});
  if (!WCOREDUMP(victim.seen.end.wait_status)) {
    BOOST_TEST_MESSAGE("no kernel core here: " << victim.problem);
    return;
  }
  BOOST_TEST(victim.path.empty());
  BOOST_TEST(victim.problem.find("truncated") != std::string::npos, victim.problem);
}

BOOST_AUTO_TEST_CASE(a_self_written_core_that_finds_no_room_is_recognised_and_the_death_stays_the_true_one) {
  const TemporaryFolder folder;
  const VictimCore victim =
      run_victim(folder.path(), CoreWay::kSelf, {"segv", "--memory-mb", "8", "--file-limit", "2097152"});
  BOOST_TEST(WTERMSIG(victim.seen.end.wait_status) == SIGSEGV);
  BOOST_TEST(victim.problem.find("truncated") != std::string::npos, victim.problem);
  // What fitted is there and tells of the dying thread; the next step of the ladder is complete.
  const auto core = rca::CoreFile::open(victim.path);
  BOOST_REQUIRE(core.has_value());
  BOOST_TEST(core->threads().front().tid == victim.pid);
  const auto record = postmortem::read_crash_record(folder / "crash.rec");
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(record->complete);
}

BOOST_AUTO_TEST_CASE(a_self_written_core_needs_no_address_space_and_no_descriptor) {
  const TemporaryFolder folder;
  const VictimCore victim = run_victim(folder.path(), CoreWay::kSelf,
                                       {"abort", "--threads", "3", "--no-descriptors", "--address-space-left", "1"});
  BOOST_TEST(WTERMSIG(victim.seen.end.wait_status) == SIGABRT);
  const rca::CoreFile core = open_core(victim);
  BOOST_REQUIRE(core.signal_info().has_value());
  BOOST_TEST(core.signal_info()->si_signo == SIGABRT);
  BOOST_TEST(core.threads().size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_self_written_core_tells_the_original_signal_code_and_address) {
  const TemporaryFolder folder;
  const rca::CoreFile core = open_core(run_victim(folder.path(), CoreWay::kSelf, {"segv"}));
  BOOST_REQUIRE(core.signal_info().has_value());
  BOOST_TEST(core.signal_info()->si_signo == SIGSEGV);
  BOOST_TEST(core.signal_info()->si_code == SEGV_MAPERR);
  BOOST_TEST(reinterpret_cast<uint64_t>(core.signal_info()->si_addr) == 0x10U);
  BOOST_TEST(core.program() == "core_victim");
}

BOOST_AUTO_TEST_CASE(a_hanging_process_with_many_threads_goes_on_after_its_core_was_taken) {
  const TemporaryFolder folder;
  const auto child = start_hanging_victim(folder.path(), {"--threads", "50"});
  BOOST_REQUIRE(child != nullptr);
  BOOST_REQUIRE(write_core_from_outside(child->pid(), folder / "core").has_value());
  const auto core = rca::CoreFile::open(folder / "core");
  BOOST_REQUIRE(core.has_value());
  BOOST_TEST(core->threads().size() == 51U);
  BOOST_TEST(threads_through(*core, "victim_thread") == 50U);
  const auto stat = read_process_stat(child->pid());
  BOOST_REQUIRE(stat.has_value());
  BOOST_TEST((stat->state == 'S' || stat->state == 'R'));
}

BOOST_AUTO_TEST_CASE(untouched_memory_takes_no_room_in_the_core) {
  for (const CoreWay way : kOwnWays) {
    BOOST_TEST_CONTEXT(core_way_name(way)) {
      const TemporaryFolder folder;
      const VictimCore victim = run_victim(folder.path(), way, {"segv", "--memory-mb", "4", "--threads", "40"});
      BOOST_REQUIRE_MESSAGE(victim.problem.empty(), victim.problem);
      // Forty stacks of 8 MB that are hardly used.
      struct stat info {};
      BOOST_REQUIRE(::stat(victim.path.c_str(), &info) == 0);
      BOOST_TEST(info.st_size > 200 << 20);
      BOOST_TEST(info.st_blocks * 512 < 20 << 20);
    }
  }
}
