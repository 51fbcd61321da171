#include "rca/location.h"

#include <dwarf.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace crashwright::rca {
namespace {

constexpr size_t kOperationsMax = 512;
constexpr size_t kDepthMax = 64;  // of the expression's stack

bool between(unsigned atom, unsigned first, unsigned last) { return atom >= first && atom <= last; }

std::optional<uint64_t> binary(unsigned atom, uint64_t left, uint64_t right) {
  switch (atom) {
    case DW_OP_plus:
      return left + right;
    case DW_OP_minus:
      return left - right;
    case DW_OP_mul:
      return left * right;
    case DW_OP_and:
      return left & right;
    case DW_OP_or:
      return left | right;
    case DW_OP_xor:
      return left ^ right;
    case DW_OP_shl:
      return right < 64 ? left << right : 0;
    case DW_OP_shr:
      return right < 64 ? left >> right : 0;
    case DW_OP_shra:
      return static_cast<uint64_t>(static_cast<int64_t>(left) >> std::min<uint64_t>(right, 63));
    case DW_OP_mod:
      return right == 0 ? std::nullopt : std::optional(left % right);
    case DW_OP_eq:
      return left == right;
    case DW_OP_ne:
      return left != right;
    case DW_OP_lt:
      return static_cast<int64_t>(left) < static_cast<int64_t>(right);
    case DW_OP_le:
      return static_cast<int64_t>(left) <= static_cast<int64_t>(right);
    case DW_OP_gt:
      return static_cast<int64_t>(left) > static_cast<int64_t>(right);
    case DW_OP_ge:
      return static_cast<int64_t>(left) >= static_cast<int64_t>(right);
    default:
      return std::nullopt;
  }
}

class Evaluation {
 public:
  Evaluation(Dwarf_Attribute& attribute, const FrameContext& frame) : attribute_(attribute), frame_(frame) {}

  std::optional<ObjectBytes> object(const Dwarf_Op* operations, size_t count, size_t size) {
    std::string pieces;
    bool in_pieces = false;
    if (count == 0 || count > kOperationsMax) return std::nullopt;
    for (size_t i = 0; i < count; ++i) {
      if (operations[i].atom != DW_OP_piece) {
        if (!step(operations[i])) return std::nullopt;
        continue;
      }
      const auto piece = simple_object(std::min<size_t>(operations[i].number, kObjectBytesMax));
      if (!piece) return std::nullopt;
      pieces += piece->bytes;
      in_pieces = true;
      if (pieces.size() > kObjectBytesMax) break;
      reset();
    }
    return in_pieces ? std::optional(ObjectBytes{std::move(pieces)}) : simple_object(size);
  }

  std::optional<uint64_t> number(const Dwarf_Op* operations, size_t count) {
    if (count == 0 || count > kOperationsMax) return std::nullopt;
    for (size_t i = 0; i < count; ++i) {
      if (!step(operations[i])) return std::nullopt;
    }
    if (register_) return frame_.registers.get(*register_);
    return stack_.empty() ? std::nullopt : std::optional(stack_.back());
  }

 private:
  void reset() {
    stack_.clear();
    register_.reset();
    implicit_.reset();
    is_value_ = false;
  }

  // The object at one location: memory, a register, a value that is nowhere.
  std::optional<ObjectBytes> simple_object(size_t size) {
    size = std::min(size, kObjectBytesMax);
    if (implicit_) return ObjectBytes{*implicit_};
    std::optional<uint64_t> word;
    if (register_) word = frame_.registers.get(*register_);
    if (is_value_ && !stack_.empty()) word = stack_.back();
    if (register_ || is_value_) {
      if (!word || size > sizeof *word) return std::nullopt;
      return ObjectBytes{std::string(reinterpret_cast<const char*>(&*word), size)};
    }
    return stack_.empty() ? std::nullopt : read_object(*frame_.core, stack_.back(), size);
  }

  bool push(std::optional<uint64_t> value) {
    if (!value || stack_.size() >= kDepthMax) return false;
    stack_.push_back(*value);
    return true;
  }

