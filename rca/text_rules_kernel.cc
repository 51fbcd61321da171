// What the kernel and Android's debuggerd print.
#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kVerdict = EvidenceTier::kRuntimeVerdict;
constexpr EvidenceTier kMessage = EvidenceTier::kLibraryMessage;
constexpr EvidenceTier kMachine = EvidenceTier::kMachineState;

// clang-format off
constexpr TextRule kRules[] = {
    // The kernel's own lines.
    {"Out of memory: Kill", "OOM", kVerdict, 1},
    {"oom-kill:", "OOM", kVerdict, 1},
    {"Memory cgroup out of memory: Kill", "OOM", kVerdict, 1},
    {": segfault at ", "WILD_ACCESS", kMachine, 0.8, TextDetail::kAddress},
    {"traps: * trap divide error", "FPE", kMachine, 0.9},
    {"traps: * general protection", "WILD_ACCESS", kMachine, 0.9},
    {"traps: * trap invalid opcode", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"traps: * trap int3", "ABORT", kMachine, 0.7},
    {"traps: * trap stack segment", "WILD_ACCESS", kMachine, 0.8},
    {"traps: * trap alignment check", "BUS", kMachine, 0.9},
    // What looks after services and jobs: systemd, containers, batch systems.
    {"has been killed by the OOM killer", "OOM", kVerdict, 1},
    {"result 'oom-kill'", "OOM", kVerdict, 1},
    {"systemd-oomd*: Killed ", "OOM", kVerdict, 1},
    {"oom_kill event", "OOM", kVerdict, 1},
    {"\"OOMKilled\": true", "OOM", kVerdict, 1},
    {"\"OOMKilled\":true", "OOM", kVerdict, 1},
    {"memory.events*oom_kill ", "OOM", kVerdict, 1, TextDetail::kCount},
    {"^Reason: *OOMKilled", "OOM", kVerdict, 1},
    {"TERM_MEMLIMIT: ", "OOM", kVerdict, 1},
    {"earlyoom*: sending SIG", "OOM", kVerdict, 0.9},
    {"timeout: sending signal TERM to command", "TIMEOUT", kVerdict, 0.9},
    {"timeout: sending signal KILL to command", "TIMEOUT", kVerdict, 0.9},
    {"TERM_RUNLIMIT: ", "TIMEOUT", kVerdict, 1},
    {"CANCELLED AT * DUE TO TIME LIMIT", "TIMEOUT", kVerdict, 1},
    {": Watchdog timeout (limit ", "TIMEOUT", kVerdict, 1},
    {"Failed with result 'watchdog'", "TIMEOUT", kVerdict, 1},
    {"Failed with result 'timeout'", "TIMEOUT", kVerdict, 0.8},
    {"^~* - * (Timeout)", "TIMEOUT", kMessage, 0.7},
    {"***Timeout ", "TIMEOUT", kMessage, 0.9},
    {"code=dumped, status=11/SEGV", "WILD_ACCESS", kMachine, 0.75},
    {"code=dumped, status=6/ABRT", "ABORT", kMachine, 0.75},
    {"code=dumped, status=8/FPE", "FPE", kMachine, 0.9},
    {"code=dumped, status=7/BUS", "BUS", kMachine, 0.9},
    {"code=dumped, status=4/ILL", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"code=dumped, status=5/TRAP", "ABORT", kMachine, 0.7},
    {"code=dumped, status=31/SYS", "KILLED_EXTERNAL", kVerdict, 0.7},
    {"code=killed, status=31/SYS", "KILLED_EXTERNAL", kVerdict, 0.7},
    {"audit: type=1326 *sig=31 ", "KILLED_EXTERNAL", kVerdict, 0.9},  // a system call that a policy forbids
    {"type=SECCOMP *sig=31 ", "KILLED_EXTERNAL", kVerdict, 0.9},
    {"code=killed, status=11/SEGV", "WILD_ACCESS", kMachine, 0.75},
    {"code=killed, status=6/ABRT", "ABORT", kMachine, 0.75},
    {"code=killed, status=9/KILL", "KILLED_EXTERNAL", kVerdict, 0.6},
    {") of user * dumped core", "UNKNOWN", kMachine, 0.3},
    // Disks.
    {"I/O error, dev ", "IO_ERROR", kVerdict, 0.9},
    {"Buffer I/O error on dev", "IO_ERROR", kVerdict, 0.9},
    {"critical medium error, dev ", "IO_ERROR", kVerdict, 0.9},
    {"lost async page write", "IO_ERROR", kVerdict, 0.9},
    {"INFO: task * blocked for more than ~", "TIMEOUT", kVerdict, 0.9},
    {"INFO: rcu_* detected stall", "TIMEOUT", kVerdict, 0.8},
    {"INFO: rcu_*self-detected stall on CPU", "TIMEOUT", kVerdict, 0.8},
    {"detected stalls on CPU", "TIMEOUT", kVerdict, 0.8},
    {"self-detected stall on CPU", "TIMEOUT", kVerdict, 0.8},
    {"BUG: soft lockup", "TIMEOUT", kVerdict, 0.9},
    {"detected hard LOCKUP", "TIMEOUT", kVerdict, 0.9},
    {"anic - not syncing: *ut of memory", "OOM", kVerdict, 0.95},
    {"anic - not syncing: *hung_task", "TIMEOUT", kVerdict, 0.95},
    {"anic - not syncing: *lockup", "TIMEOUT", kVerdict, 0.95},
    {"possible circular locking dependency detected", "DEADLOCK", kVerdict, 0.9},
    {"possible recursive locking detected", "DEADLOCK", kVerdict, 0.9},
    {"BUG: KCSAN: data-race", "DATA_RACE", kVerdict, 0.95},
    {"BUG: KMSAN: ", "UNINITIALISED", kVerdict, 0.9},
    {"BUG: KFENCE: use-after-free", "USE_AFTER_FREE", kVerdict, 1},
    {"BUG: KFENCE: out-of-bounds", "HEAP_OVERFLOW", kVerdict, 1},
    {"BUG: KFENCE: memory corruption", "HEAP_OVERFLOW", kVerdict, 0.9},
    {"BUG: KFENCE: invalid free", "INVALID_FREE", kVerdict, 1},
    {"refcount_t: *use-after-free", "USE_AFTER_FREE", kVerdict, 0.8},
    {"BUG: memory leak", "LEAK", kVerdict, 0.8},
    {"Kernel stack is corrupted in", "STACK_BUFFER_OVERFLOW", kVerdict, 1},
    {"stack guard page was hit", "STACK_OVERFLOW_EXHAUSTION", kVerdict, 1},
    {"kernel stack overflow", "STACK_OVERFLOW_EXHAUSTION", kVerdict, 1},
    {"UBSAN: division-overflow", "FPE", kVerdict, 0.8},
    {"UBSAN: null-ptr-deref", "NULL_DEREF", kVerdict, 0.9},
    {"UBSAN: ", "UNDEFINED_BEHAVIOUR", kVerdict, 0.9},
    {"KASAN: *use-after-free", "USE_AFTER_FREE", kVerdict, 1},
    {"KASAN: *double-free", "DOUBLE_FREE", kVerdict, 1},
    {"KASAN: invalid-free", "INVALID_FREE", kVerdict, 1},
    {"KASAN: stack-out-of-bounds", "STACK_BUFFER_OVERFLOW", kVerdict, 1},
    {"KASAN: global-out-of-bounds", "GLOBAL_BUFFER_OVERFLOW", kVerdict, 1},
    {"KASAN: *out-of-bounds", "HEAP_OVERFLOW", kVerdict, 1},
    {"KASAN: null-ptr-deref", "NULL_DEREF", kVerdict, 1},
    {"KASAN: ", "WILD_ACCESS", kVerdict, 0.8},
    {"kernel NULL pointer dereference", "NULL_DEREF", kMachine, 0.95},
    {"unable to handle kernel paging request", "WILD_ACCESS", kMachine, 0.9},
    {"nable to handle page fault for address", "WILD_ACCESS", kMachine, 0.9},
    {"^kernel BUG at ", "ASSERTION", kMessage, 0.9},
    {"general protection fault", "WILD_ACCESS", kMachine, 0.85},
    {"divide error: 0000", "FPE", kMachine, 0.95},
    {"invalid opcode: 0000", "ILLEGAL_INSTRUCTION", kMachine, 0.6},
    // Android's debuggerd.
    {"ignal 11 (SIGSEGV)*fault addr ", "WILD_ACCESS", kMachine, 0.9, TextDetail::kAddress},
    {"ignal 6 (SIGABRT)", "ABORT", kMachine, 0.75},
    {"ignal 8 (SIGFPE)", "FPE", kMachine, 0.9},
    {"ignal 7 (SIGBUS)", "BUS", kMachine, 0.9},
    {"ignal 4 (SIGILL)", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
};
// clang-format on

}  // namespace

std::span<const TextRule> kernel_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
