// What debuggers, shells and programs that look after themselves print about a signal.
#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kMachine = EvidenceTier::kMachineState;
constexpr EvidenceTier kStatus = EvidenceTier::kExitCode;
constexpr TextDetail kAddress = TextDetail::kAddress;

// clang-format off
constexpr TextRule kRules[] = {
    // Debuggers and signal handlers of others.
    {"^Received signal 11 *0000", "WILD_ACCESS", kMachine, 0.85, TextDetail::kAddress},
    {"^Received signal 11 ", "WILD_ACCESS", kMachine, 0.75, TextDetail::kAddress},
    {"^Received signal 6", "ABORT", kMachine, 0.75},
    {"^Received signal 8", "FPE", kMachine, 0.9},
    {"^Received signal 7", "BUS", kMachine, 0.9},
    {"^Received signal 4 ", "ILLEGAL_INSTRUCTION", kMachine, 0.75},
    {"^Received signal 5", "ABORT", kMachine, 0.7},
    {" signal SIGSEGV, ", "WILD_ACCESS", kMachine, 0.7},
    {" signal SIGABRT, ", "ABORT", kMachine, 0.75},
    {" signal SIGFPE, ", "FPE", kMachine, 0.9},
    {" signal SIGBUS, ", "BUS", kMachine, 0.9},
    {" signal SIGILL, ", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {" signal SIGTRAP, ", "ABORT", kMachine, 0.7},
    // glog, abseil, folly, Envoy and others that print their own death.
    {"Caught Segmentation fault, suspect faulting address 0x", "WILD_ACCESS", kMachine, 0.85, kAddress},
    {"Caught Aborted, suspect faulting address", "ABORT", kMachine, 0.75},
    {"*** SIGSEGV (@0x", "WILD_ACCESS", kMachine, 0.85, kAddress},
    {"*** SIGABRT (@0x", "ABORT", kMachine, 0.75},
    {"*** SIGFPE (@0x", "FPE", kMachine, 0.9},
    {"*** SIGBUS (@0x", "BUS", kMachine, 0.9},
    {"*** SIGILL (@0x", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"*** SIGTRAP (@0x", "ABORT", kMachine, 0.7},
    {"*** SIGSEGV received at time", "WILD_ACCESS", kMachine, 0.75, kAddress},
    {"*** SIGABRT received at time", "ABORT", kMachine, 0.75},
    {"*** SIGFPE received at time", "FPE", kMachine, 0.9},
    {"*** SIGBUS received at time", "BUS", kMachine, 0.9},
    {"*** SIGILL received at time", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"*** SIGTRAP received at time", "ABORT", kMachine, 0.7},
    {"*** Signal 11 (SIGSEGV) (0x", "WILD_ACCESS", kMachine, 0.85, kAddress},
    {"*** Signal 6 (SIGABRT) (0x", "ABORT", kMachine, 0.75},
    {"*** Signal 8 (SIGFPE) (0x", "FPE", kMachine, 0.9},
    {"*** Signal 7 (SIGBUS) (0x", "BUS", kMachine, 0.9},
    {"*** Signal 4 (SIGILL) (0x", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"*** Signal 5 (SIGTRAP) (0x", "ABORT", kMachine, 0.7},
    {"aught SIGSEGV*addr=0x", "WILD_ACCESS", kMachine, 0.8, kAddress},
    {"Signal: Segmentation fault (11)", "WILD_ACCESS", kMachine, 0.75, kAddress},  // Open MPI
    {"Signal: Aborted (6)", "ABORT", kMachine, 0.75},
    {"Signal: Floating point exception (8)", "FPE", kMachine, 0.9},
    {"Signal: Bus error (7)", "BUS", kMachine, 0.9},
    {"signal 8 (SIGFPE)", "FPE", kMachine, 0.9},
    // Breakpad, coredumpctl, lldb, QEMU.
    {"Crash reason: *SIGSEGV", "WILD_ACCESS", kMachine, 0.75, kAddress},
    {"Crash reason: *SIGABRT", "ABORT", kMachine, 0.75},
    {"Crash reason: *SIGFPE", "FPE", kMachine, 0.9},
    {"Crash reason: *SIGBUS", "BUS", kMachine, 0.9},
    {"Crash reason: *SIGILL", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"Crash reason: *SIGTRAP", "ABORT", kMachine, 0.7},
    {"Signal: 11 (SEGV)", "WILD_ACCESS", kMachine, 0.75},
    {"Signal: 6 (ABRT)", "ABORT", kMachine, 0.75},
    {"Signal: 8 (FPE)", "FPE", kMachine, 0.9},
    {"Signal: 7 (BUS)", "BUS", kMachine, 0.9},
    {"Signal: 4 (ILL)", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"Signal: 5 (TRAP)", "ABORT", kMachine, 0.7},
    {"stop reason = signal SIGSEGV", "WILD_ACCESS", kMachine, 0.75, kAddress},
    {"stop reason = signal SIGABRT", "ABORT", kMachine, 0.75},
    {"stop reason = signal SIGFPE", "FPE", kMachine, 0.9},
    {"stop reason = signal SIGBUS", "BUS", kMachine, 0.9},
    {"stop reason = signal SIGILL", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"stop reason = signal SIGTRAP", "ABORT", kMachine, 0.7},
    {"stop reason = EXC_BAD_ACCESS", "WILD_ACCESS", kMachine, 0.85, kAddress},
    {"uncaught target signal 11 ", "WILD_ACCESS", kMachine, 0.75},
    {"uncaught target signal 6 ", "ABORT", kMachine, 0.75},
    {"uncaught target signal 8 ", "FPE", kMachine, 0.9},
    {"uncaught target signal 7 ", "BUS", kMachine, 0.9},
    {"uncaught target signal 4 ", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"uncaught target signal 5 ", "ABORT", kMachine, 0.7},
    // A server that looks after itself.
    {"Invalid access at address: 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"Accessing address: 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"Accessing address: (nil)", "NULL_DEREF", kMachine, 0.9},
    {"rashed by signal: ", "UNKNOWN", kMachine, 0.3, TextDetail::kSignal},  // Redis
    // Small machines: ESP32, Zephyr on ARM.
    {"panic'ed (LoadProhibited)", "WILD_ACCESS", kMachine, 0.8, kAddress},
    {"panic'ed (StoreProhibited)", "WILD_ACCESS", kMachine, 0.8, kAddress},
    {"panic'ed (InstrFetchProhibited)", "WILD_ACCESS", kMachine, 0.8},
    {"panic'ed (IllegalInstruction)", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"panic'ed (IntegerDivideByZero)", "FPE", kMachine, 0.95},
    {"panic'ed (Interrupt wdt timeout", "TIMEOUT", kMachine, 0.95},
    {"Stack canary watchpoint triggered", "STACK_OVERFLOW_EXHAUSTION", kMachine, 0.95},
    {"Data Access Violation", "WILD_ACCESS", kMachine, 0.8, kAddress},
    {"ORA-07445: *[SIGSEGV] [ADDR:0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"si_signo=SIGSEGV*si_addr=", "WILD_ACCESS", kMachine, 0.9, kAddress},  // strace
    {"*** caught segfault ***", "WILD_ACCESS", kMachine, 0.75, kAddress},  // R
    {"egmentation fault at address 0x", "WILD_ACCESS", kMachine, 0.85, kAddress},  // Zig
    {"nvalid memory access (signal ", "WILD_ACCESS", kMachine, 0.85, kAddress},  // Crystal
    {"SIGSEGV: Illegal storage access. (Attempt to read from nil?)", "NULL_DEREF", kMachine, 0.75},  // Nim
    {"signo=Segmentation fault(11)*si_addr=0x", "WILD_ACCESS", kMachine, 0.9, kAddress},  // Dart
    {"severe (174): SIGSEGV", "WILD_ACCESS", kMachine, 0.75},  // Fortran
    // The shell.
    {": line ~*: * Aborted *(core dumped)", "ABORT", kMachine, 0.75},
    {": line ~*: * Floating point exception", "FPE", kMachine, 0.9},
    {": line ~*: * Bus error", "BUS", kMachine, 0.9},
    {": line ~*: * Illegal instruction", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {": line ~*: * Segmentation fault", "WILD_ACCESS", kStatus, 0.9},
    {": line ~*: * Killed ", "KILLED_EXTERNAL", EvidenceTier::kRuntimeVerdict, 0.6},
    {"^zsh: segmentation fault", "WILD_ACCESS", kStatus, 0.9},
    {"^zsh: abort", "ABORT", kMachine, 0.75},
    {"^zsh: floating point exception", "FPE", kMachine, 0.9},
    {"^zsh: bus error", "BUS", kMachine, 0.9},
    {"^zsh: illegal", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"^zsh: killed", "KILLED_EXTERNAL", EvidenceTier::kRuntimeVerdict, 0.6},
    // coredumpctl list
    {" SIGSEGV present ", "WILD_ACCESS", kMachine, 0.75},
    {" SIGSEGV missing ", "WILD_ACCESS", kMachine, 0.75},
    {" SIGABRT present ", "ABORT", kMachine, 0.75},
    {" SIGABRT missing ", "ABORT", kMachine, 0.75},
    {" SIGFPE * present ", "FPE", kMachine, 0.9},
    {" SIGBUS * present ", "BUS", kMachine, 0.9},
    {" SIGILL * present ", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"^Aborted (core dumped)", "ABORT", kMachine, 0.7},
    {"^Segmentation fault", "WILD_ACCESS", kStatus, 0.9},
    {"^Aborted", "ABORT", kStatus, 0.9},
    {"^Floating point exception", "FPE", kStatus, 1},
    {"^Bus error", "BUS", kStatus, 1},
    {"^Illegal instruction", "ILLEGAL_INSTRUCTION", kStatus, 1},
    {"^Trace/breakpoint trap", "ABORT", kStatus, 0.9},
};
// clang-format on

}  // namespace

std::span<const TextRule> signal_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
