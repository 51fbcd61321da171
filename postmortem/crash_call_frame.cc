// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/crash_call_frame.h"

#include "postmortem/crash_table_cursor.h"

namespace crashwright::postmortem {
namespace {

// Pointer encodings (DW_EH_PE_*).
constexpr uint8_t kPcRelativeSigned4 = 0x1b;
constexpr uint8_t kDataRelativeSigned4 = 0x3b;
constexpr uint8_t kUnsigned4 = 0x03;
constexpr uint32_t kLength64 = 0xffffffffU;
constexpr size_t kRememberedMax = 4;

// What a common information entry says.
struct Common {
  uint64_t instructions;
  uint64_t instructions_end;
  uint64_t code_factor;
  int64_t data_factor;
  bool has_augmentation;
  bool signal_frame;
};

// What a frame description entry says, for one range of code.
struct Description {
  Common common;
  uint64_t code_begin;
  uint64_t code_end;
  uint64_t instructions;
  uint64_t instructions_end;
};

// Rows while a program runs. Static: too large for a signal stack with little room.
FrameRow g_initial;
FrameRow g_remembered[kRememberedMax];

// Address of the frame description that begins at or before `pc`, 0 for none. The index is sorted by address.
uint64_t find_description(const CodeRange& code, uint64_t pc) noexcept {
  const uint64_t index = code.unwind_index;
  TableCursor cursor(index, index + code.unwind_index_bytes);
  const auto version = cursor.take<uint8_t>();
  const auto frame_encoding = cursor.take<uint8_t>();
  const auto count_encoding = cursor.take<uint8_t>();
  const auto table_encoding = cursor.take<uint8_t>();
  cursor.skip(4);
  const auto count = cursor.take<uint32_t>();
  if (!cursor.ok() || version != 1 || frame_encoding != kPcRelativeSigned4 || count_encoding != kUnsigned4) return 0;
  if (table_encoding != kDataRelativeSigned4) return 0;
  const uint64_t table = cursor.at();
  if (count == 0 || count > (index + code.unwind_index_bytes - table) / 8) return 0;
  const auto begin_of = [&](uint64_t i) {
    return index + static_cast<uint64_t>(int64_t{*reinterpret_cast<const int32_t*>(table + 8 * i)});
  };
  uint64_t low = 0;
  for (uint64_t high = count; high - low > 1;) {
    const uint64_t middle = low + (high - low) / 2;
    (pc < begin_of(middle) ? high : low) = middle;
  }
  if (pc < begin_of(low)) return 0;
  return index + static_cast<uint64_t>(int64_t{*reinterpret_cast<const int32_t*>(table + 8 * low + 4)});
}

bool read_common(uint64_t at, uint64_t mapped_end, Common& common) noexcept {
  TableCursor cursor(at, mapped_end);
  const auto length = cursor.take<uint32_t>();
  if (!cursor.ok() || length == 0 || length == kLength64 || length > mapped_end - cursor.at()) return false;
  common.instructions_end = cursor.at() + length;
  if (cursor.take<uint32_t>() != 0) return false;  // a common entry has no entry of its own
  const auto version = cursor.take<uint8_t>();
  if (version != 1 && version != 3) return false;
  char augmentation[8] = {};
  size_t letters = 0;
  for (char c = cursor.take<char>(); c != '\0' && letters < sizeof augmentation; c = cursor.take<char>()) {
    augmentation[letters++] = c;
  }
  common.code_factor = cursor.take_uleb();
  common.data_factor = cursor.take_sleb();
  const uint64_t return_register = version == 1 ? cursor.take<uint8_t>() : cursor.take_uleb();
  common.has_augmentation = augmentation[0] == 'z';
  common.signal_frame = false;
  uint8_t pointer_encoding = 0;
  const uint64_t data_bytes = common.has_augmentation ? cursor.take_uleb() : 0;
  TableCursor data(cursor.at(), mapped_end);
  for (size_t i = 1; i < letters; ++i) {
    if (augmentation[i] == 'R') pointer_encoding = data.take<uint8_t>();
    if (augmentation[i] == 'L') data.skip(1);
    if (augmentation[i] == 'S') common.signal_frame = true;
    // The personality: its encoding, then a pointer of 4 or 8 bytes.
    if (augmentation[i] == 'P') data.skip((data.take<uint8_t>() & 0x07U) == kUnsigned4 ? 4 : 8);
  }
  cursor.skip(data_bytes);
  common.instructions = cursor.at();
  return cursor.ok() && data.ok() && pointer_encoding == kPcRelativeSigned4 && return_register == kReturnAddress;
}

bool read_description(uint64_t at, uint64_t mapped_end, Description& description) noexcept {
  TableCursor cursor(at, mapped_end);
  const auto length = cursor.take<uint32_t>();
  if (!cursor.ok() || length == 0 || length == kLength64 || length > mapped_end - cursor.at()) return false;
  description.instructions_end = cursor.at() + length;
  const uint64_t common_field = cursor.at();
  const auto common_distance = cursor.take<uint32_t>();
  if (common_distance == 0 || !read_common(common_field - common_distance, mapped_end, description.common))
    return false;
  const uint64_t begin_field = cursor.at();
  description.code_begin = begin_field + static_cast<uint64_t>(int64_t{cursor.take<int32_t>()});
  description.code_end = description.code_begin + cursor.take<uint32_t>();
  if (description.common.has_augmentation) cursor.skip(cursor.take_uleb());
  description.instructions = cursor.at();
  return cursor.ok();
}

// Runs call frame instructions up to the row that holds `pc`.
class Program {
 public:
  Program(const Common& common, uint64_t location, uint64_t pc, FrameRow& row) noexcept
      : common_(common), location_(location), pc_(pc), row_(row) {}

