#include "postmortem/fault_point.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "postmortem/control_block.h"
#include "postmortem/injection.h"

// Bounds that the linker makes for a section whose name is a C identifier (ld(1), "__start_SECNAME"). Weak: a program
// without any fault point has no such section.
extern "C" {
extern crashwright::postmortem::FaultPoint __start_crashwright_fault_points[] __attribute__((weak));
extern crashwright::postmortem::FaultPoint __stop_crashwright_fault_points[] __attribute__((weak));
}

namespace crashwright::postmortem {
namespace {

thread_local uint32_t t_hits[kFaultPointsMax];
thread_local const FaultPoint* t_last_point = nullptr;
// Probability draws, one generator per armed fault; relaxed because the draw order between threads is theirs.
std::atomic<uint64_t> g_draws[kArmedFaultsMax];

bool trigger_matches(const ControlBlock& block, const ArmedFault& fault, size_t index, uint64_t process_hit,
                     uint64_t thread_hit) {
  switch (fault.trigger) {
    case FaultTrigger::kHit:
      return (fault.scope == FaultScope::kThread ? thread_hit : process_hit) == fault.hit;
    case FaultTrigger::kProbability: {
      const uint64_t draw = g_draws[index].fetch_add(1, std::memory_order_relaxed);
      Random random(fault.seed + draw * 0x9e3779b97f4a7c15U);
      return random.chance_ppb(fault.probability_ppb);
    }
    case FaultTrigger::kFeedSequence:
      return block.engine.feed_applied.load(std::memory_order_relaxed) >= fault.feed_sequence;
    case FaultTrigger::kElapsed:
      return monotonic_ns() - block.attached_ns.load(std::memory_order_relaxed) >= fault.elapsed_ns;
  }
  return false;
}

bool thread_matches(const ArmedFault& fault) {
  if (fault.thread.empty()) return true;
  char name[16] = {};
  // Raw comm of the calling thread; a thread that never named itself carries the program's name.
  return ::pthread_getname_np(::pthread_self(), name, sizeof name) == 0 && fault.thread == name;
}

}  // namespace

std::span<FaultPoint> fault_points() noexcept {
  FaultPoint* const begin = __start_crashwright_fault_points;
  FaultPoint* const end = __stop_crashwright_fault_points;
  return {begin, static_cast<size_t>(end - begin)};
}

void print_fault_points() {
  std::vector<const FaultPoint*> points;
  for (const FaultPoint& point : fault_points()) points.push_back(&point);
  std::sort(points.begin(), points.end(),
            [](const FaultPoint* left, const FaultPoint* right) { return std::string_view(left->name) < right->name; });
  std::string_view previous;
  for (const FaultPoint* point : points) {
    if (point->name == previous) continue;
    previous = point->name;
    std::printf("%s\t%s:%u\n", point->name, point->file, point->line);
  }
}

const FaultPoint* last_fault_point() noexcept { return t_last_point; }

namespace detail {

uint8_t g_fault_points_live = 0;

void pass_fault_point(const FaultPoint& point) {
  ControlBlock& block = control_block();
  t_last_point = &point;
  const uint64_t process_hit = block.fault_points[point.counter].hits.fetch_add(1, std::memory_order_relaxed) + 1;
  const uint64_t thread_hit = ++t_hits[point.counter];
  for (size_t i = 0; i < block.fault_count && i < kArmedFaultsMax; ++i) {
    ArmedFault& fault = block.faults[i];
    if (fault.state.load(std::memory_order_relaxed) != FaultState::kArmed) continue;
    if (!(fault.point == point.name)) continue;
    if (fault.incarnation != kAnyIncarnation && fault.incarnation != block.incarnation) continue;
    if (!thread_matches(fault) || !trigger_matches(block, fault, i, process_hit, thread_hit)) continue;
    FaultState expected = FaultState::kArmed;
    if (!fault.state.compare_exchange_strong(expected, FaultState::kFired)) continue;
    fault.fired_tid.store(static_cast<uint32_t>(::gettid()), std::memory_order_relaxed);
    fault.fired_hit.store(process_hit, std::memory_order_relaxed);
    fault.fired_feed_sequence.store(block.engine.feed_applied.load(std::memory_order_relaxed),
                                    std::memory_order_relaxed);
    fault.fired_ns.store(monotonic_ns(), std::memory_order_release);
    injection::perform(fault);
  }
}

}  // namespace detail
}  // namespace crashwright::postmortem
