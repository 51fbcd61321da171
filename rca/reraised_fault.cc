#include "rca/reraised_fault.h"

#include <csignal>

#include "rca/address_map.h"
#include "rca/instruction.h"

namespace crashwright::rca {
namespace {

// Which signals the kernel makes of the processor's exceptions (Intel SDM, volume 3, 6.3). An exception may be an old
// one, and 0 is also none at all: the instruction confirms it.
struct Trap {
  uint64_t number;
  int32_t signal;
};
constexpr Trap kTraps[] = {{0, SIGFPE}, {6, SIGILL}, {13, SIGSEGV}, {14, SIGSEGV}, {14, SIGBUS}, {17, SIGBUS}};

// Where the handler asked for none, its place on the stack holds whatever was there before.
bool is_siginfo_of_fault(const siginfo_t& info) {
  constexpr int32_t kCodeMax = 32;  // of all of them, by far
  const bool fault =
      info.si_signo == SIGSEGV || info.si_signo == SIGBUS || info.si_signo == SIGFPE || info.si_signo == SIGILL;
  const bool code = (info.si_code > 0 && info.si_code <= kCodeMax) || info.si_code == SI_KERNEL;
  return fault && code && info.si_errno == 0;
}

// Of a signal that is no fault: an alarm, a user's. What was there before a handler that asked for none is hardly that.
bool is_siginfo_of_another(const siginfo_t& info) {
  if (info.si_errno != 0 || info.si_signo <= 0 || info.si_signo > SIGRTMAX) return false;
  const bool fault =
      info.si_signo == SIGSEGV || info.si_signo == SIGBUS || info.si_signo == SIGFPE || info.si_signo == SIGILL;
  const bool sent = (info.si_code <= 0 && info.si_code >= SI_TKILL) || info.si_code == SI_KERNEL;
  return !fault && sent;
}

struct Access {
  int32_t code = 0;
  uint64_t address = 0;
};

// What the kernel says of an access to `address`; nothing when it is allowed.
std::optional<Access> refusal(const CoreFile& core, uint64_t address, bool written) {
  if (!is_canonical(address)) return Access{SI_KERNEL, 0};
  const CoreSegment* const segment = core.segment_of(address);
  if (segment == nullptr) return Access{SEGV_MAPERR, address};
  if (written ? segment->writable : segment->readable) return std::nullopt;
  return Access{SEGV_ACCERR, address};
}

// An instruction that reaches below the stack pointer without naming it.
bool pushes(const std::string& text) { return text.starts_with("call") || text.starts_with("push"); }

// These name memory and leave it alone.
bool touches_nothing(const std::string& text) {
  return text.starts_with("lea") || text.starts_with("nop") || text.starts_with("prefetch");
}

std::optional<Access> segv_of(const CoreFile& core, const user_regs_struct& registers) {
  const CoreSegment* const code = core.segment_of(registers.rip);
  if (code == nullptr || !code->executable) return Access{SEGV_MAPERR, registers.rip};
  const auto instruction = instruction_at(core, registers);
  if (!instruction || touches_nothing(instruction->text)) return std::nullopt;
  for (const MemoryOperand& operand : instruction->operands) {
    if (const auto refused = refusal(core, operand.address, operand.written); refused) return refused;
  }
  if (!pushes(instruction->text)) return std::nullopt;
  return refusal(core, registers.rsp - sizeof(uint64_t), true);
}

// Beyond the end of a mapped file, or out of alignment: of the core's memory alone it cannot be told which.
std::optional<Access> bus_of(const CoreFile& core, const user_regs_struct& registers) {
  const auto instruction = instruction_at(core, registers);
  if (!instruction || touches_nothing(instruction->text)) return std::nullopt;
  for (const MemoryOperand& operand : instruction->operands) {
    if (core.mapping_of(operand.address) != nullptr) return Access{BUS_ADRERR, operand.address};
  }
  return std::nullopt;
}

// By zero, or by -1, where the quotient may not fit.
bool divides_badly(const Instruction& instruction) {
  if (!instruction.divisor) return false;
  const uint64_t minus_one = UINT64_MAX >> (64 - 8 * instruction.divisor_bytes);
  return *instruction.divisor == 0 || (instruction.text.starts_with("idiv") && *instruction.divisor == minus_one);
}

std::optional<Access> trap_of(const CoreFile& core, const user_regs_struct& registers, int32_t signal) {
  const auto instruction = instruction_at(core, registers);
  const std::string text = instruction ? instruction->text : "";
  if (signal == SIGFPE && instruction && divides_badly(*instruction)) return Access{FPE_INTDIV, registers.rip};
  uint8_t byte = 0;
  const bool undefined = instruction ? text.starts_with("ud") : core.read(registers.rip, &byte, 1) == 1;
  if (signal == SIGILL && undefined) return Access{ILL_ILLOPN, registers.rip};
  return std::nullopt;
}

std::optional<ReraisedFault> of_instruction(const CoreFile& core, int32_t tid, const user_regs_struct& registers,
                                            int32_t signal) {
  const auto met = signal == SIGSEGV  ? segv_of(core, registers)
                   : signal == SIGBUS ? bus_of(core, registers)
                                      : trap_of(core, registers, signal);
  if (!met) return std::nullopt;
  return ReraisedFault{tid, signal, met->code, met->address, registers, 0};
}

// What a handler was called for, if it was a fault.
std::optional<ReraisedFault> of_context(const CoreFile& core, int32_t tid, const InterruptedContext& context) {
  const siginfo_t& info = context.signal_info;
  if (is_siginfo_of_fault(info)) {
    return ReraisedFault{tid, info.si_signo, info.si_code, reinterpret_cast<uint64_t>(info.si_addr), context.registers,
                         0};
  }
  if (is_siginfo_of_another(info)) return std::nullopt;
  for (const Trap& trap : kTraps) {
    if (trap.number != context.trap) continue;
    if (auto met = of_instruction(core, tid, context.registers, trap.signal); met) return met;
  }
  return std::nullopt;
}

std::optional<ReraisedFault> in_handler(const CoreFile& core, int32_t tid, const CallStack& stack) {
  for (const InterruptedContext& context : stack.interrupted) {
    auto met = of_context(core, tid, context);
    if (!met) continue;
    met->sites_above = context.sites_above;
    return met;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ReraisedFault> reraised_fault(const CoreFile& core, const std::map<int32_t, CallStack>& stacks) {
  const auto& info = core.signal_info();
  if (!info || info->si_code > 0 || core.threads().empty()) return std::nullopt;
  if (info->si_pid != 0 && info->si_pid != core.pid()) return std::nullopt;
  const CoreThread& taker = core.threads().front();
  const auto own = stacks.find(taker.tid);
  if (own != stacks.end()) {
    if (const auto met = in_handler(core, taker.tid, own->second); met) return met;
  }
  if (const auto met = of_instruction(core, taker.tid, taker.registers, info->si_signo); met) return met;
  for (const auto& [tid, stack] : stacks) {
    if (const auto met = in_handler(core, tid, stack); met) return met;
  }
  return std::nullopt;
}

}  // namespace crashwright::rca