  bool run(uint64_t begin, uint64_t end) noexcept {
    TableCursor cursor(begin, end);
    while (!cursor.done() && location_ <= pc_) {
      const auto opcode = cursor.take<uint8_t>();
      const uint8_t operand = opcode & 0x3fU;
      switch (opcode >> 6) {
        case 1:
          location_ += operand * common_.code_factor;
          break;
        case 2:
          set(operand, RuleKind::kOffset, static_cast<int64_t>(cursor.take_uleb()) * common_.data_factor);
          break;
        case 3:
          restore(operand);
          break;
        default:
          if (!perform(opcode, cursor)) return false;
      }
    }
    return cursor.ok();
  }

 private:
  void set(uint64_t reg, RuleKind kind, int64_t operand) noexcept {
    if (reg < kFrameRegisters) row_.rules[reg] = {kind, operand};
  }
  void restore(uint64_t reg) noexcept {
    if (reg < kFrameRegisters) row_.rules[reg] = g_initial.rules[reg];
  }
  void set_cfa(uint64_t reg, int64_t offset) noexcept {
    row_.cfa_register = static_cast<uint8_t>(reg < kFrameRegisters ? reg : kRsp);
    row_.cfa_operand = offset;
    row_.cfa_is_expression = false;
  }
  static uint64_t take_expression(TableCursor& cursor) noexcept {
    const uint64_t at = cursor.at();
    cursor.skip(cursor.take_uleb());
    return at;
  }

