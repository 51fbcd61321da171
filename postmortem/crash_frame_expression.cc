// The DWARF expressions that occur in call frame tables: of realigned stacks, of the procedure linkage table, and of
// the signal trampoline. Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/crash_call_frame.h"
#include "postmortem/crash_table_cursor.h"

namespace crashwright::postmortem {
namespace {

class Evaluator {
 public:
  Evaluator(const FrameRegisters& registers, StackReader& stack) noexcept : registers_(registers), stack_(stack) {}

  void push(uint64_t value) noexcept {
    if (depth_ < kDepthMax) {
      values_[depth_++] = value;
    } else {
      ok_ = false;
    }
  }

  uint64_t pop() noexcept {
    if (depth_ > 0) return values_[--depth_];
    ok_ = false;
    return 0;
  }

  [[nodiscard]] bool ok() const noexcept { return ok_; }

  // False for an operation that no call frame table uses.
  bool perform(uint8_t opcode, TableCursor& cursor) noexcept {
    if (opcode >= 0x30 && opcode <= 0x4f) {  // lit0 to lit31
      push(opcode - 0x30U);
    } else if (opcode >= 0x70 && opcode < 0x70 + kFrameRegisters) {  // breg0 to breg16
      push(registers_.values[opcode - 0x70] + static_cast<uint64_t>(cursor.take_sleb()));
    } else if (opcode >= 0x08 && opcode <= 0x11) {
      push(take_constant(opcode, cursor));
    } else if (opcode == 0x06) {  // deref
      uint64_t value = 0;
      if (!stack_.word(pop(), value)) return false;
      push(value);
    } else if (opcode == 0x23) {  // plus_uconst
      push(pop() + cursor.take_uleb());
    } else if (opcode == 0x12) {  // dup
      const uint64_t value = pop();
      push(value);
      push(value);
    } else {
      return perform_on_two(opcode);
    }
    return true;
  }

 private:
  static constexpr size_t kDepthMax = 16;

  static uint64_t take_constant(uint8_t opcode, TableCursor& cursor) noexcept {
    switch (opcode) {
      case 0x08:
        return cursor.take<uint8_t>();
      case 0x09:
        return static_cast<uint64_t>(int64_t{cursor.take<int8_t>()});
      case 0x0a:
        return cursor.take<uint16_t>();
      case 0x0b:
        return static_cast<uint64_t>(int64_t{cursor.take<int16_t>()});
      case 0x0c:
        return cursor.take<uint32_t>();
      case 0x0d:
        return static_cast<uint64_t>(int64_t{cursor.take<int32_t>()});
      case 0x0e:
      case 0x0f:
        return cursor.take<uint64_t>();
      case 0x10:
        return cursor.take_uleb();
      default:
        return static_cast<uint64_t>(cursor.take_sleb());
    }
  }

  bool perform_on_two(uint8_t opcode) noexcept {
    const uint64_t second = pop();
    const uint64_t first = pop();
    switch (opcode) {
      case 0x1a:
        push(first & second);
        return true;
      case 0x1c:
        push(first - second);
        return true;
      case 0x22:
        push(first + second);
        return true;
      case 0x24:
        push(second < 64 ? first << second : 0);
        return true;
      case 0x2a:  // ge
        push(static_cast<int64_t>(first) >= static_cast<int64_t>(second) ? 1 : 0);
        return true;
      default:
        return false;
    }
  }

  const FrameRegisters& registers_;
  StackReader& stack_;
  uint64_t values_[kDepthMax];
  size_t depth_ = 0;
  bool ok_ = true;
};

}  // namespace

bool evaluate_expression(uint64_t expression, uint64_t end, const FrameRegisters& registers, const uint64_t* initial,
                         StackReader& stack, uint64_t& value) noexcept {
  TableCursor length(expression, end);
  const uint64_t size = length.take_uleb();
  if (!length.ok() || size > end - length.at()) return false;
  TableCursor cursor(length.at(), length.at() + size);
  Evaluator evaluator(registers, stack);
  if (initial != nullptr) evaluator.push(*initial);
  while (!cursor.done()) {
    if (!evaluator.perform(cursor.take<uint8_t>(), cursor)) return false;
  }
  value = evaluator.pop();
  return cursor.ok() && evaluator.ok();
}

}  // namespace crashwright::postmortem