  std::optional<uint64_t> pop() {
    if (stack_.empty()) return std::nullopt;
    const uint64_t value = stack_.back();
    stack_.pop_back();
    return value;
  }

  std::optional<uint64_t> plus(std::optional<uint64_t> base, uint64_t offset) {
    return base ? std::optional(*base + offset) : std::nullopt;
  }

  bool step(const Dwarf_Op& operation) {
    const unsigned atom = operation.atom;
    if (between(atom, DW_OP_lit0, DW_OP_lit31)) return push(atom - DW_OP_lit0);
    if (between(atom, DW_OP_reg0, DW_OP_reg31)) return set_register(atom - DW_OP_reg0);
    if (between(atom, DW_OP_breg0, DW_OP_breg31)) {
      return push(plus(frame_.registers.get(atom - DW_OP_breg0), operation.number));
    }
    if (between(atom, DW_OP_const1u, DW_OP_consts)) return push(operation.number);
    switch (atom) {
      case DW_OP_regx:
        return set_register(operation.number);
      case DW_OP_bregx:
        return push(plus(frame_.registers.get(operation.number), operation.number2));
      case DW_OP_addr:
        return push(operation.number + frame_.bias);
      case DW_OP_addrx:
      case DW_OP_GNU_addr_index:
        return push(indexed_address(operation));
      case DW_OP_fbreg:
        return push(plus(frame_base(), operation.number));
      case DW_OP_call_frame_cfa:
        return push(frame_.cfa);
      case DW_OP_stack_value:
        is_value_ = true;
        return true;
      case DW_OP_implicit_value:
        return take_implicit(operation);
      case DW_OP_entry_value:
      case DW_OP_GNU_entry_value:
        return push(entry_value(operation));
      case DW_OP_nop:
        return true;
      default:
        return step_typed(operation) || step_stack(operation);
    }
  }

  // Operations that say the type of what they push; numbers only.
  bool step_typed(const Dwarf_Op& operation) {
    switch (operation.atom) {
      case DW_OP_regval_type:
      case DW_OP_GNU_regval_type:
        return push(frame_.registers.get(operation.number));
      case DW_OP_convert:
      case DW_OP_GNU_convert:
      case DW_OP_reinterpret:
      case DW_OP_GNU_reinterpret:
        return convert(operation);
      default:
        return false;
    }
  }

  bool step_stack(const Dwarf_Op& operation) {
    const size_t depth = stack_.size();
    switch (operation.atom) {
      case DW_OP_dup:
        return depth > 0 && push(stack_.back());
      case DW_OP_drop:
        return pop().has_value();
      case DW_OP_over:
        return depth > 1 && push(stack_[depth - 2]);
      case DW_OP_pick:
        return operation.number < depth && push(stack_[depth - 1 - operation.number]);
      case DW_OP_swap:
        if (depth < 2) return false;
        std::swap(stack_[depth - 1], stack_[depth - 2]);
        return true;
      case DW_OP_deref:
        return load(sizeof(uint64_t));
      case DW_OP_deref_size:
        return load(operation.number);
      case DW_OP_plus_uconst:
        return push(plus(pop(), operation.number));
      case DW_OP_neg:
        return depth > 0 && push(0 - *pop());
      case DW_OP_not:
        return depth > 0 && push(~*pop());
      default:
        if (depth < 2) return false;
        const uint64_t right = *pop();
        return push(binary(operation.atom, *pop(), right));
    }
  }

  bool set_register(uint64_t number) {
    register_ = number;
    return true;
  }

  bool load(uint64_t size) {
    const auto address = pop();
    uint64_t value = 0;
    if (!address || size > sizeof value) return false;
    return frame_.core->read(*address, &value, size) == size && push(value);
  }

  bool take_implicit(const Dwarf_Op& operation) {
    Dwarf_Block block{};
    if (dwarf_getlocation_implicit_value(&attribute_, &operation, &block) != 0) return false;
    implicit_ = std::string(reinterpret_cast<const char*>(block.data), std::min<size_t>(block.length, kObjectBytesMax));
    return true;
  }