  // What moves the location or a single register; the frame's own address is below.
  bool perform(uint8_t opcode, TableCursor& cursor) noexcept {
    if (opcode >= 0x0a && opcode <= 0x0f) return perform_on_frame(opcode, cursor);
    const auto factored = [&] { return static_cast<int64_t>(cursor.take_uleb()) * common_.data_factor; };
    const auto factored_signed = [&] { return cursor.take_sleb() * common_.data_factor; };
    uint64_t reg = 0;
    if (opcode >= 0x05 && opcode <= 0x16 && opcode != 0x12 && opcode != 0x13) reg = cursor.take_uleb();
    switch (opcode) {
      case 0x00:  // nop
        return true;
      case 0x02:  // advance_loc1
        location_ += cursor.take<uint8_t>() * common_.code_factor;
        return true;
      case 0x03:  // advance_loc2
        location_ += cursor.take<uint16_t>() * common_.code_factor;
        return true;
      case 0x04:  // advance_loc4
        location_ += cursor.take<uint32_t>() * common_.code_factor;
        return true;
      case 0x05:  // offset_extended
        set(reg, RuleKind::kOffset, factored());
        return true;
      case 0x06:  // restore_extended
        restore(reg);
        return true;
      case 0x07:  // undefined
        set(reg, RuleKind::kUndefined, 0);
        return true;
      case 0x08:  // same_value
        set(reg, RuleKind::kSame, 0);
        return true;
      case 0x09:  // register
        set(reg, RuleKind::kRegister, static_cast<int64_t>(cursor.take_uleb()));
        return true;
      case 0x10:  // expression
        set(reg, RuleKind::kExpression, static_cast<int64_t>(take_expression(cursor)));
        return true;
      case 0x11:  // offset_extended_sf
        set(reg, RuleKind::kOffset, factored_signed());
        return true;
      case 0x12: {  // def_cfa_sf
        const uint64_t base = cursor.take_uleb();
        set_cfa(base, factored_signed());
        return true;
      }
      case 0x13:  // def_cfa_offset_sf
        row_.cfa_operand = factored_signed();
        return true;
      case 0x14:  // val_offset
        set(reg, RuleKind::kValueOffset, factored());
        return true;
      case 0x15:  // val_offset_sf
        set(reg, RuleKind::kValueOffset, factored_signed());
        return true;
      case 0x16:  // val_expression
        set(reg, RuleKind::kValueExpression, static_cast<int64_t>(take_expression(cursor)));
        return true;
      case 0x2e:  // GNU_args_size: of no use here
        cursor.take_uleb();
        return true;
      default:
        return false;
    }
  }

  bool perform_on_frame(uint8_t opcode, TableCursor& cursor) noexcept {
    switch (opcode) {
      case 0x0a:  // remember_state
        if (remembered_ == kRememberedMax) return false;
        g_remembered[remembered_++] = row_;
        return true;
      case 0x0b:  // restore_state
        if (remembered_ == 0) return false;
        row_ = g_remembered[--remembered_];
        return true;
      case 0x0c: {  // def_cfa
        const uint64_t base = cursor.take_uleb();
        set_cfa(base, static_cast<int64_t>(cursor.take_uleb()));
        return true;
      }
      case 0x0d:  // def_cfa_register
        set_cfa(cursor.take_uleb(), row_.cfa_operand);
        return true;
      case 0x0e:  // def_cfa_offset
        row_.cfa_operand = static_cast<int64_t>(cursor.take_uleb());
        return true;
      default:  // def_cfa_expression
        row_.cfa_operand = static_cast<int64_t>(take_expression(cursor));
        row_.cfa_is_expression = true;
        return true;
    }
  }

  const Common& common_;
  uint64_t location_;
  uint64_t pc_;
  FrameRow& row_;
  size_t remembered_ = 0;
};

}  // namespace

bool find_frame_row(const CodeRange& code, uint64_t pc, FrameRow& row) noexcept {
  if (code.unwind_index == 0) return false;
  const uint64_t at = find_description(code, pc);
  Description description{};
  if (at == 0 || !read_description(at, code.mapped_end, description)) return false;
  if (pc < description.code_begin || pc >= description.code_end) return false;
  row = {};
  row.cfa_register = kRsp;
  row.signal_frame = description.common.signal_frame;
  row.tables_end = code.mapped_end;
  // The common instructions hold for the whole range of code, whatever the location.
  if (!Program(description.common, pc, pc, row)
           .run(description.common.instructions, description.common.instructions_end)) {
    return false;
  }
  g_initial = row;
  return Program(description.common, description.code_begin, pc, row)
      .run(description.instructions, description.instructions_end);
}

}  // namespace crashwright::postmortem
