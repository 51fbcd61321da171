// What those print who start processes and wait for them: supervisors, shells, batch systems, containers, test runners.
//
// Most say the same in other words: the rule ends where the signal or the exit status begins (told_death.h).
#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kVerdict = EvidenceTier::kRuntimeVerdict;
constexpr EvidenceTier kMessage = EvidenceTier::kLibraryMessage;
constexpr EvidenceTier kMachine = EvidenceTier::kMachineState;
constexpr EvidenceTier kStatus = EvidenceTier::kExitCode;
constexpr TextDetail kSignal = TextDetail::kSignal;
constexpr TextDetail kExitStatus = TextDetail::kExitStatus;
constexpr TextDetail kAddress = TextDetail::kAddress;

// clang-format off
constexpr TextRule kRules[] = {
    // Memory, time and space that a supervisor grants.
    {"eason: OOMKilled", "OOM", kVerdict, 1},
    {"\"reason\":\"OOMKilled\"", "OOM", kVerdict, 1},
    {"\"reason\": \"OOMKilled\"", "OOM", kVerdict, 1},
    {" OOMKilled ", "OOM", kVerdict, 0.9},
    {"OOM Killed", "OOM", kVerdict, 0.95},
    {"^oom_kill ", "OOM", kVerdict, 1, TextDetail::kCount},
    {"^oom_group_kill ", "OOM", kVerdict, 1, TextDetail::kCount},
    {"Exit Message: \"OOM Killed", "OOM", kVerdict, 0.95},  // Nomad
    {"\"stoppedReason\": \"OutOfMemoryError", "OOM", kVerdict, 0.95},  // ECS
    {"owmemorykiller: Kill", "OOM", kVerdict, 0.95},  // Android
    {"container oom ", "OOM", kVerdict, 0.9},
    {"killed by YARN for exceeding *memory limits", "OOM", kVerdict, 1},
    {"running beyond physical memory limits", "OOM", kVerdict, 1},
    {"running beyond virtual memory limits", "OOM", kVerdict, 0.9},
    {"job killed: *mem *exceeded limit", "OOM", kVerdict, 1},
    {"emory quota vastly exceeded", "OOM", kVerdict, 0.95},
    {"killed due to memory usage", "OOM", kVerdict, 1},
    {"low on resource: memory", "OOM", kVerdict, 0.9},
    {"was killed: failed to reclaim memory", "OOM", kVerdict, 1},
    {"was killed: out of swap space", "OOM", kVerdict, 1},
    {"low on resource: ephemeral-storage", "DISK_FULL", kVerdict, 0.9},
    {"CANCELLED AT * DUE TO PREEMPTION", "KILLED_EXTERNAL", kVerdict, 0.9},
    {"CANCELLED AT * DUE TO NODE FAILURE", "KILLED_EXTERNAL", kVerdict, 0.9},
    {" ON * CANCELLED AT ", "KILLED_EXTERNAL", kVerdict, 0.7},
    {"job killed: walltime * exceeded limit", "TIMEOUT", kVerdict, 1},
    {"eason: *DeadlineExceeded", "TIMEOUT", kVerdict, 0.9},
    {"failed liveness probe, will be restarted", "TIMEOUT", kVerdict, 0.8},
    {"WORKER TIMEOUT (pid:", "TIMEOUT", kVerdict, 0.9},  // gunicorn
    {" was sent SIGKILL! Perhaps out of memory?", "KILLED_EXTERNAL", kVerdict, 0.6},  // it does not know
    {" HARAKIRI ON WORKER", "TIMEOUT", kVerdict, 0.9},  // uWSGI
    {"Task timed out after ~", "TIMEOUT", kVerdict, 0.9},
    {"execution took longer than ", "TIMEOUT", kVerdict, 0.9},
    {"has exceeded the maximum execution time", "TIMEOUT", kVerdict, 0.9},
    {"aximum execution time of ~*exceeded", "TIMEOUT", kMessage, 0.9},
    {"execution timed out (~", "TIMEOUT", kVerdict, 0.8},  // php-fpm
    {"ANR in ", "TIMEOUT", kVerdict, 0.9},
    {"^TIMEOUT: //", "TIMEOUT", kVerdict, 0.9},  // Bazel
    {"^TIMEOUT [", "TIMEOUT", kVerdict, 0.9},  // nextest
    {"^SIGSEGV [", "WILD_ACCESS", kMachine, 0.75},
    {"^SIGABRT [", "ABORT", kMachine, 0.75},
    {"^SIGFPE [", "FPE", kMachine, 0.9},
    {"^SIGBUS [", "BUS", kMachine, 0.9},
    // Runners of tests.
    {"***Exception: SegFault", "WILD_ACCESS", kMachine, 0.75},
    {"***Exception: Illegal", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"***Exception: Numerical", "FPE", kMachine, 0.9},
    {"ubprocess aborted***Exception", "ABORT", kMachine, 0.75},
    {"hild aborted***Exception", "ABORT", kMachine, 0.75},
    {"^~* - * (SEGFAULT)", "WILD_ACCESS", kMachine, 0.75},
    {"^~* - * aborted)", "ABORT", kMachine, 0.75},
    {"^~* - * (ILLEGAL)", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"^~* - * (NUMERICAL)", "FPE", kMachine, 0.9},
    {"memory access violation at address: 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},  // Boost.Test
    {": signal: integer divide by zero", "FPE", kMachine, 0.95},
    {": signal: SIGABRT (application abort", "ABORT", kMachine, 0.75},
    {"C++ exception with description \"*\" thrown in ", "EXCEPTION", kMessage, 0.9},  // GoogleTest
    {"nknown C++ exception thrown in ", "EXCEPTION", kMessage, 0.85},
    {"^SEH exception with code ", "UNKNOWN", kMachine, 0.3, kExitStatus},
    {"^due to unexpected exception with message", "EXCEPTION", kMessage, 0.85},  // Catch2
    {"test case THREW exception: ", "EXCEPTION", kMessage, 0.85},  // doctest
    {"^SIGSEGV - ", "WILD_ACCESS", kMachine, 0.75},  // Catch2
    {"^SIGABRT - ", "ABORT", kMachine, 0.75},
    {"^SIGFPE - ", "FPE", kMachine, 0.9},
    {"^SIGILL - ", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"test case CRASHED: ", "UNKNOWN", kMachine, 0.3, kSignal},  // doctest
    {"terminated by another process: signal=", "UNKNOWN", kMachine, 0.3, kSignal},  // Jest
    // A signal.
    {"INFO exited: * (terminated by ", "UNKNOWN", kMachine, 0.3, kSignal},  // supervisord
    {"terminated by signal SIGSEGV (Address boundary", "WILD_ACCESS", kStatus, 0.9},  // fish: a shell
    {"by signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"by signal: ", "UNKNOWN", kMachine, 0.3, kSignal},
    {" on signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {" with signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"with <", "UNKNOWN", kMachine, 0.3, kSignal},  // "died with <Signals.SIGSEGV: 11>"
    {" from signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {" via signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"exit signal ", "UNKNOWN", kMachine, 0.3, kSignal},  // Apache
    {"exit signal: ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"fatal signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"atal signal: ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"aught signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"aught signal: ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"eceived signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"ot signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"ot signal: ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"Got a ", "UNKNOWN", kMachine, 0.3, kSignal},  // Mono: "Got a SIGSEGV while ..."
    {" process ~* got ", "UNKNOWN", kMachine, 0.3, kSignal},  // uWSGI
    {" terminated SIG", "UNKNOWN", kMachine, 0.3, kSignal},  // QNX
    {"erminated by ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"rashed with ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"illed by ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"signal: ", "UNKNOWN", kMachine, 0.3, kSignal},  // Go's exec, Cargo
    {" signal=", "UNKNOWN", kMachine, 0.3, kSignal},
    {"signal (", "UNKNOWN", kMachine, 0.3, kSignal},  // Julia
    {"(signal ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"type=1701 *sig=", "UNKNOWN", kMachine, 0.3, kSignal},  // the kernel's audit
    {"type=ANOM_ABEND *sig=", "UNKNOWN", kMachine, 0.3, kSignal},
    {"EXIT STRING: ", "UNKNOWN", kMachine, 0.3, kSignal},  // MPICH
    {"^make: *] ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"^make[~]: *] ", "UNKNOWN", kMachine, 0.3, kSignal},
    {"etected abnormal termination *: ", "UNKNOWN", kMachine, 0.3, kSignal},
    // An exit status.
    {"^make: *] Error ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"^make[~]: *] Error ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xited with code ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xited with error code ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xited with status ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xit code ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xit code is ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xit code:", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xit Code:", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"XIT CODE:", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xit status ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xit status:", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xit status of ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xit-code: ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xitCode=", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"xitCode: ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"\"ExitCode\":", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"\"exitCode\":", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"\"exit_code\":", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"eturn code ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"eturn code: ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"eturn value was ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"eturncode=", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {" errno ", "UNKNOWN", kStatus, 0.3, kExitStatus},  // npm
    {"Exited (", "UNKNOWN", kStatus, 0.3, kExitStatus},  // docker ps
    {"(Exit ", "UNKNOWN", kStatus, 0.3, kExitStatus},  // Bazel
    {"code=exited, status=", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"rocess returned ", "UNKNOWN", kStatus, 0.3, kExitStatus},
    {"ommand returned ", "UNKNOWN", kStatus, 0.3, kExitStatus},
};
// clang-format on

}  // namespace

std::span<const TextRule> service_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
