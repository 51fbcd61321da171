// The place of the fault: the instruction, what its addresses are, and whether they came from freed memory.
#include <fmt/format.h>

#include "rca/address_map.h"
#include "rca/heap_map.h"
#include "rca/instruction.h"
#include "rca/rules.h"

namespace crashwright::rca {
namespace {

user_regs_struct registers_of(const postmortem::CrashRegisters& from) {
  user_regs_struct to{};
  to.r8 = from.r8, to.r9 = from.r9, to.r10 = from.r10, to.r11 = from.r11;
  to.r12 = from.r12, to.r13 = from.r13, to.r14 = from.r14, to.r15 = from.r15;
  to.rdi = from.rdi, to.rsi = from.rsi, to.rbp = from.rbp, to.rbx = from.rbx, to.rdx = from.rdx;
  to.rax = from.rax, to.rcx = from.rcx, to.rsp = from.rsp, to.rip = from.rip, to.eflags = from.eflags;
  return to;
}

// As they were when the signal came. The record has them from the handler's context, and so has the stack of a handler.
std::optional<user_regs_struct> registers_at_death(const Artefacts& artefacts) {
  if (artefacts.record && artefacts.record->registers.rip != 0) return registers_of(artefacts.record->registers);
  if (artefacts.reraised) return artefacts.reraised->registers;
  const CoreThread* const thread = artefacts.core_thread(artefacts.dead_tid());
  return thread == nullptr ? std::nullopt : std::optional(thread->registers);
}

// A stale pointer reads what the allocator wrote into the freed block: its list of free blocks, scrambled. That value,
// used as a pointer, is the fault.
void judge_stale(Investigation& investigation, const Instruction& instruction) {
  const HeapMap heaps(*investigation.artefacts.core);
  for (const MemoryOperand& operand : instruction.operands) {
    const auto block = heaps.free_block_holding(operand.base);
    if (!block) continue;
    investigation.add(EvidenceTier::kMachineState, "core", "USE_AFTER_FREE", 0.95, "heap",
                      fmt::format("{} holds {:#x}, which was read from the freed block of {} bytes at {:#x}",
                                  operand.register_name, operand.base, block->size, block->begin));
    return;
  }
}

}  // namespace

void apply_place_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  AutopsyReport& report = investigation.report;
  const auto registers = registers_at_death(artefacts);
  if (!registers) return;
  for (const NamedRegister& named : named_registers(*registers)) report.registers.push_back({named.name, named.value});
  if (!artefacts.core) {
    if (report.fault_address) report.fault_address_is = describe_address(artefacts, *report.fault_address);
    return;
  }
  const auto instruction = instruction_at(*artefacts.core, *registers);
  if (instruction) report.instruction = instruction->text;
  if (!report.fault_address) return;
  uint64_t address = *report.fault_address;
  // The kernel gives no address for one that no pointer can have; the instruction does.
  for (const MemoryOperand& operand : instruction ? instruction->operands : std::vector<MemoryOperand>{}) {
    if (address == 0 && !is_canonical(operand.address)) address = operand.address;
  }
  report.fault_address_is = describe_address(artefacts, address);
  if (address != *report.fault_address) {
    report.fault_address_is = fmt::format("really {:#x}, {}", address, report.fault_address_is);
  }
  report.memory = memory_around(*artefacts.core, address);
  if (instruction && artefacts.error_text.fault_address == std::nullopt) judge_stale(investigation, *instruction);
}

}  // namespace crashwright::rca
