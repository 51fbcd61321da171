// The instruction at which a thread stopped, and the memory that it touches.
//
// Threads: any. Signal context: no.
// Errors:  nothing for bytes that cannot be read or are no instruction.
#pragma once

#include <sys/user.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rca/core_file.h"

namespace crashwright::rca {

struct MemoryOperand {
  uint64_t address = 0;  // effective
  uint64_t base = 0;     // value of the base register, 0 without one
  std::string register_name;
  bool written = false;
};

struct Instruction {
  std::string text;  // "mov eax, dword ptr [rax + 0x28]"
  std::vector<MemoryOperand> operands;
  // Of a division, as a number without sign of `divisor_bytes`; absent: it is none, or the memory is not in the core.
  std::optional<uint64_t> divisor;
  size_t divisor_bytes = 0;
};

[[nodiscard]] std::optional<Instruction> instruction_at(const CoreFile& core, const user_regs_struct& registers);

struct NamedRegister {
  std::string name;
  uint64_t value = 0;
};

// "rax", "rbx", ... in the order in which debuggers show them.
[[nodiscard]] std::vector<NamedRegister> named_registers(const user_regs_struct& registers);

}  // namespace crashwright::rca
