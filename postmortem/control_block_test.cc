// Goal: a child attaches to the harness's block, counts its fault points there and fires exactly what was armed.
// Method: forked children that exit without running the parent's exit handlers; the block is shared memory.
#include "postmortem/control_block.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <thread>

#include "base/clock.h"
#include "postmortem/fault_point.h"

namespace crashwright::postmortem {
namespace {

[[gnu::noinline]] void pass_alpha() { CRASHWRIGHT_FAULT_POINT("test.alpha"); }
[[gnu::noinline]] void pass_alpha_elsewhere() { CRASHWRIGHT_FAULT_POINT("test.alpha"); }
[[gnu::noinline]] void pass_beta() { CRASHWRIGHT_FAULT_POINT("test.beta"); }

// The harness's side of a block.
class Harness {
 public:
  Harness() : fd_(::memfd_create("control", 0)) {
    BOOST_REQUIRE(::ftruncate(fd_, sizeof(ControlBlock)) == 0);
    void* const mapping = ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    BOOST_REQUIRE(mapping != MAP_FAILED);
    block_ = static_cast<ControlBlock*>(mapping);
    initialise_control_block(*block_);
  }
  ~Harness() {
    ::munmap(block_, sizeof(ControlBlock));
    ::close(fd_);
  }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  ControlBlock& block() { return *block_; }

  ArmedFault& arm(const char* point) {
    ArmedFault& fault = block_->faults[block_->fault_count++];
    fault.point.assign(point);
    fault.action = FaultAction::kNone;
    fault.incarnation = kAnyIncarnation;
    fault.state.store(FaultState::kArmed);
    return fault;
  }

