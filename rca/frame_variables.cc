#include "rca/frame_variables.h"

#include <dwarf.h>

#include <optional>
#include <span>
#include <string>

#include "rca/debug_info.h"
#include "rca/location.h"
#include "rca/report_parts.h"
#include "rca/secret.h"
#include "rca/value_text.h"

namespace crashwright::rca {
namespace {

constexpr size_t kVariablesMax = 24;  // of one frame
constexpr size_t kLineMax = 200;
constexpr int kNestingMax = 32;  // blocks in blocks
constexpr size_t kEntriesMax = 1 << 16;
constexpr int kEntryDepthMax = 3;  // callers asked for an entry value, each of the next

std::string linkage_of(Dwarf_Die& die) {
  Dwarf_Attribute attribute;
  const char* const name = dwarf_formstring(dwarf_attr_integrate(&die, DW_AT_linkage_name, &attribute));
  return name == nullptr ? std::string() : name;
}

// The same function, whichever of its entries stands for it.
bool same_function(Dwarf_Die& a, Dwarf_Die& b) {
  if (const std::string name = linkage_of(a); !name.empty()) return name == linkage_of(b);
  const char* const first = dwarf_diename(&a);
  const char* const second = dwarf_diename(&b);
  return first != nullptr && second != nullptr && std::string_view(first) == second && linkage_of(b).empty();
}

// The call that comes back to `address`, anywhere below `parent`.
std::optional<Dwarf_Die> call_site(Dwarf_Die& parent, Dwarf_Addr address, int depth, size_t& looked_at) {
  Dwarf_Die child;
  if (depth > kNestingMax || dwarf_child(&parent, &child) != 0) return std::nullopt;
  do {
    if (++looked_at > kEntriesMax) return std::nullopt;
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site) {
      Dwarf_Attribute attribute;
      Dwarf_Addr back = 0;
      const unsigned name = tag == DW_TAG_call_site ? DW_AT_call_return_pc : DW_AT_low_pc;
      if (dwarf_formaddr(dwarf_attr(&child, name, &attribute), &back) == 0 && back == address) return child;
    } else if (tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) {
      if (auto found = call_site(child, address, depth + 1, looked_at); found) return found;
    }
  } while (dwarf_siblingof(&child, &child) == 0);
  return std::nullopt;
}

bool calls(Dwarf_Die& site, Dwarf_Die& function) {
  Dwarf_Attribute attribute;
  Dwarf_Die origin;
  Dwarf_Attribute* link = dwarf_attr(&site, DW_AT_call_origin, &attribute);
  if (link == nullptr) link = dwarf_attr(&site, DW_AT_abstract_origin, &attribute);
  return link != nullptr && dwarf_formref_die(link, &origin) != nullptr && same_function(origin, function);
}

// The attribute that says what the register `number` held when the call was made.
bool parameter_of(Dwarf_Die& site, unsigned number, Dwarf_Attribute& value) {
  Dwarf_Die child;
  if (dwarf_child(&site, &child) != 0) return false;
  do {
    const int tag = dwarf_tag(&child);
    if (tag != DW_TAG_call_site_parameter && tag != DW_TAG_GNU_call_site_parameter) continue;
    Dwarf_Attribute location;
    Dwarf_Op* operations = nullptr;
    size_t count = 0;
    if (dwarf_getlocation(dwarf_attr(&child, DW_AT_location, &location), &operations, &count) != 0 || count != 1 ||
        operations->atom != DW_OP_reg0 + number) {
      continue;
    }
    const unsigned name = tag == DW_TAG_call_site_parameter ? DW_AT_call_value : DW_AT_GNU_call_site_value;
    return dwarf_attr(&child, name, &value) != nullptr;
  } while (dwarf_siblingof(&child, &child) == 0);
  return false;
}

class VariableReader {
 public:
  VariableReader(const CoreFile& core, const Symbolizer& symbolizer, const CallStack& stack)
      : core_(core), symbolizer_(symbolizer), stack_(stack) {}

  // Fills the frames of call site `index`; false when it has no debug information.
  bool fill(size_t index, std::span<Frame> frames) const {
    CodePlace place = place_of(index);
    if (place.calls.empty() || place.calls.size() != frames.size()) return false;
    const FrameContext context = context_of(index, place, 0);
    for (size_t i = 0; i < frames.size(); ++i) {
      collect(place.calls[frames.size() - 1 - i], context, 0, frames[i].variables);  // innermost first
    }
    return true;
  }

 private:
  [[nodiscard]] CodePlace place_of(size_t index) const {
    return symbolizer_.place_of(stack_.sites[index].pc, stack_.sites[index].exact);
  }

