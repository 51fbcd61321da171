// Call frame information: how to get from a frame to its caller, from the .eh_frame tables that compilers emit for
// exceptions. Works where there are no frame pointers: in libc, in code built with -fomit-frame-pointer, and in signal
// frames.
//
// Reads the tables where the loader mapped them; all reads stay inside the module. Understands what GNU and LLVM
// tools emit for x86-64 (index with sorted 4-byte entries); anything else counts as no information.
// Threads: one at a time. Signal context: yes. Errors: false, when nothing is known about an address.
// Source:  DWARF 5, chapter 6.4; Linux Standard Base, "Exception Frames".
#pragma once

#include <cstddef>
#include <cstdint>

#include "postmortem/crash_modules.h"
#include "postmortem/crash_stack_reader.h"

namespace crashwright::postmortem {

// DWARF's numbering on x86-64.
inline constexpr size_t kFrameRegisters = 17;
inline constexpr uint8_t kRbp = 6;
inline constexpr uint8_t kRsp = 7;
inline constexpr uint8_t kReturnAddress = 16;

struct FrameRegisters {
  uint64_t values[kFrameRegisters];
};

enum class RuleKind : uint8_t { kSame, kUndefined, kOffset, kValueOffset, kRegister, kExpression, kValueExpression };

struct RegisterRule {
  RuleKind kind;
  int64_t operand;  // offset from the frame's address, a register, or where the expression begins
};

// One row of the table: how each register of the caller is found.
struct FrameRow {
  uint8_t cfa_register;
  bool cfa_is_expression;
  bool signal_frame;
  int64_t cfa_operand;  // offset from the register, or where the expression begins
  uint64_t tables_end;  // expressions end before
  RegisterRule rules[kFrameRegisters];
};

// The row for the instruction at `pc`, which lies in `code`.
bool find_frame_row(const CodeRange& code, uint64_t pc, FrameRow& row) noexcept;

// Value of a DWARF expression (its length first), starting with `initial` on the stack when that is wanted.
bool evaluate_expression(uint64_t expression, uint64_t end, const FrameRegisters& registers, const uint64_t* initial,
                         StackReader& stack, uint64_t& value) noexcept;

}  // namespace crashwright::postmortem
