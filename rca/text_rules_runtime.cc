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
    {"failed to create new OS thread", "RESOURCE_LIMIT", kMessage, 0.95},
    {"^fatal error: out of memory", "OOM", kMessage, 1},
    {"^runtime: out of memory: ", "OOM", kMessage, 1},
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
    {"^#  Error: ShouldNotReachHere()", "ASSERTION", kMessage, 0.9},
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
    {"^AssertionError", "ASSERTION", kMessage, 0.9, kExpression},
    {"^E * AssertionError", "ASSERTION", kMessage, 0.9},  // pytest
    {"^AssertionError [ERR_ASSERTION]: ", "ASSERTION", kMessage, 0.9, kExpression},  // Node
    {"rror: Uncaught ", "EXCEPTION", kMessage, 0.85},  // Deno
    {"too much recursion", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.9},  // SpiderMonkey
    {"^Execution error (", "EXCEPTION", kMessage, 0.85},  // Clojure
    {"^Can't call method ", "EXCEPTION", kMessage, 0.85},  // Perl
    {"^Can't locate object method ", "EXCEPTION", kMessage, 0.85},
    {"triggerUncaughtException", "EXCEPTION", kMessage, 0.85},
    {"throw er; // Unhandled 'error' event", "EXCEPTION", kMessage, 0.85},
    {"UnhandledPromiseRejection", "EXCEPTION", kMessage, 0.85},
    {"^RecursionError: maximum recursion", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {"^Uncaught", "EXCEPTION", kMessage, 0.75},
    {"^TypeError: ", "EXCEPTION", kMessage, 0.7},
    {"^ReferenceError: ", "EXCEPTION", kMessage, 0.7},
    {"^RangeError: Maximum call stack", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.9},
    {"^Stack overflow.", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},  // .NET
    {"terminat* due to StackOverflowException", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {"terminated due to stack overflow", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {"^Fatal error. System.", "EXCEPTION", kMessage, 0.9, kException},
    {"^Fatal error. Internal CLR error", "ABORT", kMessage, 0.8},
    {"^Process terminated. Assertion failed", "ASSERTION", kMessage, 0.95},
    {"^Exception Info: System.", "EXCEPTION", kMessage, 0.9, kException},
    {"^Unhandled exception. ", "EXCEPTION", kMessage, 0.95, kException},
    {"^Unhandled exception: ", "EXCEPTION", kMessage, 0.9, kException},
    {"^Unhandled exception:", "EXCEPTION", kMessage, 0.9},
    {"^Traceback (most recent call last):", "EXCEPTION", kMessage, 0.75},
    {"[BUG] Segmentation fault at 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"stack level too deep (SystemStackError)", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {":~*:in `*': *Error)", "EXCEPTION", kMessage, 0.85},
    {":~*:in '*': *Error)", "EXCEPTION", kMessage, 0.85},
    {"No live threads left. Deadlock?", "DEADLOCK", kMessage, 1},
    {"ailed to allocate memory (NoMemoryError)", "OOM", kMessage, 0.95},
    // Lua.
    {"attempt to index a ", "EXCEPTION", kMessage, 0.85},
    {"attempt to call a ", "EXCEPTION", kMessage, 0.85},
    {"attempt to perform arithmetic on ", "EXCEPTION", kMessage, 0.85},
    {"attempt to compare ", "EXCEPTION", kMessage, 0.8},
    {"attempt to concatenate a ", "EXCEPTION", kMessage, 0.85},
    // R, Erlang, OCaml, Haskell, Ada.
    {"C stack usage * is too close to the limit", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {"nfinite recursion*options(expressions=", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.9},
    {"exception error: ", "EXCEPTION", kMessage, 0.85},
    {"exception exit: ", "EXCEPTION", kMessage, 0.8},
    {"(RuntimeError) ", "EXCEPTION", kMessage, 0.85},  // Elixir
    {"(MatchError) ", "EXCEPTION", kMessage, 0.85},
    {"(ArgumentError) ", "EXCEPTION", kMessage, 0.85},
    {"(UndefinedFunctionError) ", "EXCEPTION", kMessage, 0.85},
    {"(EXIT from #PID<", "EXCEPTION", kMessage, 0.8},
    {"terminating*Reason: {", "EXCEPTION", kMessage, 0.75},
    {"^Fatal error: exception *Stack_overflow", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.95},
    {"^Fatal error: exception *Out_of_memory", "OOM", kMessage, 0.95},
    {"^Fatal error: exception *Division_by_zero", "FPE", kMessage, 0.9},
    {"^Fatal error: exception *Assert_failure", "ASSERTION", kMessage, 0.95},
    {"^Fatal error: exception ", "EXCEPTION", kMessage, 0.95, kException},
    {"^Fatal error: Uncaught Error", "EXCEPTION", kMessage, 0.9},
    {"Fatal error: *Uncaught ", "EXCEPTION", kMessage, 0.9, kException},  // PHP
    {"thread blocked indefinitely in an ", "DEADLOCK", kMessage, 0.9},
    {": <<loop>>", "LIVELOCK", kMessage, 0.8},
    {"raised STORAGE_ERROR : stack overflow", "STACK_OVERFLOW_EXHAUSTION", kMessage, 0.9},
    {"raised * : * check failed", "EXCEPTION", kMessage, 0.9},
    {"raised CONSTRAINT_ERROR : ", "EXCEPTION", kMessage, 0.9},
    {"raised PROGRAM_ERROR : ", "EXCEPTION", kMessage, 0.9},
    {"Allowed memory size of ~", "OOM", kMessage, 0.9},
};
// clang-format on

}  // namespace

std::span<const TextRule> runtime_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
