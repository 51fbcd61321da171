// What the C and C++ libraries print: allocators, terminate, refused memory, exhausted stacks.
#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kVerdict = EvidenceTier::kRuntimeVerdict;
constexpr EvidenceTier kMessage = EvidenceTier::kLibraryMessage;
constexpr TextDetail kException = TextDetail::kException;

// clang-format off
constexpr TextRule kRules[] = {
    // Corruption that malloc.c notices by an assertion of its own.
    {"malloc.c:~*: Assertion `", "HEAP_OVERFLOW", kMessage, 0.95},
    {"malloc.c:~*: assertion failed: ", "HEAP_OVERFLOW", kMessage, 0.95},
    {"Fatal glibc error: malloc assertion failure", "HEAP_OVERFLOW", kMessage, 0.95},
    // glibc's malloc.c. Corruption noticed by free() is a double free only where its list says so.
    {"double free or corruption (out)", "HEAP_OVERFLOW", kMessage, 0.9},
    {"double free or corruption", "DOUBLE_FREE", kMessage, 0.9},
    {"double free detected", "DOUBLE_FREE", kMessage, 1},
    {"free(): invalid next size", "HEAP_OVERFLOW", kMessage, 1},
    {"free(): invalid size", "INVALID_FREE", kMessage, 0.7},
    {"free(): invalid pointer", "INVALID_FREE", kMessage, 0.95},
    {"munmap_chunk(): invalid pointer", "INVALID_FREE", kMessage, 0.95},
    {"realloc(): invalid pointer", "INVALID_FREE", kMessage, 0.95},
    {"free(): corrupted unsorted chunks", "HEAP_OVERFLOW", kMessage, 0.9},
    {"free(): too many chunks detected in tcache", "HEAP_OVERFLOW", kMessage, 0.7},
    {"malloc(): unaligned tcache chunk", "USE_AFTER_FREE", kMessage, 0.8},
    {"malloc(): unaligned fastbin chunk", "USE_AFTER_FREE", kMessage, 0.8},
    {"free(): unaligned ", "USE_AFTER_FREE", kMessage, 0.7},
    {"tcache_thread_shutdown(): unaligned", "USE_AFTER_FREE", kMessage, 0.7},
    {"malloc_consolidate(): unaligned", "USE_AFTER_FREE", kMessage, 0.7},
    {"realloc(): invalid old size", "HEAP_OVERFLOW", kMessage, 0.9},
    {"mremap_chunk(): invalid pointer", "INVALID_FREE", kMessage, 0.95},
    {"invalid fastbin entry (free)", "DOUBLE_FREE", kMessage, 0.7},
    {"malloc(): ", "HEAP_OVERFLOW", kMessage, 0.9},
    {"realloc(): invalid next size", "HEAP_OVERFLOW", kMessage, 1},
    {"malloc_consolidate(): ", "HEAP_OVERFLOW", kMessage, 0.8},
    {"corrupted size vs. prev_size", "HEAP_OVERFLOW", kMessage, 0.95},
    {"corrupted double-linked list", "HEAP_OVERFLOW", kMessage, 0.8},
    {"break adjusted to free malloc space", "HEAP_OVERFLOW", kMessage, 0.8},
    {"*** stack smashing detected ***", "STACK_BUFFER_OVERFLOW", kMessage, 1},
    {"*** buffer overflow detected ***", "STACK_BUFFER_OVERFLOW", kMessage, 0.75},
    {"*** longjmp causes uninitialized stack frame ***", "UNDEFINED_BEHAVIOUR", kMessage, 0.8},
    {"*** %n in writable segment", "UNDEFINED_BEHAVIOUR", kMessage, 0.8},
    {"*** invalid %N$ use detected", "UNDEFINED_BEHAVIOUR", kMessage, 0.8},
    {"FORTIFY: ", "STACK_BUFFER_OVERFLOW", kMessage, 0.7},
    {"ttempt to free invalid pointer", "INVALID_FREE", kMessage, 0.95},  // tcmalloc
    {"ttempt to realloc invalid pointer", "INVALID_FREE", kMessage, 0.95},
    // The allocators of macOS and the BSDs.
    {"stack overflow detected; terminated", "STACK_BUFFER_OVERFLOW", kMessage, 0.95},
    {"error for object *: double free", "DOUBLE_FREE", kMessage, 0.95},
    {"pointer being freed was not allocated", "INVALID_FREE", kMessage, 0.95},
    {"pointer being realloc'd was not allocated", "INVALID_FREE", kMessage, 0.95},
    {"probably modified after being freed", "USE_AFTER_FREE", kMessage, 0.75},
    {"in free(): use after free", "USE_AFTER_FREE", kMessage, 0.95},
    {"in free(): double free", "DOUBLE_FREE", kMessage, 0.95},
    {"in free(): bogus pointer", "INVALID_FREE", kMessage, 0.9},
    {"(): chunk canary corrupted", "HEAP_OVERFLOW", kMessage, 0.95},
    {"(): chunk info corrupted", "HEAP_OVERFLOW", kMessage, 0.9},
    // The C++ runtimes: libstdc++ and libc++abi.
    {"^terminate called after throwing an instance of '", "EXCEPTION", kMessage, 1, kException},
    {"terminating * uncaught exception of type ", "EXCEPTION", kMessage, 1, kException},
    {"terminating with uncaught", "EXCEPTION", kMessage, 0.95},
    {"^terminate called without an active exception", "EXCEPTION", kMessage, 0.85},
    {"^terminate called recursively", "EXCEPTION", kMessage, 0.85},
    {"ure virtual function called", "ABORT", kMessage, 0.9},
    {"pure virtual method called", "ABORT", kMessage, 0.9},
    // Mutexes that look for cycles.
    {" potential deadlock detected", "DEADLOCK", kVerdict, 0.95},
    {"dying due to potential deadlock", "DEADLOCK", kVerdict, 0.95},
    {"LATEST DETECTED DEADLOCK", "DEADLOCK", kMessage, 0.85},  // MySQL
    {"eadlock found when trying to get lock", "DEADLOCK", kMessage, 0.85},
    {"was deadlocked on ", "DEADLOCK", kMessage, 0.85},  // SQL Server
    {"^~* deadlocks detected", "DEADLOCK", kMessage, 0.9},  // parking_lot
    {"^Deadlock detected", "DEADLOCK", kMessage, 0.9},
    {": deadlock detected", "DEADLOCK", kMessage, 0.9},
    {":  deadlock detected", "DEADLOCK", kMessage, 0.9},
    // Out of memory by other words.
    {"memory allocation of ~ bytes failed", "OOM", kMessage, 1},
    {"memory allocation of ~* bytes failed", "OOM", kMessage, 1},
    {"Fatal * out of memory", "OOM", kMessage, 1},
    {"# Allocation failed", "OOM", kMessage, 1},
    {"heap out of memory", "OOM", kMessage, 1},
    {"^std::bad_alloc", "OOM", kMessage, 0.8},
    {"::OnNoMemory", "OOM", kMessage, 1},
    {"FatalProcessOutOfMemory", "OOM", kMessage, 1},
    {"Fatal JavaScript invalid size error", "OOM", kMessage, 1},
    {"FX_OutOfMemoryTerminate", "OOM", kMessage, 1},
    {"Out of memory. Dying.", "OOM", kMessage, 1},
    {"Out of memory. size=", "OOM", kMessage, 1},
    {"TerminateBecauseOutOfMemory", "OOM", kMessage, 1},
    {"blinkGCOutOfMemory", "OOM", kMessage, 1},
    {"ouldnt allocate*Out of memory", "OOM", kMessage, 1},
    {"in rust_oom", "OOM", kMessage, 1},
    {"LLVM ERROR: out of memory", "OOM", kMessage, 1},
    {"Allocation failed - process out of memory", "OOM", kMessage, 1},
    {"GLib-ERROR **: *failed to allocate ", "OOM", kMessage, 1},
    {"rss limit exhausted", "OOM", kVerdict, 0.9},
    {"^virtual memory exhausted", "OOM", kMessage, 0.8},
    // Stack exhaustion as other runtimes put it.
    {"has overflowed its stack", "STACK_OVERFLOW_EXHAUSTION", kMessage, 1},
    {"^fatal runtime error: stack overflow", "STACK_OVERFLOW_EXHAUSTION", kMessage, 1},
    {"stack overflow in task ", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {"A stack overflow in ", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {": stack overflow$", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.9},
    {" stack overflow detected", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.85},
    {"aximum call stack size exceeded", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.9},
    // What a panic of Rust says in the line below, or behind it.
    {"attempt to divide by zero", "FPE", kMessage, 0.95},
    {"attempt to calculate the remainder with a divisor of zero", "FPE", kMessage, 0.95},
};
// clang-format on

}  // namespace

std::span<const TextRule> library_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