  // Runs `body` in a child that has attached; its exit status, or 100 when attaching was refused.
  template <typename Body>
  int run(Body body) {
    const pid_t pid = ::fork();
    BOOST_REQUIRE(pid >= 0);
    if (pid == 0) {
      ::setenv(kControlFdVariable, std::to_string(fd_).c_str(), 1);
      if (!attach_control_block()) ::_exit(100);
      ::_exit(body());
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  uint64_t hits(const char* name) {
    for (const FaultPointCounter& counter : block_->fault_points) {
      if (counter.name == name) return counter.hits.load();
    }
    return 0;
  }

 private:
  int fd_;
  ControlBlock* block_ = nullptr;
};

bool fired(const ArmedFault& fault) { return fault.state.load() == FaultState::kFired; }

}  // namespace

BOOST_AUTO_TEST_CASE(the_layout_is_the_documented_one) {
  Harness harness;
  const auto offset = [&](const void* field) {
    return static_cast<const char*>(field) - reinterpret_cast<const char*>(&harness.block());
  };
  ControlBlock& block = harness.block();
  BOOST_TEST(kControlBlockVersion == 1U);
  BOOST_TEST(sizeof(ControlBlock) == 18992U);
  BOOST_TEST(sizeof(ArmedFault) == 216U);
  BOOST_TEST(offset(&block.faults) == 32);
  BOOST_TEST(offset(&block.engine_pid) == 3488);
  BOOST_TEST(offset(&block.fault_points) == 3512);
  BOOST_TEST(offset(&block.threads) == 17848);
  BOOST_TEST(offset(&block.engine) == 18872);
  BOOST_TEST(offset(&block.handler) == 18944);
}

BOOST_AUTO_TEST_CASE(the_registry_lists_every_point_of_the_program) {
  std::multiset<std::string> names;
  for (const FaultPoint& point : fault_points()) {
    names.insert(point.name);
    BOOST_TEST(point.line > 0U);
  }
  BOOST_TEST(names.count("test.alpha") == 2U);
  BOOST_TEST(names.count("test.beta") == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_block_points_stay_dormant_and_the_witness_goes_to_a_private_page) {
  ::unsetenv(kControlFdVariable);
  BOOST_REQUIRE(attach_control_block().has_value());
  BOOST_TEST(!control_block_attached());
  pass_alpha();
  BOOST_TEST(control_block().fault_points[0].hits.load() == 0U);
  BOOST_TEST((last_fault_point() == nullptr));
}

BOOST_AUTO_TEST_CASE(passages_are_counted_per_name_and_over_processes) {
  Harness harness;
  const auto body = [] {
    for (int i = 0; i < 3; ++i) pass_alpha();
    pass_alpha_elsewhere();
    pass_beta();
    return std::string_view(last_fault_point()->name) == "test.beta" ? 0 : 1;
  };
  BOOST_TEST(harness.run(body) == 0);
  BOOST_TEST(harness.hits("test.alpha") == 4U);
  BOOST_TEST(harness.hits("test.beta") == 1U);
  BOOST_TEST(harness.block().engine_pid.load() != 0U);
  BOOST_TEST(harness.block().attached_ns.load() != 0U);
  BOOST_TEST(harness.run(body) == 0);
  BOOST_TEST(harness.hits("test.alpha") == 8U);
}

BOOST_AUTO_TEST_CASE(a_hit_trigger_fires_once_at_its_hit) {
  Harness harness;
  ArmedFault& fault = harness.arm("test.alpha");
  fault.hit = 3;
  ArmedFault& never = harness.arm("test.alpha");
  never.hit = 11;
  BOOST_TEST(harness.run([] {
    for (int i = 0; i < 10; ++i) pass_alpha();
    return 0;
  }) == 0);
  BOOST_TEST(fired(fault));
  BOOST_TEST(fault.fired_hit.load() == 3U);
  BOOST_TEST(fault.fired_tid.load() == harness.block().engine_pid.load());
  BOOST_TEST(fault.fired_ns.load() >= harness.block().attached_ns.load());
  BOOST_TEST(!fired(never));
}

BOOST_AUTO_TEST_CASE(a_fault_of_another_incarnation_stays_armed) {
  Harness harness;
  ArmedFault& fault = harness.arm("test.alpha");
  fault.hit = 1;
  fault.incarnation = 1;
  const auto pass = [] {
    pass_alpha();
    return 0;
  };
  harness.run(pass);
  BOOST_TEST(!fired(fault));
  begin_incarnation(harness.block(), 1);
  BOOST_TEST(harness.hits("test.alpha") == 0U);
  harness.run(pass);
  BOOST_TEST(fired(fault));
}

BOOST_AUTO_TEST_CASE(a_thread_scope_counts_each_thread_by_itself) {
  Harness harness;
  ArmedFault& fault = harness.arm("test.alpha");
  fault.hit = 3;
  fault.scope = FaultScope::kThread;
  fault.thread.assign("feed");
  BOOST_TEST(harness.run([] {
    for (int i = 0; i < 5; ++i) pass_alpha();
    std::thread([] {
      register_thread("feed");
      for (int i = 0; i < 4; ++i) pass_alpha();
    }).join();
    return 0;
  }) == 0);
  BOOST_TEST(fired(fault));
  BOOST_TEST(fault.fired_hit.load() == 8U);
  BOOST_TEST(fault.fired_tid.load() == harness.block().threads[0].tid.load());
  BOOST_TEST(harness.block().threads[0].name.view() == "feed");
}

BOOST_AUTO_TEST_CASE(a_probability_trigger_repeats_with_its_seed) {
  const auto fired_at = [](uint64_t seed) {
    Harness harness;
    ArmedFault& fault = harness.arm("test.alpha");
    fault.trigger = FaultTrigger::kProbability;
    fault.probability_ppb = 20'000'000;  // 1 in 50
    fault.seed = seed;
    harness.run([] {
      for (int i = 0; i < 10'000; ++i) pass_alpha();
      return 0;
    });
    return fault.fired_hit.load();
  };
  std::set<uint64_t> hits;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const uint64_t hit = fired_at(seed);
    BOOST_TEST(hit > 0U);
    BOOST_TEST(fired_at(seed) == hit);
    hits.insert(hit);
  }
  BOOST_TEST(hits.size() > 3U);
}

BOOST_AUTO_TEST_CASE(a_probability_with_thread_scope_repeats_whatever_other_threads_do) {
  const auto fired_at = [](bool others) {
    Harness harness;
    ArmedFault& fault = harness.arm("test.alpha");
    fault.trigger = FaultTrigger::kProbability;
    fault.probability_ppb = 2'000'000;  // 1 in 500
    fault.seed = 7;
    fault.scope = FaultScope::kThread;
    fault.thread.assign("trading");
    harness.run([others] {
      std::atomic<bool> stop{false};
      std::thread noise([&] {
        while (others && !stop.load()) pass_alpha();
      });
      register_thread("trading");
      // Which of its own passages it was.
      int fired_passage = 0;
      for (int i = 1; i <= 10'000 && fired_passage == 0; ++i) {
        pass_alpha();
        if (fired(control_block().faults[0])) fired_passage = i;
      }
      stop.store(true);
      noise.join();
      control_block().faults[0].args[0] = fired_passage;
      return 0;
    });
    return fault.args[0];
  };
  const int64_t alone = fired_at(false);
  BOOST_TEST(alone > 0);
  BOOST_TEST(fired_at(true) == alone);
}

BOOST_AUTO_TEST_CASE(a_time_trigger_waits_for_its_time) {
  Harness harness;
  ArmedFault& fault = harness.arm("test.alpha");
  fault.trigger = FaultTrigger::kElapsed;
  fault.elapsed_ns = 30'000'000;
  BOOST_TEST(harness.run([] {
    while (!fired(control_block().faults[0])) pass_alpha();
    return 0;
  }) == 0);
  const uint64_t waited_ns = fault.fired_ns.load() - harness.block().attached_ns.load();
  BOOST_TEST(waited_ns >= 30'000'000U);
}

BOOST_AUTO_TEST_CASE(feed_and_time_triggers_fire_at_the_first_passage_after) {
  Harness harness;
  ArmedFault& feed = harness.arm("test.alpha");
  feed.trigger = FaultTrigger::kFeedSequence;
  feed.feed_sequence = 500;
  ArmedFault& soon = harness.arm("test.alpha");
  soon.trigger = FaultTrigger::kElapsed;
  soon.elapsed_ns = 1;
  ArmedFault& late = harness.arm("test.alpha");
  late.trigger = FaultTrigger::kElapsed;
  late.elapsed_ns = UINT64_MAX;
  BOOST_TEST(harness.run([] {
    pass_alpha();
    control_block().engine.feed_applied.store(499);
    pass_alpha();
    control_block().engine.feed_applied.store(507);
    pass_alpha();
    return 0;
  }) == 0);
  BOOST_TEST(feed.fired_hit.load() == 3U);
  BOOST_TEST(feed.fired_feed_sequence.load() == 507U);
  BOOST_TEST(soon.fired_hit.load() == 1U);
  BOOST_TEST(!fired(late));
}

BOOST_AUTO_TEST_CASE(the_last_passage_is_the_one_that_the_engine_announces) {
  Harness harness;
  ArmedFault& fault = harness.arm("test.alpha");
  fault.trigger = FaultTrigger::kLast;
  BOOST_TEST(harness.run([] {
    pass_alpha();
    control_block().engine.recovery_phase.store(RecoveryPhase::kResumed);
    pass_alpha();
    control_block().engine.recovery_phase.store(RecoveryPhase::kEnding);
    pass_alpha();
    return 0;
  }) == 0);
  BOOST_TEST(fault.fired_hit.load() == 3U);
}

BOOST_AUTO_TEST_CASE(a_trigger_can_wait_for_what_a_passage_is_about) {
  Harness harness;
  ArmedFault& fault = harness.arm("test.numbered");
  fault.trigger = FaultTrigger::kSubject;
  fault.hit = 70;
  ArmedFault& none = harness.arm("test.numbered");
  none.trigger = FaultTrigger::kSubject;
  none.hit = 0;
  BOOST_TEST(harness.run([] {
    for (const uint64_t number : {10U, 0U, 71U, 70U, 70U}) CRASHWRIGHT_FAULT_POINT_ABOUT("test.numbered", number);
    return 0;
  }) == 0);
  BOOST_TEST(fault.fired_hit.load() == 4U);
  BOOST_TEST(!fired(none));
}

BOOST_AUTO_TEST_CASE(a_block_of_another_magic_version_or_size_is_refused) {
  {
    Harness harness;
    harness.block().version = kControlBlockVersion + 1;
    BOOST_TEST(harness.run([] { return 0; }) == 100);
    const auto checked = check_control_block(harness.block());
    BOOST_REQUIRE(!checked.has_value());
    BOOST_TEST(checked.error().message.find("control block: version ") == 0U);
    BOOST_TEST(checked.error().remedy == "build engine and harness from the same release");
  }
  {
    Harness harness;
    harness.block().magic ^= 1;
    BOOST_TEST(harness.run([] { return 0; }) == 100);
  }
  {
    Harness harness;
    harness.block().size_bytes -= 8;
    BOOST_TEST(harness.run([] { return 0; }) == 100);
  }
}

BOOST_AUTO_TEST_CASE(more_fault_points_than_counters_are_refused) {
  Harness harness;
  ControlBlock& block = harness.block();
  for (size_t i = 0; i < kFaultPointsMax; ++i) block.fault_points[i].name.assign("other." + std::to_string(i));
  block.fault_point_count.store(kFaultPointsMax);
  BOOST_TEST(harness.run([] { return 0; }) == 100);
}

BOOST_AUTO_TEST_CASE(threads_beyond_the_last_slot_share_one_that_nobody_reads) {
  Harness harness;
  BOOST_TEST(harness.run([] {
    for (size_t i = 0; i < kThreadsMax + 3; ++i) {
      std::thread([] { register_thread("worker").heartbeats.fetch_add(1); }).join();
    }
    return 0;
  }) == 0);
  for (const ThreadWitness& witness : harness.block().threads) BOOST_TEST(witness.heartbeats.load() == 1U);
}

BOOST_AUTO_TEST_CASE(a_registered_thread_says_since_when_it_can_be_seen) {
  Harness harness;
  const uint64_t before_ns = monotonic_ns();
  BOOST_TEST(harness.run([] {
    register_thread("trading");
    return 0;
  }) == 0);
  BOOST_TEST(harness.block().threads[0].registered_ns.load() > before_ns);
  BOOST_TEST(harness.block().threads[0].registered_ns.load() < monotonic_ns());
  BOOST_TEST(harness.block().threads[1].registered_ns.load() == 0U);
}

BOOST_AUTO_TEST_CASE(registering_twice_keeps_the_slot) {
  Harness harness;
  BOOST_TEST(harness.run([] {
    ThreadWitness& first = register_thread("trading");
    return &register_thread("trading") == &first ? 0 : 1;
  }) == 0);
  BOOST_TEST(harness.block().threads[0].name.view() == "trading");
  BOOST_TEST(harness.block().threads[1].tid.load() == 0U);
}

}  // namespace crashwright::postmortem
