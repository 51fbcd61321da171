// What a fault point costs: dormant, counted, and with faults armed that do not match; beside libfiu's.
//
// Method: loops of two million passages, ten in a row, without the cost of the empty loop; each state in a process of
// its own, because a control block stays attached; repetitions of all states interleaved.
// Samples: dormant_ns, attached_ns, armed_elsewhere_ns, armed_hit_ns, armed_thread_ns, armed_probability_ns,
//          armed_time_ns, armed_not_matching_ns (the dearest of the armed ones), libfiu.dormant_ns,
//          libfiu.armed_elsewhere_ns
#define FIU_ENABLE
#include <fiu-control.h>
#include <fiu.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/check.h"
#include "base/clock.h"
#include "bench/samples.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"

namespace crashwright::bench {
namespace {

using namespace postmortem;

constexpr int kRounds = 200'000;
constexpr int kPassagesPerRound = 10;

template <typename Passage>
double loop_ns(Passage passage) {
  const uint64_t start_ns = monotonic_ns();
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 10
    for (int n = 0; n < kPassagesPerRound; ++n) {
      asm volatile("" : : "r"(i) : "memory");
      passage();
    }
  }
  return static_cast<double>(monotonic_ns() - start_ns) / (kRounds * kPassagesPerRound);
}

// The quickest of several: what else the machine does can only add.
template <typename Passage>
double passage_ns(Passage passage) {
  double empty = 1e9;
  double full = 1e9;
  for (int i = 0; i < 5; ++i) {
    empty = std::min(empty, loop_ns([] {}));
    full = std::min(full, loop_ns(passage));
  }
  return std::max(0.0, full - empty);
}

double our_passage_ns() {
  return passage_ns([] { CRASHWRIGHT_FAULT_POINT("bench.passage"); });
}

double fiu_passage_ns() {
  return passage_ns([] {
    if (fiu_fail("bench/passage") != 0) std::abort();
  });
}

ControlBlock& attach() {
  const int fd = ::memfd_create("control", 0);
  CRASHWRIGHT_CHECK(::ftruncate(fd, sizeof(ControlBlock)) == 0, "a memory file can grow");
  void* const mapped = ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CRASHWRIGHT_CHECK(mapped != MAP_FAILED, "a memory file can be mapped");
  ::setenv(kControlFdVariable, std::to_string(fd).c_str(), 1);
  auto& block = *static_cast<ControlBlock*>(mapped);
  initialise_control_block(block);
  return block;
}

ArmedFault& arm(ControlBlock& block, const char* point) {
  ArmedFault& fault = block.faults[block.fault_count++];
  fault.point.assign(point);
  fault.incarnation = kAnyIncarnation;
  fault.hit = UINT64_MAX;
  fault.elapsed_ns = UINT64_MAX;
  fault.feed_sequence = UINT64_MAX;
  fault.state.store(FaultState::kArmed);
  return fault;
}

// With one fault at the point that never matches, and as many as there is room for at others.
template <typename Describe>
double armed_ns(Describe describe) {
  ControlBlock& block = attach();
  describe(arm(block, "bench.passage"));
  while (block.fault_count < kArmedFaultsMax) arm(block, "bench.elsewhere");
  CRASHWRIGHT_CHECK(attach_control_block().has_value(), "the block is of this version");
  register_thread("bench");
  const double ns = our_passage_ns();
  for (const ArmedFault& fault : block.faults) {
    CRASHWRIGHT_CHECK(fault.state.load() == FaultState::kArmed, "nothing of this matches");
  }
  return ns;
}

double attached_ns() {
  attach();
  CRASHWRIGHT_CHECK(attach_control_block().has_value(), "the block is of this version");
  return our_passage_ns();
}

double libfiu_ns(bool armed_elsewhere) {
  fiu_init(0);
  if (armed_elsewhere) fiu_enable("bench/elsewhere", 1, nullptr, 0);
  return fiu_passage_ns();
}

double in_child(const std::function<double()>& body) {
  int pipe[2];
  CRASHWRIGHT_CHECK(::pipe(pipe) == 0, "a pipe can be made");
  const pid_t child = ::fork();
  if (child == 0) {
    const double value = body();
    ::_exit(::write(pipe[1], &value, sizeof value) == sizeof value ? 0 : 1);
  }
  ::close(pipe[1]);
  double value = 0;
  const bool told = ::read(pipe[0], &value, sizeof value) == sizeof value;
  ::close(pipe[0]);
  ::waitpid(child, nullptr, 0);
  CRASHWRIGHT_CHECK(told, "the measuring child reports");
  return value;
}

std::map<std::string, std::function<double()>> states() {
  return {
      {"dormant_ns", our_passage_ns},
      {"attached_ns", attached_ns},
      {"armed_elsewhere_ns", [] { return armed_ns([](ArmedFault& fault) { fault.point.assign("bench.elsewhere"); }); }},
      {"armed_hit_ns", [] { return armed_ns([](ArmedFault&) {}); }},
      {"armed_thread_ns",
       [] {
         return armed_ns([](ArmedFault& fault) {
           fault.trigger = FaultTrigger::kFeedSequence;
           fault.feed_sequence = 0;  // matches always, so that the thread decides
           fault.thread.assign("other");
         });
       }},
      {"armed_probability_ns",
       [] { return armed_ns([](ArmedFault& fault) { fault.trigger = FaultTrigger::kProbability; }); }},
      {"armed_time_ns", [] { return armed_ns([](ArmedFault& fault) { fault.trigger = FaultTrigger::kElapsed; }); }},
      {"libfiu.dormant_ns", [] { return libfiu_ns(false); }},
      {"libfiu.armed_elsewhere_ns", [] { return libfiu_ns(true); }},
  };
}

}  // namespace
}  // namespace crashwright::bench

int main(int argc, char** argv) {
  using namespace crashwright::bench;
  Samples samples;
  std::vector<std::function<void()>> parts;
  double dearest = 0;
  const auto all = states();
  for (const auto& [name, body] : all) {
    parts.emplace_back([&samples, &dearest, &name = name, &body = body] {
      const double ns = in_child(body);
      samples.add(name, ns);
      if (name.rfind("armed_", 0) == 0) dearest = std::max(dearest, ns);
    });
  }
  for (unsigned i = 0; i < repetitions(argc, argv, 9); ++i) {
    dearest = 0;
    interleave(1, parts);
    samples.add("armed_not_matching_ns", dearest);
  }
  samples.print();
}