  FrameContext context_of(size_t index, const CodePlace& place, int depth) const {
    FrameContext context;
    context.core = &core_;
    context.registers = stack_.sites[index].registers;
    context.bias = place.bias;
    context.address = place.address;
    context.function = place.calls.front();
    if (index + 1 < stack_.sites.size()) {
      context.cfa = stack_.sites[index + 1].registers.get(FrameRegisters::kStackPointer);
    }
    if (depth < kEntryDepthMax) {
      context.entry_register = [this, index, depth, function = context.function](unsigned number) mutable {
        return entry_register(index, function, number, depth);
      };
    }
    return context;
  }

  // What the caller of the frame at `index` says it put into a register.
  std::optional<uint64_t> entry_register(size_t index, Dwarf_Die& function, unsigned number, int depth) const {
    if (index + 1 >= stack_.sites.size() || stack_.sites[index + 1].exact) return std::nullopt;
    CodePlace caller = place_of(index + 1);
    if (caller.calls.empty()) return std::nullopt;
    size_t looked_at = 0;
    auto site = call_site(caller.calls.front(), caller.address + 1, 0, looked_at);
    Dwarf_Attribute value;
    if (!site || !calls(*site, function) || !parameter_of(*site, number, value)) return std::nullopt;
    return read_number(value, context_of(index + 1, caller, depth + 1));
  }

  // The variables directly in `scope` and in its blocks around the address.
  void collect(Dwarf_Die& scope, const FrameContext& context, int depth, std::vector<std::string>& variables) const {
    Dwarf_Die child;
    if (depth > kNestingMax || dwarf_child(&scope, &child) != 0) return;
    size_t looked_at = 0;
    do {
      if (variables.size() >= kVariablesMax || ++looked_at > kEntriesMax) return;
      const int tag = dwarf_tag(&child);
      if (tag == DW_TAG_formal_parameter || tag == DW_TAG_variable) {
        describe(child, context, variables);
      } else if (tag == DW_TAG_lexical_block && dwarf_haspc(&child, context.address) > 0) {
        collect(child, context, depth + 1, variables);
      }
    } while (dwarf_siblingof(&child, &child) == 0);
  }

  void describe(Dwarf_Die& variable, const FrameContext& context, std::vector<std::string>& variables) const {
    const char* const name = dwarf_diename(&variable);  // its own, or that of the entry it stands for
    Dwarf_Die type;
    if (name == nullptr || std::string_view(name).starts_with("__") || !type_of(variable, type)) return;
    if (dwarf_hasattr(&variable, DW_AT_declaration) != 0) return;
    const std::string value = value_of(variable, type, context);
    const std::string line = std::string(name) + "=" + value;
    const bool secret = mask_secret(line) != line;
    variables.push_back(clip(std::string(name) + " = " + (secret ? "***" : value), kLineMax));
  }

  std::string value_of(Dwarf_Die& variable, Dwarf_Die& type, const FrameContext& context) const {
    const size_t size = size_of_type(type);
    Dwarf_Attribute attribute;
    std::optional<ObjectBytes> object;
    if (dwarf_attr_integrate(&variable, DW_AT_location, &attribute) != nullptr) {
      object = read_location(attribute, size, context);
    } else if (dwarf_attr_integrate(&variable, DW_AT_const_value, &attribute) != nullptr) {
      object = constant(attribute, size);
    }
    if (!object || object->bytes.empty()) return "<optimized out>";
    return value_text(core_, type, *object);
  }

  static std::optional<ObjectBytes> constant(Dwarf_Attribute& attribute, size_t size) {
    Dwarf_Sword number = 0;
    Dwarf_Block block{};
    if (dwarf_formblock(&attribute, &block) == 0) {
      return ObjectBytes{std::string(reinterpret_cast<const char*>(block.data), std::min<size_t>(block.length, size))};
    }
    if (size > sizeof number || dwarf_formsdata(&attribute, &number) != 0) return std::nullopt;
    return ObjectBytes{std::string(reinterpret_cast<const char*>(&number), size)};
  }

  const CoreFile& core_;
  const Symbolizer& symbolizer_;
  const CallStack& stack_;
};

}  // namespace

void read_variables(const CoreFile& core, const Symbolizer& symbolizer, const CallStack& stack, size_t limit,
                    std::vector<Frame>& frames) {
  const VariableReader reader(core, symbolizer, stack);
  size_t first = 0;
  size_t filled = 0;
  for (size_t i = 0; i < stack.sites.size() && filled < limit; ++i) {
    size_t last = first;  // of the frames of one call site the last is the one that is not inlined
    while (last < frames.size() && frames[last].inlined) ++last;
    if (last >= frames.size()) return;
    if (reader.fill(i, std::span(frames).subspan(first, last + 1 - first))) ++filled;
    first = last + 1;
  }
}

}  // namespace crashwright::rca
