// Machine state: the signal as the kernel raised it, the registers, the memory map.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "rca/address_map.h"
#include "rca/rules.h"

namespace crashwright::rca {
namespace {

constexpr uint64_t kStackBelow = 1 << 20;  // below the stack pointer
constexpr uint64_t kStackAbove = 4096;     // and above it
constexpr uint64_t kStackMappingWithin = 2 << 20;

struct Death {
  std::string source;
  int signal = 0;
  int code = 0;
  uint64_t address = 0;
  int32_t sender = 0;
  uint64_t rip = 0;
  uint64_t rsp = 0;
};

std::optional<Death> death_in_record(const Artefacts& artefacts) {
  if (!artefacts.record || artefacts.record->signal == 0) return std::nullopt;
  const postmortem::CrashRecord& record = *artefacts.record;
  return Death{"crash record",
               record.signal,
               record.code,
               record.fault_address.value_or(0),
               static_cast<int32_t>(record.sender_pid),
               record.registers.rip,
               record.registers.rsp};
}

std::optional<Death> death_in_handler(const Artefacts& artefacts) {
  if (!artefacts.reraised) return std::nullopt;
  const ReraisedFault& met = *artefacts.reraised;
  return Death{"core, before a handler raised it again",
               met.signal,
               met.code,
               met.address,
               0,
               met.registers.rip,
               met.registers.rsp};
}

std::optional<Death> death_in_core(const Artefacts& artefacts) {
  if (!artefacts.core || artefacts.core->threads().empty()) return std::nullopt;
  const CoreThread* const found = artefacts.core_thread(artefacts.dead_tid());
  const CoreThread& thread = found == nullptr ? artefacts.core->threads().front() : *found;
  Death death;
  death.source = "core";
  death.signal = thread.signal;
  death.rip = thread.registers.rip;
  death.rsp = thread.registers.rsp;
  if (const auto& info = artefacts.core->signal_info(); info) {
    death.signal = info->si_signo;
    death.code = info->si_code;
    if (info->si_code > 0) death.address = reinterpret_cast<uint64_t>(info->si_addr);
    if (info->si_code <= 0) death.sender = info->si_pid;
  }
  if (death.signal == 0) return std::nullopt;
  return death;
}

// Stack pointer and memory map are unknown: the address alone decides.
std::optional<Death> death_in_foreign(const Artefacts& artefacts) {
  if (!artefacts.foreign || artefacts.foreign->signal == 0) return std::nullopt;
  const ForeignCore& core = *artefacts.foreign;
  Death death;
  death.source = "core";
  death.signal = core.signal;
  death.code = core.code;
  death.address = core.address.value_or(0);
  death.sender = core.sender;
  return death;
}

// The stack is used up: the access lies around the stack pointer, in no writable memory, right below a writable one.
bool is_stack_exhaustion(const Artefacts& artefacts, const Death& death) {
  if (death.address + kStackBelow < death.rsp || death.address > death.rsp + kStackAbove) return false;
  if (!artefacts.core) return true;  // without a memory map the distance is all there is
  const CoreFile& core = *artefacts.core;
  const CoreSegment* const at = core.segment_of(death.address);
  if (at != nullptr && at->writable) return false;
  for (const CoreSegment& segment : core.segments()) {
    if (segment.begin > death.address && segment.writable) return segment.begin - death.address <= kStackMappingWithin;
  }
  return false;
}

// A return to an address that cannot be one: the return address was overwritten.
bool is_smashed_return(const Artefacts& artefacts, const Death& death) {
  if (!artefacts.core) return false;
  uint8_t instruction = 0;
  constexpr uint8_t kReturn = 0xc3;
  if (artefacts.core->read(death.rip, &instruction, 1) != 1 || instruction != kReturn) return false;
  const auto target = artefacts.core->read_word(death.rsp);
  return target && (!is_canonical(*target) || artefacts.core->segment_of(*target) == nullptr);
}

// The function of the heap's own book-keeping in which the fault was, empty for another: what it follows there are
// sizes and links that lie between the blocks.
std::string heap_function(const Artefacts& artefacts) {
  constexpr std::string_view kBookKeeping[] = {"_int_free", "_int_malloc",  "_int_realloc",      "_int_memalign",
                                               "sysmalloc", "unlink_chunk", "malloc_consolidate"};
  const std::vector<Frame> stack = artefacts.stack_at_death();
  const std::string function = stack.empty() ? "" : stack.front().function;
  const bool is_of_heap = std::ranges::any_of(
      kBookKeeping, [&](std::string_view name) { return std::string_view(function).starts_with(name); });
  return is_of_heap ? function : std::string();
}

void judge_segv(Investigation& investigation, const Death& death) {
  const Artefacts& artefacts = investigation.artefacts;
  const auto add = [&](const char* cause, double strength, const std::string& excerpt) {
    investigation.add(EvidenceTier::kMachineState, death.source, cause, strength, "signal", excerpt);
  };
  if (is_smashed_return(artefacts, death)) {
    add("STACK_BUFFER_OVERFLOW", 0.85, "a return instruction whose return address is none");
  }
  if (const std::string function = heap_function(artefacts); !function.empty()) {
    add("HEAP_OVERFLOW", 0.9, "a fault in the heap's own book-keeping (" + function + "): it was written over before");
    return add("WILD_ACCESS", 0.4, "the access itself");
  }
  if (death.code == SI_KERNEL && death.address == 0) {
    add("WILD_ACCESS", 0.9, "general protection: an address that no pointer can have");
  } else if (death.address < 64 * 1024) {
    add("NULL_DEREF", 0.95, fmt::format("access to {:#x}, in the page of null pointers", death.address));
  } else if (is_stack_exhaustion(artefacts, death)) {
    add("STACK_OVERFLOW_EXHAUSTION", artefacts.core ? 0.95 : 0.75,
        fmt::format("access to {:#x} just below the stack, stack pointer {:#x}", death.address, death.rsp));
  } else {
    const char* const what = death.address == death.rip  ? "jump to {:#x}"
                             : death.code == SEGV_ACCERR ? "forbidden access to {:#x}"
                                                         : "access to {:#x}, which is not mapped";
    add("WILD_ACCESS", 0.9, fmt::format(fmt::runtime(what), death.address));
  }
}

// What a signal means that the kernel raises for a fault; null for others.
const char* cause_of_fault(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "WILD_ACCESS";
    case SIGBUS:
      return "BUS";
    case SIGFPE:
      return "FPE";
    case SIGILL:
      return "ILLEGAL_INSTRUCTION";
    default:
      return nullptr;
  }
}

bool is_own(const Investigation& investigation, const Death& death) {
  return death.sender == 0 || death.sender == investigation.artefacts.pid;
}

// Raised by a process: by this one itself, or by another. A fault that a handler raised again has been told from it
// (reraised_fault.h), so that here nothing faulted.
void judge_sent(Investigation& investigation, const Death& death) {
  const bool own = is_own(investigation, death);
  const std::string excerpt = fmt::format("signal {} sent by {}", death.signal,
                                          own ? "the process itself" : fmt::format("process {}", death.sender));
  if (death.signal == SIGABRT) {
    investigation.add(EvidenceTier::kMachineState, death.source, "ABORT", 0.75, "signal", excerpt);
  } else if (own) {
    const char* const fault = cause_of_fault(death.signal);
    investigation.add(EvidenceTier::kMachineState, death.source, fault == nullptr ? "UNKNOWN" : fault,
                      fault == nullptr ? 0.75 : -0.75, "signal",
                      excerpt + (fault == nullptr ? "" : ", and nothing faulted where it was sent"));
  } else {
    investigation.add(EvidenceTier::kMachineState, death.source, "KILLED_EXTERNAL", 0.95, "signal", excerpt);
    if (investigation.report.killer.empty()) {
      investigation.report.killer = fmt::format("process {}", death.sender);
    }
  }
}

// glibc ends a process that corrupted its heap by SIGABRT. Beside a process that the kernel ended for a bad access such
// a message in a log without a process id is most likely another one's.
void doubt_messages(Investigation& investigation, const Death& death) {
  constexpr const char* kCauses[] = {"DOUBLE_FREE", "INVALID_FREE", "HEAP_OVERFLOW", "USE_AFTER_FREE",
                                     "STACK_BUFFER_OVERFLOW"};
  if (death.code <= 0 || (death.signal != SIGSEGV && death.signal != SIGBUS)) return;
  const std::vector<Evidence>& evidence = investigation.report.evidence;
  for (const std::string cause : kCauses) {
    const auto said = std::ranges::find_if(evidence, [&](const Evidence& piece) {
      return piece.tier == EvidenceTier::kLibraryMessage && piece.source == "text" && piece.cause == cause;
    });
    if (said == evidence.end()) continue;
    investigation.add(
        EvidenceTier::kLibraryMessage, death.source, cause, -0.9, "signal",
        fmt::format("the process died of signal {}, \"{}\" ends in SIGABRT", death.signal, said->excerpt));
  }
}

void judge(Investigation& investigation, const Death& death) {
  const auto add = [&](const char* cause, double strength, const std::string& excerpt) {
    investigation.add(EvidenceTier::kMachineState, death.source, cause, strength, "signal", excerpt);
  };
  // The kernel sends SIGXFSZ as if the process had sent it itself.
  if (death.code > 0 || is_own(investigation, death)) {
    if (death.signal == SIGXFSZ) return add("RESOURCE_LIMIT", 0.9, "SIGXFSZ: the limit on the size of a file");
    if (death.signal == SIGXCPU) return add("RESOURCE_LIMIT", 0.9, "SIGXCPU: the limit on processor time");
  }
  if (death.code <= 0) return judge_sent(investigation, death);
  switch (death.signal) {
    case SIGSEGV:
      return judge_segv(investigation, death);
    case SIGBUS:
      return add("BUS", 0.95, fmt::format("SIGBUS, code {}", death.code));
    case SIGFPE:
      return add("FPE", 1, fmt::format("SIGFPE, code {}", death.code));
    case SIGILL:
      return add("ILLEGAL_INSTRUCTION", 0.9, fmt::format("SIGILL at {:#x}", death.rip));
    case SIGTRAP:
      return add("ABORT", 0.7, "SIGTRAP");
    default:
      return;
  }
}

}  // namespace

void apply_machine_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  // The crash record has the signal as it first came; by the time of the core a sanitizer may have made SIGABRT of it.
  auto death = death_in_record(artefacts);
  if (!death) death = death_in_handler(artefacts);
  if (!death) death = death_in_core(artefacts);
  if (!death) death = death_in_foreign(artefacts);
  if (!death) return;
  AutopsyReport& report = investigation.report;
  report.signal_number = death->signal;
  report.signal_code = death->code;
  const bool faults = death->signal == SIGSEGV || death->signal == SIGBUS || death->signal == SIGFPE ||
                      death->signal == SIGILL || death->signal == SIGTRAP;
  if (death->code > 0 && faults) report.fault_address = death->address;
  doubt_messages(investigation, *death);
  judge(investigation, *death);
}

}  // namespace crashwright::rca
