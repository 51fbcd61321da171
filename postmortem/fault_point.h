// Fault points: named places in the engine's code where the harness can make something go wrong.
//
//   void OrderGateway::send(const Order& order) {
//     CRASHWRIGHT_FAULT_POINT("gateway.send_order");
//
// Each use registers itself in a linker section; fault_points() lists them all without running any of them.
// Cost:    dormant one load and one predicted branch. With a control block attached each passage is counted there, and
//          faults that are armed for another point cost nothing more. Compiled with CRASHWRIGHT_NO_FAULT_POINTS the
//          macro is nothing. docs/performance.md has the figures.
// Scope:   a trigger counts the passages of the process or of the thread (FaultScope). A probability is drawn from its
//          seed and the number of the passage alone, so that the same seed fires at the same passages, whatever other
//          threads do. A thread is known by the name that it registered (control_block.h), else by the kernel's.
// Subject: CRASHWRIGHT_FAULT_POINT_ABOUT(name, number) says what the passage is about, so that a trigger can wait for
//          it whatever went before: an order by the feed message that caused it, a message of the exchange by its
//          sequence. 0 is about nothing.
// Threads: any. Signal context: yes (that is how the crash handler's own stages are tested).
// Names:   "area.place", 47 characters at most, the same name at several places is one point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace crashwright::postmortem {

struct ControlBlock;

// As large as it is aligned: the compiler aligns objects of this size further than their members ask for, and the
// linker's array must have no gaps.
struct alignas(32) FaultPoint {
  const char* name;
  const char* file;
  uint32_t line;
  uint32_t counter;  // index into ControlBlock::fault_points once attached
};
static_assert(sizeof(FaultPoint) == 32);

// Every registered point of this binary in link order; several entries may share a name.
[[nodiscard]] std::span<FaultPoint> fault_points() noexcept;

// Prints "name<TAB>file:line" lines, sorted by name, each name once: what `engine --list-fault-points` shows.
void print_fault_points();

// The last point that the calling thread passed while a control block was attached, or null. Signal context: yes.
[[nodiscard]] const FaultPoint* last_fault_point() noexcept;

namespace detail {

// Nonzero once a control block is attached. One byte for all points keeps the dormant path to one hot load.
extern uint8_t g_fault_points_live;

// Finds out which armed fault is meant for which point; attach_control_block() calls it once the counters are known.
void resolve_armed_faults(const ControlBlock& block) noexcept;

// Counts the passage and performs whatever is armed for it. May not return.
void pass_fault_point(const FaultPoint& point, uint64_t subject);

}  // namespace detail
}  // namespace crashwright::postmortem

#if defined(CRASHWRIGHT_NO_FAULT_POINTS)
#define CRASHWRIGHT_FAULT_POINT_ABOUT(point_name, subject) static_cast<void>(0)
#else
#define CRASHWRIGHT_FAULT_POINT_ABOUT(point_name, subject)                                                \
  do {                                                                                                    \
    static ::crashwright::postmortem::FaultPoint crashwright_fault_point                                  \
        __attribute__((section("crashwright_fault_points"), used)) = {point_name, __FILE__, __LINE__, 0}; \
    if (__builtin_expect(::crashwright::postmortem::detail::g_fault_points_live, 0) != 0) {               \
      ::crashwright::postmortem::detail::pass_fault_point(crashwright_fault_point, subject);              \
      asm volatile(""); /* no tail call: the function with the point stays on the stack */                \
    }                                                                                                     \
  } while (false)
#endif
#define CRASHWRIGHT_FAULT_POINT(point_name) CRASHWRIGHT_FAULT_POINT_ABOUT(point_name, 0)
