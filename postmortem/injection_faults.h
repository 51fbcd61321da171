// The single faults behind injection::perform(), one function each with a telling name.
//
// Every one keeps its fault through the optimiser (values are passed through opaque()), and commits the same fault with
// and without sanitizers. The memory faults are hidden from UBSan, so that it is AddressSanitizer or the hardware that
// finds them; signed_overflow is there for UBSan alone.
// Threads: any. Signal context: null_dereference() only.
#pragma once

#include <cstdint>

namespace crashwright::postmortem {
struct ArmedFault;
}

namespace crashwright::postmortem::injection {

#define CRASHWRIGHT_FAULT_FUNCTION [[gnu::noinline]]
// Only the hardware, glibc or ASan are to find this one.
#define CRASHWRIGHT_HIDDEN_FROM_UBSAN [[gnu::noinline, gnu::no_sanitize("undefined")]]

// What the optimiser cannot see through.
template <typename T>
[[gnu::always_inline]] inline T opaque(T value) noexcept {
  asm volatile("" : "+r"(value) : : "memory");
  return value;
}

// injection_memory.cc
void null_dereference();
// Release: the object's first word is then the allocator's own link (the object's address >> 12), and the virtual call
// through it faults. ASan: heap-use-after-free.
void use_after_free();
void double_free();
// Release: overwrites the size of the heap's top, and the next allocation ends in "malloc(): corrupted top size" while
// glibc holds the arena's lock. ASan: heap-buffer-overflow.
void heap_overflow();
void stack_exhaustion();

// injection_wild.cc
void wild_read();
void wild_write();
void wild_jump();
void write_to_read_only();
void invalid_free();
void stack_overflow();
void global_overflow();  // returns where AddressSanitizer is not compiled in
void smashed_stack();

// injection_traps.cc
void exception_through_noexcept() noexcept;
void pure_virtual_call();
void illegal_instruction();
void misaligned_access();
void truncated_mapping();

// injection_checks.cc
void signed_overflow();  // returns where UBSan is not compiled in
[[noreturn]] void deliberate_abort();
void failed_assertion();
[[noreturn]] void uncaught_exception();
void division_by_zero();

// injection_resources.cc
// Lowers RLIMIT_AS to what is in use plus `headroom_bytes`, then allocates until std::bad_alloc escapes. ASan cannot
// live under that limit and its operator new never throws: there, one allocation beyond its maximum ends in its report.
[[noreturn]] void exhaust_address_space(int64_t headroom_bytes);
// Touches memory until the kernel ends the process; gives up (and returns) after `limit_bytes`, 0 meaning 8 GiB.
void exhaust_memory(int64_t limit_bytes);

// injection_limits.cc. They return, and confirm the fault with the errno that the kernel answered.
void exhaust_descriptors(ArmedFault& fault);
void exhaust_threads(ArmedFault& fault);
void limit_file_size(ArmedFault& fault);
void confirm(ArmedFault& fault, int64_t detail) noexcept;

// injection_input.cc
void set_input_fault(ArmedFault& fault) noexcept;
void set_poison(ArmedFault& fault) noexcept;
void step_wall_clock(ArmedFault& fault) noexcept;

// injection_concurrency.cc
void self_deadlock();
[[noreturn]] void lost_wakeup();
void slow_thread(ArmedFault& fault);
void two_threads_die();
void lock_order_deadlock();
[[noreturn]] void stalled_thread();
[[noreturn]] void livelock();

// injection_harness.cc
[[noreturn]] void request_kill(const ArmedFault& fault);
void request_stop(const ArmedFault& fault);            // returns once the harness has resumed the process
void request_disconnect(const ArmedFault& fault);      // returns once the exchange was told
void request_second_primary(const ArmedFault& fault);  // returns once the second engine has ended

}  // namespace crashwright::postmortem::injection
