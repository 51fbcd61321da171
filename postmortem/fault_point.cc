#include "postmortem/fault_point.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <iterator>
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

// Which of the armed faults are meant for the point with that counter, one bit each: found out once, when the block is
// attached, so that passing a point for which nothing is armed costs no comparison of names.
static_assert(kArmedFaultsMax <= 16);
uint16_t g_armed_for[kFaultPointsMax];

// The coarse clock is a few nanoseconds to read, never ahead, and at most one tick behind.
constexpr uint64_t kCoarseTickNsMax = 10'000'000;

bool elapsed(const ControlBlock& block, uint64_t elapsed_ns) {
  const uint64_t start_ns = block.attached_ns.load(std::memory_order_relaxed);
  timespec coarse{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &coarse);
  const uint64_t coarse_ns =
      static_cast<uint64_t>(coarse.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(coarse.tv_nsec);
  if (coarse_ns + kCoarseTickNsMax < start_ns || coarse_ns + kCoarseTickNsMax - start_ns < elapsed_ns) return false;
  return monotonic_ns() - start_ns >= elapsed_ns;
}

// Which passage it is.
struct Passage {
  uint64_t process_hit;
  uint64_t thread_hit;
  uint64_t subject;
};

bool trigger_matches(const ControlBlock& block, const ArmedFault& fault, const Passage& passage) {
  const uint64_t hit = fault.scope == FaultScope::kThread ? passage.thread_hit : passage.process_hit;
  switch (fault.trigger) {
    case FaultTrigger::kHit:
      return hit == fault.hit;
    case FaultTrigger::kProbability: {
      // Drawn from seed and hit alone: no other thread and no other point can change what a passage draws.
      Random random(fault.seed + (hit - 1) * 0x9e3779b97f4a7c15U);
      return random.chance_ppb(fault.probability_ppb);
    }
    case FaultTrigger::kFeedSequence:
      return block.engine.feed_applied.load(std::memory_order_relaxed) >= fault.feed_sequence;
    case FaultTrigger::kElapsed:
      return elapsed(block, fault.elapsed_ns);
    case FaultTrigger::kLast:
      return block.engine.recovery_phase.load(std::memory_order_acquire) == RecoveryPhase::kEnding;
    case FaultTrigger::kSubject:
      return passage.subject != 0 && passage.subject == fault.hit;
  }
  return false;
}

bool thread_matches(const ArmedFault& fault) {
  if (fault.thread.empty()) return true;
  // Both padded with zeros: one comparison of fixed size.
  const auto* const registered = detail::registered_thread_name();
  if (registered != nullptr) return std::memcmp(registered->bytes, fault.thread.bytes, sizeof fault.thread) == 0;
  char name[16] = {};
  // Raw comm of the calling thread; a thread that never named itself carries the program's name.
  return ::pthread_getname_np(::pthread_self(), name, sizeof name) == 0 && fault.thread == name;
}

}  // namespace

// Here, so that the autopsy knows its frame for one of the injection.
namespace injection {
namespace {

void fire(ControlBlock& block, ArmedFault& fault, uint64_t process_hit) {
  FaultState expected = FaultState::kArmed;
  if (!fault.state.compare_exchange_strong(expected, FaultState::kFired)) return;
  fault.fired_tid.store(static_cast<uint32_t>(::gettid()), std::memory_order_relaxed);
  fault.fired_hit.store(process_hit, std::memory_order_relaxed);
  fault.fired_feed_sequence.store(block.engine.feed_applied.load(std::memory_order_relaxed), std::memory_order_relaxed);
  fault.fired_ns.store(monotonic_ns(), std::memory_order_release);
  perform(fault);
}

}  // namespace
}  // namespace injection

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

void resolve_armed_faults(const ControlBlock& block) noexcept {
  std::fill(std::begin(g_armed_for), std::end(g_armed_for), uint16_t{0});
  for (size_t i = 0; i < block.fault_count && i < kArmedFaultsMax; ++i) {
    const ArmedFault& fault = block.faults[i];
    if (fault.incarnation != kAnyIncarnation && fault.incarnation != block.incarnation) continue;
    for (const FaultPoint& point : fault_points()) {
      if (fault.point == point.name) g_armed_for[point.counter] |= static_cast<uint16_t>(1U << i);
    }
  }
}

void pass_fault_point(const FaultPoint& point, uint64_t subject) {
  ControlBlock& block = control_block();
  t_last_point = &point;
  const uint64_t process_hit = block.fault_points[point.counter].hits.fetch_add(1, std::memory_order_relaxed) + 1;
  const Passage passage{process_hit, ++t_hits[point.counter], subject};
  for (uint32_t armed = g_armed_for[point.counter]; armed != 0; armed &= armed - 1) {
    ArmedFault& fault = block.faults[std::countr_zero(armed)];
    if (fault.state.load(std::memory_order_relaxed) != FaultState::kArmed) continue;
    if (trigger_matches(block, fault, passage) && thread_matches(fault)) {
      injection::fire(block, fault, process_hit);
    }
  }
}

}  // namespace detail
}  // namespace crashwright::postmortem
