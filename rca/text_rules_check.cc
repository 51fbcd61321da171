// What programs print whose own checks failed.
#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kMessage = EvidenceTier::kLibraryMessage;
constexpr TextDetail kExpression = TextDetail::kExpression;

// clang-format off
constexpr TextRule kRules[] = {
    // Checks of the program's own.
    {": Assertion `*' failed", "ASSERTION", kMessage, 1, kExpression},
    {": Assertion `", "ASSERTION", kMessage, 0.9, kExpression},
    {": Assertion '*' failed", "ASSERTION", kMessage, 1, kExpression},  // libstdc++
    {": assertion '*' failed", "ASSERTION", kMessage, 0.8, kExpression},
    {"^Assertion * failed at ", "ASSERTION", kMessage, 0.95},
    {"^Assertion failed: ", "ASSERTION", kMessage, 0.9, kExpression},
    {"Assertion failure in thread ", "ASSERTION", kMessage, 0.9},  // InnoDB
    {"^Fatal assertion ~", "ASSERTION", kMessage, 0.9},  // MongoDB
    {" Fatal assertion ~", "ASSERTION", kMessage, 0.9},
    {"internal error, aborting at ", "ASSERTION", kMessage, 0.85},  // binutils
    {"ORA-00600: ", "ASSERTION", kMessage, 0.8},
    {"^ASSERT! ", "ASSERTION", kMessage, 0.85},
    {"^Assert error in ", "ASSERTION", kMessage, 0.95},  // Varnish
    {"nvariant violat", "ASSERTION", kMessage, 0.8},
    {"recondition failed", "ASSERTION", kMessage, 0.8},
    {"recondition violated", "ASSERTION", kMessage, 0.8},
    {"unsafe precondition(s) violated", "ASSERTION", kMessage, 0.95},
    {"^thread ~* panic: ", "ASSERTION", kMessage, 0.85, kExpression},  // Zig
    {"^Assertion failed", "ASSERTION", kMessage, 0.85},
    {"ssertion \"*\" failed", "ASSERTION", kMessage, 0.9},
    {"^assertion failed: ", "ASSERTION", kMessage, 0.9, kExpression},
    {"^Assertion failure: ", "ASSERTION", kMessage, 0.95, kExpression},
    {" FATAL *] CHECK failed: ", "ASSERTION", kMessage, 1, kExpression},
    {"^[FATAL:*] ", "ASSERTION", kMessage, 0.85, kExpression},
    {"^ASSERTION FAILED: ", "ASSERTION", kMessage, 0.95, kExpression},
    {"^ASSERT FAILED: ", "ASSERTION", kMessage, 0.95, kExpression},
    {"] Assert failed: ", "ASSERTION", kMessage, 0.95, kExpression},
    {"] assert failure: ", "ASSERTION", kMessage, 0.95, kExpression},
    {":ERROR:*assertion failed", "ASSERTION", kMessage, 0.95, kExpression},
    {"~: assertion * failed", "ASSERTION", kMessage, 0.95},
    {"~:assertion * failed", "ASSERTION", kMessage, 0.95},
    {"ASSERT failed: ", "ASSERTION", kMessage, 0.95, kExpression},
    {": check failed: ", "ASSERTION", kMessage, 0.95, kExpression},
    {"ECURITY CHECK failed", "ASSERTION", kMessage, 0.95},
    {"ecurity CHECK failed", "ASSERTION", kMessage, 0.95},
    {"ecurity DCHECK failed", "ASSERTION", kMessage, 0.95},
    {"] Check failed: ", "ASSERTION", kMessage, 1, kExpression},
    {"] DCHECK failed: ", "ASSERTION", kMessage, 1, kExpression},
    {"^# Check failed: ", "ASSERTION", kMessage, 1, kExpression},
    {"^# Debug check failed: ", "ASSERTION", kMessage, 1, kExpression},
    {"^# unreachable code", "ASSERTION", kMessage, 0.9},
    {"] NOTREACHED hit", "ASSERTION", kMessage, 1},
    {"^CHECK failed: ", "ASSERTION", kMessage, 0.9, kExpression},
    {"^CHECK FAILED: ", "ASSERTION", kMessage, 0.9, kExpression},
    {"^thread '*' panicked at ", "ASSERTION", kMessage, 0.95, kExpression},
    {"^thread '*' (*) panicked at ", "ASSERTION", kMessage, 0.95, kExpression},
    {":FATAL:*] ", "ASSERTION", kMessage, 0.85, kExpression},
    {"^F~~~~ ~~:~~:~~*] ", "ASSERTION", kMessage, 0.85, kExpression},
    {"*** Check failure stack trace: ***", "ASSERTION", kMessage, 0.85},
    {"^F~~~~~~~~ ~~:~~:~~*] ", "ASSERTION", kMessage, 0.85, kExpression},
    {"^ERROR:*assertion failed", "ASSERTION", kMessage, 0.95, kExpression},
    {"^Bail out! ERROR:", "ASSERTION", kMessage, 0.9, kExpression},
    {"ERROR:*: code should not be reached", "ASSERTION", kMessage, 0.9},
    {"-ERROR **: ", "ASSERTION", kMessage, 0.8, kExpression},
    {"libc++ Hardening assertion ", "ASSERTION", kMessage, 0.95, kExpression},
    {"^Error: attempt to ", "ASSERTION", kMessage, 0.8},  // _GLIBCXX_DEBUG
    {"Hit MOZ_CRASH(", "ASSERTION", kMessage, 0.95, kExpression},
    {"###!!! ABORT: ", "ABORT", kMessage, 0.9},
    {"^SHOULD NEVER BE REACHED", "ASSERTION", kMessage, 0.95},
    {": fatal error: \"", "ASSERTION", kMessage, 0.9, kExpression},
    {"UNREACHABLE executed", "ASSERTION", kMessage, 0.95},
    {"^LLVM ERROR: ", "ASSERTION", kMessage, 0.75, kExpression},
    {"TRAP: FailedAssertion(\"", "ASSERTION", kMessage, 0.95, kExpression},
    {"TRAP: failed Assert(\"", "ASSERTION", kMessage, 0.95, kExpression},
    {"=== ASSERTION FAILED", "ASSERTION", kMessage, 0.95},
    {"Invariant failure", "ASSERTION", kMessage, 0.9, kExpression},
    {"^ASSERT failure in ", "ASSERTION", kMessage, 0.95},  // Qt
    {"Internal Program Error - assertion (", "ASSERTION", kMessage, 1, kExpression},  // Boost
    {"ASSERT: \"", "ASSERTION", kMessage, 0.9, kExpression},  // Qt
    {"ASSERT FAILED at (", "ASSERTION", kMessage, 0.95},
    {"RepresentationChangerError: node #~", "ASSERTION", kMessage, 0.9},
    {"^# unimplemented code", "ASSERTION", kMessage, 0.9},
    {"] V8 error: *ut of memory", "OOM", kMessage, 0.9},
    {"] V8 error: ", "ASSERTION", kMessage, 0.8, kExpression},
    {".swift:~*: Fatal error: ", "ASSERTION", kMessage, 0.85, kExpression},
    {"^Fatal error: ", "ASSERTION", kMessage, 0.7, kExpression},
    {"] panic: ", "ASSERTION", kMessage, 0.85, kExpression},
    {"^Check failed: ", "ASSERTION", kMessage, 0.9, kExpression},
    {"CHECK failed: ", "ASSERTION", kMessage, 0.85, kExpression},
    {"CHECK failure: ", "ASSERTION", kMessage, 0.85, kExpression},
    {" ASSERTION FAILED: ", "ASSERTION", kMessage, 0.85, kExpression},
    {"^# Fake error.", "ASSERTION", kMessage, -1},  // d8 --simulate-errors
    {"^# Fatal error in ", "ASSERTION", kMessage, 0.59},
    {"^# Fatal error", "ASSERTION", kMessage, 0.59},
    {"^# Runtime error in ", "ASSERTION", kMessage, 0.59},
    // The kit's watchdog.
    {"^watchdog: thread * stalled for ", "TIMEOUT", kMessage, 0.9},
};
// clang-format on

}  // namespace

std::span<const TextRule> check_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
