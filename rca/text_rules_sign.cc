// Signs that something died, of no tool in particular: such a text is UNKNOWN, not NONE.
//
// Tried when no other rule matches a line. A sign counts unless the line denies it or tells of another run.
#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kStatus = EvidenceTier::kExitCode;
constexpr TextDetail kSign = TextDetail::kSign;

// clang-format off
constexpr TextRule kRules[] = {
    // Signals.
    {"SIGSEGV", "UNKNOWN", kStatus, 0.3, kSign},
    {"SIGABRT", "UNKNOWN", kStatus, 0.3, kSign},
    {"SIGBUS", "UNKNOWN", kStatus, 0.3, kSign},
    {"SIGFPE", "UNKNOWN", kStatus, 0.3, kSign},
    {"SIGILL", "UNKNOWN", kStatus, 0.3, kSign},
    {"SIGKILL", "UNKNOWN", kStatus, 0.3, kSign},
    {"SIGTRAP", "UNKNOWN", kStatus, 0.3, kSign},
    {"SIGSYS", "UNKNOWN", kStatus, 0.3, kSign},
    {"SIGXCPU", "UNKNOWN", kStatus, 0.3, kSign},
    {"SIGXFSZ", "UNKNOWN", kStatus, 0.3, kSign},
    {"egmentation fault", "UNKNOWN", kStatus, 0.3, kSign},
    {"egmentation Fault", "UNKNOWN", kStatus, 0.3, kSign},
    {"egmentation violation", "UNKNOWN", kStatus, 0.3, kSign},
    {"segfaulted", "UNKNOWN", kStatus, 0.3, kSign},
    {"ccess violation", "UNKNOWN", kStatus, 0.3, kSign},
    {"us error", "UNKNOWN", kStatus, 0.3, kSign},
    {"loating point exception", "UNKNOWN", kStatus, 0.3, kSign},
    {"llegal instruction", "UNKNOWN", kStatus, 0.3, kSign},
    {"Abort trap", "UNKNOWN", kStatus, 0.3, kSign},
    // Ends.
    {"^Killed$", "UNKNOWN", kStatus, 0.3, kSign},
    {": Killed$", "UNKNOWN", kStatus, 0.3, kSign},
    {"] Killed$", "UNKNOWN", kStatus, 0.3, kSign},
    {"was killed", "UNKNOWN", kStatus, 0.3, kSign},
    {"been killed", "UNKNOWN", kStatus, 0.3, kSign},
    {"got killed", "UNKNOWN", kStatus, 0.3, kSign},
    {"ore dumped", "UNKNOWN", kStatus, 0.3, kSign},
    {"umped core", "UNKNOWN", kStatus, 0.3, kSign},
    {"rash dump", "UNKNOWN", kStatus, 0.3, kSign},
    {"has crashed", "UNKNOWN", kStatus, 0.3, kSign},
    {" crashed while ", "UNKNOWN", kStatus, 0.3, kSign},
    {" crashed at ", "UNKNOWN", kStatus, 0.3, kSign},
    {" crashed!", "UNKNOWN", kStatus, 0.3, kSign},
    {" crashed$", "UNKNOWN", kStatus, 0.3, kSign},
    {"process crashed", "UNKNOWN", kStatus, 0.3, kSign},
    {"rocess died", "UNKNOWN", kStatus, 0.3, kSign},
    {"CRASH REPORT", "UNKNOWN", kStatus, 0.3, kSign},
    {"rocess * unexpectedly", "UNKNOWN", kStatus, 0.3, kSign},
    {"orker * unexpectedly", "UNKNOWN", kStatus, 0.3, kSign},
    {"hild * unexpectedly", "UNKNOWN", kStatus, 0.3, kSign},
    {"died unexpectedly", "UNKNOWN", kStatus, 0.3, kSign},
    {"xited unexpectedly", "UNKNOWN", kStatus, 0.3, kSign},
    {"erminated unexpectedly", "UNKNOWN", kStatus, 0.3, kSign},
    {"quit unexpectedly", "UNKNOWN", kStatus, 0.3, kSign},
    {"stopped unexpectedly", "UNKNOWN", kStatus, 0.3, kSign},
    {"unexpectedly terminated", "UNKNOWN", kStatus, 0.3, kSign},
    {"terminated abruptly", "UNKNOWN", kStatus, 0.3, kSign},
    {"abnormally", "UNKNOWN", kStatus, 0.3, kSign},
    {"bnormal termination", "UNKNOWN", kStatus, 0.3, kSign},
    {"bnormal program termination", "UNKNOWN", kStatus, 0.3, kSign},
    {"exited prematurely", "UNKNOWN", kStatus, 0.3, kSign},
    {"CrashLoopBackOff", "UNKNOWN", kStatus, 0.3, kSign},
    {"Failed with result '", "UNKNOWN", kStatus, 0.3, kSign},
    {"code=exited, status=*/FAILURE", "UNKNOWN", kStatus, 0.3, kSign},
    {"code=exited, status=2~~/", "UNKNOWN", kStatus, 0.3, kSign},  // systemd could not start it
    {"request repeated too quickly", "UNKNOWN", kStatus, 0.3, kSign},
    // Severities of the last word.
    {"atal error", "UNKNOWN", kStatus, 0.3, kSign},
    {"Fatal Error", "UNKNOWN", kStatus, 0.3, kSign},
    {"FATAL", "UNKNOWN", kStatus, 0.3, kSign},
    {"[fatal]", "UNKNOWN", kStatus, 0.3, kSign},
    {"fatal: ", "UNKNOWN", kStatus, 0.3, kSign},
    {"Fatal: ", "UNKNOWN", kStatus, 0.3, kSign},
    {"CRITICAL", "UNKNOWN", kStatus, 0.3, kSign},
    {"[critical]", "UNKNOWN", kStatus, 0.3, kSign},
    {"[emerg]", "UNKNOWN", kStatus, 0.3, kSign},
    {"PANIC", "UNKNOWN", kStatus, 0.3, kSign},
    {"panic:", "UNKNOWN", kStatus, 0.3, kSign},
    {"anic - not syncing", "UNKNOWN", kStatus, 0.3, kSign},
    {"panicked", "UNKNOWN", kStatus, 0.3, kSign},
    // Exceptions and checks.
    {"nhandled exception", "UNKNOWN", kStatus, 0.3, kSign},
    {"nhandled Exception", "UNKNOWN", kStatus, 0.3, kSign},
    {"ncaught exception", "UNKNOWN", kStatus, 0.3, kSign},
    {"ncaught Exception", "UNKNOWN", kStatus, 0.3, kSign},
    {"Exception: ", "UNKNOWN", kStatus, 0.3, kSign},
    {"Exception in ", "UNKNOWN", kStatus, 0.3, kSign},
    {"xception thrown", "UNKNOWN", kStatus, 0.3, kSign},
    {"Traceback (", "UNKNOWN", kStatus, 0.3, kSign},
    {"ssertion failed", "UNKNOWN", kStatus, 0.3, kSign},
    {"heap corruption", "UNKNOWN", kStatus, 0.3, kSign},
    {"corrupted", "UNKNOWN", kStatus, 0.3, kSign},
    {"eadlock detected", "UNKNOWN", kStatus, 0.3, kSign},
    {"tack trace:", "UNKNOWN", kStatus, 0.3, kSign},
    {"acktrace:", "UNKNOWN", kStatus, 0.3, kSign},
    // Others, and a program that never began.
    {"error while loading shared libraries", "UNKNOWN", kStatus, 0.3, kSign},
    {"symbol lookup error", "UNKNOWN", kStatus, 0.3, kSign},
    {"ut of memory", "UNKNOWN", kStatus, 0.3, kSign},
    {"isk full", "UNKNOWN", kStatus, 0.3, kSign},
    {"^UndefinedBehaviorSanitizer: ", "UNKNOWN", kStatus, 0.3, kSign},
    {"Exec format error", "UNKNOWN", kStatus, 0.3, kSign},
};
// clang-format on

}  // namespace

std::span<const TextRule> sign_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
