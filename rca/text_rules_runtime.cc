// What the runtimes of other languages print.
#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kVerdict = EvidenceTier::kRuntimeVerdict;
constexpr EvidenceTier kMessage = EvidenceTier::kLibraryMessage;
constexpr EvidenceTier kMachine = EvidenceTier::kMachineState;
constexpr TextDetail kExpression = TextDetail::kExpression;
constexpr TextDetail kException = TextDetail::kException;
constexpr TextDetail kAddress = TextDetail::kAddress;

// clang-format off
constexpr TextRule kRules[] = {
    // Go's runtime.
    {"^panic: runtime error: invalid memory address or nil pointer", "NULL_DEREF", kMessage, 0.95},
    {"^panic: runtime error: integer divide by zero", "FPE", kMessage, 0.95},
    {"^panic: runtime error: ", "ASSERTION", kMessage, 0.8, kExpression},
    {"^fatal error: all goroutines are asleep", "DEADLOCK", kMessage, 1},
    {"^fatal error: runtime: out of memory", "OOM", kMessage, 1},
    {"^fatal error: runtime: cannot allocate memory", "OOM", kMessage, 1},
    {"^fatal error: stack overflow", "STACK_OVERFLOW_EXHAUSTION", kMessage, 1},
    {"goroutine stack exceeds ", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.9},
    {"^fatal error: concurrent map ", "DATA_RACE", kMessage, 0.9},
    {"^panic: test timed out after ", "TIMEOUT", kMessage, 0.95},
    {"^panic: ", "ASSERTION", kMessage, 0.75, kExpression},
    {"morestack on g0", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.9},
    {"^fatal error: sync: ", "ASSERTION", kMessage, 0.8, kExpression},
    {"^[signal SIGSEGV: * addr=0x", "WILD_ACCESS", kMachine, 0.85, kAddress},
    {"^[signal SIGBUS: ", "BUS", kMachine, 0.9},
    {"^[signal SIGFPE: ", "FPE", kMachine, 0.9},
    {"^SIGABRT: abort", "ABORT", kMachine, 0.75},
    // The Java machine, and Jazzer on top of it.
    {"java.lang.OutOfMemoryError", "OOM", kMessage, 0.95},
    {"insufficient memory for the Java Runtime", "OOM", kMessage, 1},
    {"java.lang.StackOverflowError", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {"^Found one Java-level deadlock", "DEADLOCK", kVerdict, 1},
    {"== Java Exception: ", "EXCEPTION", kMessage, 0.95, kException},
    {"FATAL EXCEPTION: ", "EXCEPTION", kMessage, 0.9},
    {"^Exception in thread \"", "EXCEPTION", kMessage, 0.9},
    {"JNI DETECTED ERROR IN APPLICATION: ", "ASSERTION", kMessage, 0.8, kExpression},
    {"^#  SIGSEGV (0xb) at pc=", "WILD_ACCESS", kMachine, 0.75},
    {"^#  SIGBUS (0x7) at pc=", "BUS", kMachine, 0.9},
    {"^#  SIGFPE (0x8) at pc=", "FPE", kMachine, 0.9},
    {"^#  SIGILL (0x4) at pc=", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"si_signo: 11 (SIGSEGV)*si_addr: 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"^#  guarantee(", "ASSERTION", kMessage, 0.9, kExpression},
    {"^#  assert(", "ASSERTION", kMessage, 0.9, kExpression},
    // Python, Ruby, Node, PHP.
    {"^Fatal Python error: Segmentation fault", "WILD_ACCESS", kMachine, 0.75},
    {"^Fatal Python error: Aborted", "ABORT", kMachine, 0.75},
    {"^Fatal Python error: Floating", "FPE", kMachine, 0.9},
    {"^Fatal Python error: Bus error", "BUS", kMachine, 0.9},
    {"^Fatal Python error: Illegal instruction", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"^Fatal Python error: *stack overflow", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {"^Fatal Python error: ", "ASSERTION", kMessage, 0.75, kExpression},
    {"=== Uncaught Python exception: ===", "EXCEPTION", kMessage, 0.95},
    {"^MemoryError", "OOM", kMessage, 0.95},
    {"^RecursionError: maximum recursion", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {"^Uncaught", "EXCEPTION", kMessage, 0.75},
    {"^TypeError: ", "EXCEPTION", kMessage, 0.7},
    {"^ReferenceError: ", "EXCEPTION", kMessage, 0.7},
    {"^RangeError: Maximum call stack", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.9},
    {"^Unhandled exception. ", "EXCEPTION", kMessage, 0.95, kException},  // .NET
    {"^Unhandled exception: ", "EXCEPTION", kMessage, 0.9, kException},
    {"^Unhandled exception:", "EXCEPTION", kMessage, 0.9},
    {"^Traceback (most recent call last):", "EXCEPTION", kMessage, 0.75},
    {"[BUG] Segmentation fault at 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"Allowed memory size of ~", "OOM", kMessage, 0.9},
};
// clang-format on

}  // namespace

std::span<const TextRule> runtime_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