  // Cuts the number on top to the width of an integer type.
  bool convert(const Dwarf_Op& operation) {
    Dwarf_Die type;
    if (stack_.empty()) return false;
    if (dwarf_getlocation_die(&attribute_, &operation, &type) != 0) return operation.number == 0;  // the generic type
    Dwarf_Attribute encoding;
    Dwarf_Word code = 0;
    if (dwarf_formudata(dwarf_attr(&type, DW_AT_encoding, &encoding), &code) != 0 || code == DW_ATE_float) return false;
    const int size = dwarf_bytesize(&type);
    if (size <= 0 || size > 8) return false;
    const int unused = 64 - 8 * size;
    const uint64_t shifted = *pop() << unused;
    const bool is_signed = code == DW_ATE_signed || code == DW_ATE_signed_char;
    return push(is_signed ? static_cast<uint64_t>(static_cast<int64_t>(shifted) >> unused) : shifted >> unused);
  }

  std::optional<uint64_t> indexed_address(const Dwarf_Op& operation) {
    Dwarf_Attribute entry;
    Dwarf_Addr address = 0;
    const bool known =
        dwarf_getlocation_attr(&attribute_, &operation, &entry) == 0 && dwarf_formaddr(&entry, &address) == 0;
    return known ? std::optional(address + frame_.bias) : std::nullopt;
  }

  std::optional<uint64_t> frame_base() {
    Dwarf_Attribute base;
    Dwarf_Die function = frame_.function;
    if (dwarf_attr_integrate(&function, DW_AT_frame_base, &base) == nullptr) return std::nullopt;
    Dwarf_Op* operations = nullptr;
    size_t count = 0;
    if (dwarf_getlocation_addr(&base, frame_.address, &operations, &count, 1) != 1) return std::nullopt;
    const bool again = std::any_of(operations, operations + count, [](const Dwarf_Op& operation) {
      return operation.atom == DW_OP_fbreg;  // in terms of itself: damaged
    });
    return again ? std::nullopt : Evaluation(base, frame_).number(operations, count);
  }

  std::optional<uint64_t> entry_value(const Dwarf_Op& operation) {
    Dwarf_Attribute entry;
    Dwarf_Op* operations = nullptr;
    size_t count = 0;
    if (!frame_.entry_register || dwarf_getlocation_attr(&attribute_, &operation, &entry) != 0) return std::nullopt;
    if (dwarf_getlocation(&entry, &operations, &count) != 0 || count != 1) return std::nullopt;
    if (!between(operations->atom, DW_OP_reg0, DW_OP_reg31)) return std::nullopt;
    return frame_.entry_register(operations->atom - DW_OP_reg0);
  }

  Dwarf_Attribute& attribute_;
  const FrameContext& frame_;
  std::vector<uint64_t> stack_;
  std::optional<uint64_t> register_;
  std::optional<std::string> implicit_;
  bool is_value_ = false;
};

}  // namespace

std::optional<ObjectBytes> read_object(const CoreFile& core, uint64_t address, size_t size) {
  ObjectBytes object;
  object.address = address;
  object.bytes.resize(std::min(size, kObjectBytesMax));
  if (core.read(address, object.bytes.data(), object.bytes.size()) != object.bytes.size()) return std::nullopt;
  return object;
}

std::optional<ObjectBytes> read_location(Dwarf_Attribute& attribute, size_t size, const FrameContext& frame) {
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_getlocation_addr(&attribute, frame.address, &operations, &count, 1) != 1) return std::nullopt;
  return Evaluation(attribute, frame).object(operations, count, size);
}

std::optional<uint64_t> read_number(Dwarf_Attribute& attribute, const FrameContext& frame) {
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_getlocation(&attribute, &operations, &count) != 0) return std::nullopt;
  return Evaluation(attribute, frame).number(operations, count);
}

}  // namespace crashwright::rca
