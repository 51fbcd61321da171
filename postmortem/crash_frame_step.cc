// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/crash_frame_step.h"

#include "postmortem/crash_modules.h"

namespace crashwright::postmortem {
namespace {

constexpr size_t kCachedRows = 64;

struct CachedRow {
  uint64_t pc;  // 0: empty
  uint32_t generation;
  FrameRow row;
};

CachedRow g_cache[kCachedRows];

const FrameRow* find_row(uint64_t pc) noexcept {
  CachedRow& cached = g_cache[(pc ^ (pc >> 6)) % kCachedRows];
  const uint32_t generation = modules_generation();
  if (cached.pc == pc && pc != 0 && cached.generation == generation) return &cached.row;
  const int module = find_code_module(pc);
  if (module < 0) return nullptr;
  cached.pc = 0;
  if (!find_frame_row(code_range(module), pc, cached.row)) return nullptr;
  cached.pc = pc;
  cached.generation = generation;
  return &cached.row;
}

// Applies one rule; false when the value cannot be had.
bool apply_rule(const FrameRow& row, size_t reg, uint64_t cfa, const FrameRegisters& from, StackReader& stack,
                uint64_t& value) noexcept {
  const RegisterRule& rule = row.rules[reg];
  const auto operand = static_cast<uint64_t>(rule.operand);
  switch (rule.kind) {
    case RuleKind::kSame:
      value = from.values[reg];
      return true;
    case RuleKind::kUndefined:
      value = 0;
      return true;
    case RuleKind::kOffset:
      return stack.word(cfa + operand, value);
    case RuleKind::kValueOffset:
      value = cfa + operand;
      return true;
    case RuleKind::kRegister:
      value = operand < kFrameRegisters ? from.values[operand] : 0;
      return operand < kFrameRegisters;
    case RuleKind::kExpression: {
      uint64_t address = 0;
      return evaluate_expression(operand, row.tables_end, from, &cfa, stack, address) && stack.word(address, value);
    }
    case RuleKind::kValueExpression:
      return evaluate_expression(operand, row.tables_end, from, &cfa, stack, value);
  }
  return false;
}

}  // namespace

StepResult step_to_caller(FrameRegisters& registers, bool& exact, StackReader& stack) noexcept {
  const uint64_t pc = registers.values[kReturnAddress];
  const FrameRow* const row = find_row(exact ? pc : pc - 1);
  if (row == nullptr) return StepResult::kUnknown;
  if (row->rules[kReturnAddress].kind == RuleKind::kUndefined) return StepResult::kOutermost;
  uint64_t cfa = 0;
  if (row->cfa_is_expression) {
    const auto expression = static_cast<uint64_t>(row->cfa_operand);
    if (!evaluate_expression(expression, row->tables_end, registers, nullptr, stack, cfa)) return StepResult::kUnknown;
  } else {
    cfa = registers.values[row->cfa_register] + static_cast<uint64_t>(row->cfa_operand);
  }
  // A caller's frame lies further up; a signal may have moved to another stack.
  if (!row->signal_frame && cfa <= registers.values[kRsp]) return StepResult::kUnknown;
  FrameRegisters caller = registers;
  caller.values[kRsp] = cfa;
  for (size_t reg = 0; reg < kFrameRegisters; ++reg) {
    if (row->rules[reg].kind == RuleKind::kSame) continue;
    if (!apply_rule(*row, reg, cfa, registers, stack, caller.values[reg])) return StepResult::kUnknown;
  }
  exact = row->signal_frame;
  registers = caller;
  return caller.values[kReturnAddress] == 0 ? StepResult::kOutermost : StepResult::kCaller;
}

}  // namespace crashwright::postmortem
