// What Windows and macOS, and the tools that read their dumps, print.
#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kVerdict = EvidenceTier::kRuntimeVerdict;
constexpr EvidenceTier kMessage = EvidenceTier::kLibraryMessage;
constexpr EvidenceTier kMachine = EvidenceTier::kMachineState;
constexpr TextDetail kSignal = TextDetail::kSignal;
constexpr TextDetail kExitStatus = TextDetail::kExitStatus;
constexpr TextDetail kAddress = TextDetail::kAddress;

// clang-format off
constexpr TextRule kRules[] = {
    // Windows: Breakpad and Crashpad, hs_err files, Unreal, Catch2.
    {"EXCEPTION_ACCESS_VIOLATION", "WILD_ACCESS", kMachine, 0.75, kAddress},
    {"EXCEPTION_STACK_OVERFLOW", "STACK_OVERFLOW_EXHAUSTION", kMachine, 0.95},
    {"EXCEPTION_INT_DIVIDE_BY_ZERO", "FPE", kMachine, 0.95},
    {"EXCEPTION_FLT_DIVIDE_BY_ZERO", "FPE", kMachine, 0.95},
    {"EXCEPTION_ILLEGAL_INSTRUCTION", "ILLEGAL_INSTRUCTION", kMachine, 0.8},
    {"EXCEPTION_PRIV_INSTRUCTION", "ILLEGAL_INSTRUCTION", kMachine, 0.7},
    {"EXCEPTION_BREAKPOINT", "ABORT", kMachine, 0.7},
    {"EXCEPTION_IN_PAGE_ERROR", "BUS", kMachine, 0.8},
    {"EXCEPTION_DATATYPE_MISALIGNMENT", "BUS", kMachine, 0.9},
    {"STATUS_HEAP_CORRUPTION", "HEAP_OVERFLOW", kMachine, 0.8},
    {"STATUS_STACK_BUFFER_OVERRUN", "STACK_BUFFER_OVERFLOW", kMachine, 0.55},
    {"STATUS_STACK_OVERFLOW", "STACK_OVERFLOW_EXHAUSTION", kMachine, 0.95},
    {"STATUS_NO_MEMORY", "OOM", kMachine, 0.9},
    // WinDbg, the event log, debuggers.
    {" - code ", "UNKNOWN", kMachine, 0.3, kExitStatus},
    {"ExceptionCode: ", "UNKNOWN", kMachine, 0.3, kExitStatus},
    {"xception Code:", "UNKNOWN", kMachine, 0.3, kExitStatus},
    {"xception code:", "UNKNOWN", kMachine, 0.3, kExitStatus},
    {"exception code ", "UNKNOWN", kMachine, 0.3, kExitStatus},
    {"nhandled exception at 0x*: ", "UNKNOWN", kMachine, 0.3, kExitStatus},
    {"^Attempt to read from address ", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"^Attempt to write to address ", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"^Attempt to execute non-executable address ", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"Access violation reading location 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"Access violation writing location 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"ccess violation * Read of address ", "WILD_ACCESS", kMachine, 0.9, kAddress},  // Delphi
    {"ccess violation * Write of address ", "WILD_ACCESS", kMachine, 0.9, kAddress},
    // The runtime of Visual C++.
    {"Debug Assertion Failed!", "ASSERTION", kMessage, 0.95},
    {"HEAP CORRUPTION DETECTED", "HEAP_OVERFLOW", kMessage, 0.95},
    {"Run-Time Check Failure #2", "STACK_BUFFER_OVERFLOW", kMessage, 0.95},
    {"Run-Time Check Failure #3", "UNINITIALISED", kMessage, 0.95},
    {"Detected memory leaks!", "LEAK", kMessage, 0.9},
    {"R6025", "ABORT", kMessage, 0.8},  // a pure virtual call
    {"Microsoft C++ exception: ", "EXCEPTION", kMessage, 0.9, TextDetail::kException},
    {"abort() has been called", "ABORT", kMessage, 0.85},
    // macOS: crash reports as text and as JSON, jetsam.
    {"xception Type: *EXC_BAD_ACCESS", "WILD_ACCESS", kMachine, 0.75, kAddress},
    {"\"type\":\"EXC_BAD_ACCESS\"", "WILD_ACCESS", kMachine, 0.75, kAddress},
    {"\"type\" : \"EXC_BAD_ACCESS\"", "WILD_ACCESS", kMachine, 0.75, kAddress},
    {"xception Type: *EXC_RESOURCE", "RESOURCE_LIMIT", kVerdict, 0.9},
    {"xception Type: *(", "UNKNOWN", kMachine, 0.3, kSignal},
    {"^Exception Codes: *KERN_INVALID_ADDRESS at 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"^Exception Codes: *KERN_PROTECTION_FAILURE at 0x", "WILD_ACCESS", kMachine, 0.9, kAddress},
    {"memorystatus: killing", "OOM", kVerdict, 0.9},
    {"per-process-limit", "OOM", kVerdict, 0.8},
};
// clang-format on

}  // namespace

std::span<const TextRule> platform_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
