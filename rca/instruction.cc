#include "rca/instruction.h"

#include <capstone/capstone.h>

#include <array>

namespace crashwright::rca {
namespace {

constexpr size_t kInstructionMax = 15;  // bytes, by the architecture

// The value of a 64-bit register; nothing for parts of registers and for segments.
std::optional<uint64_t> value_of(x86_reg which, const user_regs_struct& registers) {
  switch (which) {
    case X86_REG_RAX:
      return registers.rax;
    case X86_REG_RBX:
      return registers.rbx;
    case X86_REG_RCX:
      return registers.rcx;
    case X86_REG_RDX:
      return registers.rdx;
    case X86_REG_RSI:
      return registers.rsi;
    case X86_REG_RDI:
      return registers.rdi;
    case X86_REG_RBP:
      return registers.rbp;
    case X86_REG_RSP:
      return registers.rsp;
    case X86_REG_R8:
      return registers.r8;
    case X86_REG_R9:
      return registers.r9;
    case X86_REG_R10:
      return registers.r10;
    case X86_REG_R11:
      return registers.r11;
    case X86_REG_R12:
      return registers.r12;
    case X86_REG_R13:
      return registers.r13;
    case X86_REG_R14:
      return registers.r14;
    case X86_REG_R15:
      return registers.r15;
    case X86_REG_RIP:
      return registers.rip;
    default:
      return std::nullopt;
  }
}

std::optional<MemoryOperand> evaluate(csh handle, const cs_x86_op& operand, const cs_insn& decoded,
                                      const user_regs_struct& registers) {
  if (operand.type != X86_OP_MEM) return std::nullopt;
  MemoryOperand found;
  found.address = static_cast<uint64_t>(operand.mem.disp);
  if (operand.mem.segment == X86_REG_FS) found.address += registers.fs_base;
  if (operand.mem.segment == X86_REG_GS) found.address += registers.gs_base;
  if (operand.mem.base != X86_REG_INVALID) {
    const auto base = value_of(operand.mem.base, registers);
    if (!base) return std::nullopt;
    found.base = *base;
    found.register_name = ::cs_reg_name(handle, operand.mem.base);
    found.address += *base + (operand.mem.base == X86_REG_RIP ? decoded.size : 0);
  }
  if (operand.mem.index != X86_REG_INVALID) {
    const auto index = value_of(operand.mem.index, registers);
    if (!index) return std::nullopt;
    found.address += *index * static_cast<uint64_t>(operand.mem.scale);
  }
  found.written = (operand.access & CS_AC_WRITE) != 0;
  return found;
}

// The whole register that `which` is a part of, and how far up in it the part begins, in bits.
struct RegisterPart {
  x86_reg whole;
  unsigned shift = 0;
};

RegisterPart part_of(x86_reg which) {
  constexpr struct {
    x86_reg whole;
    std::array<x86_reg, 4> parts;  // of 32, 16 and 8 bits, and the second byte
  } kRegisters[] = {{X86_REG_RAX, {X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH}},
                    {X86_REG_RBX, {X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH}},
                    {X86_REG_RCX, {X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH}},
                    {X86_REG_RDX, {X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH}},
                    {X86_REG_RSI, {X86_REG_ESI, X86_REG_SI, X86_REG_SIL, X86_REG_INVALID}},
                    {X86_REG_RDI, {X86_REG_EDI, X86_REG_DI, X86_REG_DIL, X86_REG_INVALID}},
                    {X86_REG_RBP, {X86_REG_EBP, X86_REG_BP, X86_REG_BPL, X86_REG_INVALID}},
                    {X86_REG_R8, {X86_REG_R8D, X86_REG_R8W, X86_REG_R8B, X86_REG_INVALID}},
                    {X86_REG_R9, {X86_REG_R9D, X86_REG_R9W, X86_REG_R9B, X86_REG_INVALID}},
                    {X86_REG_R10, {X86_REG_R10D, X86_REG_R10W, X86_REG_R10B, X86_REG_INVALID}},
                    {X86_REG_R11, {X86_REG_R11D, X86_REG_R11W, X86_REG_R11B, X86_REG_INVALID}},
                    {X86_REG_R12, {X86_REG_R12D, X86_REG_R12W, X86_REG_R12B, X86_REG_INVALID}},
                    {X86_REG_R13, {X86_REG_R13D, X86_REG_R13W, X86_REG_R13B, X86_REG_INVALID}},
                    {X86_REG_R14, {X86_REG_R14D, X86_REG_R14W, X86_REG_R14B, X86_REG_INVALID}},
                    {X86_REG_R15, {X86_REG_R15D, X86_REG_R15W, X86_REG_R15B, X86_REG_INVALID}}};
  for (const auto& one : kRegisters) {
    for (size_t i = 0; i < one.parts.size(); ++i) {
      if (one.parts[i] == which) return {one.whole, i == 3 ? 8U : 0U};
    }
  }
  return {which};
}

void read_divisor(const CoreFile& core, const cs_insn& decoded, const user_regs_struct& registers,
                  Instruction& instruction) {
  if (decoded.id != X86_INS_DIV && decoded.id != X86_INS_IDIV) return;
  const cs_x86_op& operand = decoded.detail->x86.operands[0];
  const size_t bytes = operand.size;
  uint64_t value = 0;
  if (operand.type == X86_OP_REG) {
    const RegisterPart part = part_of(operand.reg);
    const auto whole = value_of(part.whole, registers);
    if (!whole) return;
    value = *whole >> part.shift;
  } else if (instruction.operands.empty() || core.read(instruction.operands[0].address, &value, bytes) != bytes) {
    return;
  }
  instruction.divisor = bytes >= sizeof value ? value : value & ((uint64_t{1} << (8 * bytes)) - 1);
  instruction.divisor_bytes = bytes;
}

}  // namespace

std::optional<Instruction> instruction_at(const CoreFile& core, const user_regs_struct& registers) {
  std::array<uint8_t, kInstructionMax> bytes{};
  const size_t size = core.read(registers.rip, bytes.data(), bytes.size());
  csh handle = 0;
  if (size == 0 || ::cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) return std::nullopt;
  ::cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
  cs_insn* decoded = nullptr;
  std::optional<Instruction> result;
  if (::cs_disasm(handle, bytes.data(), size, registers.rip, 1, &decoded) == 1) {
    result.emplace();
    result->text = decoded->mnemonic;
    if (decoded->op_str[0] != '\0') result->text += std::string(" ") + decoded->op_str;
    const cs_x86& detail = decoded->detail->x86;
    for (int i = 0; i < detail.op_count; ++i) {
      if (auto operand = evaluate(handle, detail.operands[i], *decoded, registers); operand) {
        result->operands.push_back(std::move(*operand));
      }
    }
    read_divisor(core, *decoded, registers, *result);
    ::cs_free(decoded, 1);
  }
  ::cs_close(&handle);
  return result;
}

std::vector<NamedRegister> named_registers(const user_regs_struct& registers) {
  return {{"rip", registers.rip}, {"rsp", registers.rsp},       {"rbp", registers.rbp},        {"rax", registers.rax},
          {"rbx", registers.rbx}, {"rcx", registers.rcx},       {"rdx", registers.rdx},        {"rsi", registers.rsi},
          {"rdi", registers.rdi}, {"r8", registers.r8},         {"r9", registers.r9},          {"r10", registers.r10},
          {"r11", registers.r11}, {"r12", registers.r12},       {"r13", registers.r13},        {"r14", registers.r14},
          {"r15", registers.r15}, {"eflags", registers.eflags}, {"fs_base", registers.fs_base}};
}

}  // namespace crashwright::rca
