#include "rca/value_text.h"

#include <dwarf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace crashwright::rca {
namespace {

constexpr int kDepthMax = 3;       // of structures in structures
constexpr int kFollowedMax = 1;    // pointers to structures that are followed
constexpr int kBaseDepthMax = 16;  // of collapsed wrappers
constexpr size_t kMembersMax = 8;
constexpr size_t kElementsMax = 6;
constexpr size_t kTextMax = 48;
constexpr size_t kTypesMax = 1 << 16;  // children of one type that are looked at

uint64_t number_of(std::string_view bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

std::string name_of(Dwarf_Die& die) {
  const char* const name = dwarf_diename(&die);
  return name == nullptr ? std::string() : name;
}

Dwarf_Word unsigned_of(Dwarf_Die& die, unsigned name, Dwarf_Word otherwise) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  return dwarf_formudata(dwarf_attr_integrate(&die, name, &attribute), &value) == 0 ? value : otherwise;
}

std::string quoted(std::string_view text, bool cut) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte >= 32 && byte < 127) {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", byte);
    }
  }
  return result + (cut ? "\"..." : "\"");
}

template <typename Visit>
void visit_children(Dwarf_Die& parent, int tag, Visit&& visit) {
  Dwarf_Die child;
  if (dwarf_child(&parent, &child) != 0) return;
  size_t count = 0;
  do {
    if (dwarf_tag(&child) == tag && !visit(child)) return;
  } while (++count < kTypesMax && dwarf_siblingof(&child, &child) == 0);
}

std::string floating_text(std::string_view bytes) {
  if (bytes.size() == sizeof(float)) {
    float value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return fmt::format("{}", value);
  }
  if (bytes.size() == sizeof(double)) {
    double value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return fmt::format("{}", value);
  }
  if (bytes.size() < 10) return "<floating point>";
  long double value = 0;  // of the x87: ten bytes and padding
  std::memcpy(&value, bytes.data(), 10);
  return fmt::format("{}", value);
}

std::string base_text(Dwarf_Die& type, std::string_view bytes) {
  const auto encoding = static_cast<int>(unsigned_of(type, DW_AT_encoding, 0));
  if (encoding == DW_ATE_float) return floating_text(bytes);
  if (bytes.size() > sizeof(uint64_t)) return fmt::format("{:#x}:{:#x}", number_of(bytes.substr(8)), number_of(bytes));
  const uint64_t value = number_of(bytes);
  const auto unused = static_cast<int>(64 - 8 * bytes.size());
  const auto with_sign = static_cast<int64_t>(value << unused) >> unused;
  switch (encoding) {
    case DW_ATE_boolean:
      return value == 0 ? "false" : value == 1 ? "true" : fmt::format("<bool of value {}>", value);
    case DW_ATE_signed_char:
    case DW_ATE_unsigned_char:
    case DW_ATE_UTF:
      if (value >= 32 && value < 127) return fmt::format("'{}'", static_cast<char>(value));
      return encoding == DW_ATE_signed_char ? fmt::format("{}", with_sign) : fmt::format("{}", value);
    case DW_ATE_signed:
      return fmt::format("{}", with_sign);
    default:
      return fmt::format("{}", value);
  }
}

std::string enumerator_text(Dwarf_Die& type, std::string_view bytes) {
  const uint64_t value = number_of(bytes);
  const uint64_t mask = bytes.size() >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * bytes.size())) - 1;
  std::string name;
  visit_children(type, DW_TAG_enumerator, [&](Dwarf_Die& child) {
    Dwarf_Attribute attribute;
    Dwarf_Sword number = 0;
    if (dwarf_formsdata(dwarf_attr(&child, DW_AT_const_value, &attribute), &number) == 0 &&
        (static_cast<uint64_t>(number) & mask) == value) {
      name = name_of(child);
    }
    return name.empty();
  });
  return name.empty() ? fmt::format("{}", value) : name;
}

class Writer {
 public:
  explicit Writer(const CoreFile& core) : core_(core) {}

  std::string text(Dwarf_Die& named, const ObjectBytes& object, int depth) {
    Dwarf_Die type;
    if (dwarf_peel_type(&named, &type) != 0) return "<no type>";
    switch (dwarf_tag(&type)) {
      case DW_TAG_base_type:
        return base_text(type, object.bytes);
      case DW_TAG_enumeration_type:
        return enumerator_text(type, object.bytes);
      case DW_TAG_pointer_type:
        return pointer_text(type, object, depth);
      case DW_TAG_reference_type:
      case DW_TAG_rvalue_reference_type:
        return "@" + pointer_text(type, object, depth);
      case DW_TAG_array_type:
        return array_text(type, object, depth);
      case DW_TAG_structure_type:
      case DW_TAG_class_type:
        return structure_text(type, object, depth);
      case DW_TAG_union_type:
        return "<union>";
      default:
        return object.bytes.size() <= 8 ? fmt::format("{:#x}", number_of(object.bytes)) : "<...>";
    }
  }

 private:
  // Characters until the first zero.
  std::string text_at(uint64_t address) const {
    const std::string text = core_.read_text(address, kTextMax + 1);
    if (text.empty() && core_.read_word(address) == std::nullopt) return {};
    return quoted(std::string_view(text).substr(0, kTextMax), text.size() > kTextMax);
  }

  std::string pointer_text(Dwarf_Die& type, const ObjectBytes& object, int depth) {
    const uint64_t address = number_of(object.bytes);
    std::string text = fmt::format("{:#x}", address);
    Dwarf_Die target;
    Dwarf_Die peeled;
    if (address == 0 || !type_of(type, target) || dwarf_peel_type(&target, &peeled) != 0) return text;
    const int tag = dwarf_tag(&peeled);
    const bool reference = dwarf_tag(&type) != DW_TAG_pointer_type;
    const bool structure = tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
    if (tag == DW_TAG_base_type && dwarf_bytesize(&peeled) == 1 && !reference) {
      const std::string characters = text_at(address);
      return characters.empty() ? text + " <not in the core>" : text + " " + characters;
    }
    const bool followed = reference || tag == DW_TAG_base_type || tag == DW_TAG_enumeration_type || structure;
    if (!followed || (structure && followed_ >= kFollowedMax)) return text;
    const size_t size = size_of_type(peeled);
    if (size == 0) return text;
    const auto pointed = read_object(core_, address, size);
    if (!pointed) return text + " <not in the core>";
    ++followed_;
    text += ": " + this->text(peeled, *pointed, depth + 1);
    --followed_;
    return text;
  }

  std::string array_text(Dwarf_Die& type, const ObjectBytes& object, int depth) {
    Dwarf_Die element;
    const size_t size = type_of(type, element) ? size_of_type(element) : 0;
    if (size == 0) return "<array>";
    Dwarf_Word whole = object.bytes.size();
    dwarf_aggregate_size(&type, &whole);
    Dwarf_Die peeled;
    const bool characters = size == 1 && dwarf_peel_type(&element, &peeled) == 0 &&
                            dwarf_tag(&peeled) == DW_TAG_base_type &&
                            (unsigned_of(peeled, DW_AT_encoding, 0) == DW_ATE_signed_char || name_of(peeled) == "char");
    if (characters) {
      const std::string_view text = std::string_view(object.bytes).substr(0, object.bytes.find('\0'));
      return quoted(text.substr(0, kTextMax), text.size() > kTextMax);
    }
    return elements_text(element, size, whole / size, object, depth);
  }

  std::string elements_text(Dwarf_Die& element, size_t size, size_t count, const ObjectBytes& object, int depth) {
    if (depth >= kDepthMax) return "{...}";
    std::string text = "{";
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) text += ", ";
      if (i >= kElementsMax || (i + 1) * size > object.bytes.size())
        return text + fmt::format("... {} in all}}", count);
      text += this->text(element, part(object, i * size, size), depth + 1);
    }
    return text + "}";
  }

  static ObjectBytes part(const ObjectBytes& object, size_t at, size_t size) {
    if (at >= object.bytes.size()) return {};
    ObjectBytes inner{object.bytes.substr(at, size)};
    if (object.address) inner.address = *object.address + at;
    return inner;
  }

  std::string structure_text(Dwarf_Die& type, const ObjectBytes& object, int depth) {
    if (unsigned_of(type, DW_AT_declaration, 0) != 0) return "<incomplete type>";
    if (std::string text = standard_text(type, object, depth); !text.empty()) return text;
    // A structure around one thing (std::atomic, a strong type) is that thing.
    Dwarf_Die only;
    if (wrapped_ < kBaseDepthMax && only_part(type, only)) {
      Dwarf_Die inner;
      if (!type_of(only, inner)) return "{...}";
      ++wrapped_;
      std::string text = member_text(only, inner, object, depth);
      --wrapped_;
      return text;
    }
    if (depth >= kDepthMax) return "{...}";
    std::string text;
    size_t shown = 0;
    const auto add = [&](Dwarf_Die& child) {
      Dwarf_Die inner;
      if (is_static(child) || !type_of(child, inner) || is_empty(inner)) return true;
      if (!text.empty()) text += ", ";
      if (shown++ == kMembersMax) {
        text += "...";
        return false;
      }
      const bool base = dwarf_tag(&child) == DW_TAG_inheritance;
      const std::string name = base ? "<base>" : name_of(child);
      text += (name.empty() ? std::string("<unnamed>") : name) + " = " + member_text(child, inner, object, depth + 1);
      return true;
    };
    visit_children(type, DW_TAG_inheritance, add);
    visit_children(type, DW_TAG_member, add);
    return "{" + text + "}";
  }

  std::string member_text(Dwarf_Die& member, Dwarf_Die& type, const ObjectBytes& object, int depth) {
    const size_t size = size_of_type(type);
    if (unsigned_of(member, DW_AT_virtuality, 0) != 0) return "{...}";  // a virtual base is elsewhere
    const Dwarf_Word bits = unsigned_of(member, DW_AT_bit_size, 0);
    if (bits > 0 && bits < 64) return bit_field_text(member, bits, object);
    const Dwarf_Word at = unsigned_of(member, DW_AT_data_member_location, 0);
    const ObjectBytes inner = part(object, at, size);
    if (size == 0 || inner.bytes.size() < std::min(size, kObjectBytesMax)) {
      if (!object.address || size == 0) return "...";
      const auto beyond = read_object(core_, *object.address + at, size);  // of a large object the beginning was read
      return beyond ? text(type, *beyond, depth) : "<not in the core>";
    }
    return text(type, inner, depth);
  }

  static std::string bit_field_text(Dwarf_Die& member, Dwarf_Word bits, const ObjectBytes& object) {
    const Dwarf_Word first = unsigned_of(member, DW_AT_data_bit_offset, 0);
    if (first / 8 >= object.bytes.size()) return "...";
    const uint64_t word = number_of(std::string_view(object.bytes).substr(first / 8, 8));
    return fmt::format("{}", word >> (first % 8) & ((uint64_t{1} << bits) - 1));
  }

  static bool is_static(Dwarf_Die& member) {
    Dwarf_Attribute attribute;
    return dwarf_hasattr(&member, DW_AT_external) != 0 || dwarf_hasattr(&member, DW_AT_declaration) != 0 ||
           (dwarf_tag(&member) == DW_TAG_member &&
            dwarf_attr(&member, DW_AT_data_member_location, &attribute) == nullptr &&
            dwarf_attr(&member, DW_AT_data_bit_offset, &attribute) == nullptr);
  }

  // Bases without members, as policies and tags are.
  static bool is_empty(Dwarf_Die& named, int depth = 0) {
    Dwarf_Die type;
    if (depth > kBaseDepthMax || dwarf_peel_type(&named, &type) != 0) return false;
    const int tag = dwarf_tag(&type);
    if (tag != DW_TAG_structure_type && tag != DW_TAG_class_type) return false;
    bool empty = true;
    const auto look = [&](Dwarf_Die& child) {
      Dwarf_Die inner;
      if (is_static(child)) return true;
      empty = dwarf_tag(&child) == DW_TAG_inheritance && type_of(child, inner) && is_empty(inner, depth + 1);
      return empty;
    };
    visit_children(type, DW_TAG_inheritance, look);
    if (empty) visit_children(type, DW_TAG_member, look);
    return empty;
  }

  static bool only_part(Dwarf_Die& type, Dwarf_Die& only) {
    size_t count = 0;
    const auto look = [&](Dwarf_Die& child) {
      Dwarf_Die inner;
      if (is_static(child) || !type_of(child, inner) || is_empty(inner)) return true;
      only = child;
      return ++count < 2;
    };
    visit_children(type, DW_TAG_inheritance, look);
    if (count < 2) visit_children(type, DW_TAG_member, look);
    return count == 1;
  }

  // libstdc++'s own: their layout is part of its ABI.
  std::string standard_text(Dwarf_Die& type, const ObjectBytes& object, int depth) {
    const std::string name = name_of(type);
    const size_t size = size_of_type(type);
    if (object.bytes.size() < size) return {};
    const std::string_view bytes = object.bytes;
    if (name.starts_with("basic_string<char,") && size == 32) {
      return sized_text(number_of(bytes.substr(0, 8)), number_of(bytes.substr(8, 8)));
    }
    if (name.starts_with("basic_string_view<char,") && size == 16) {
      return sized_text(number_of(bytes.substr(8, 8)), number_of(bytes.substr(0, 8)));
    }
    if (name.starts_with("vector<") && size == 24) {
      return vector_text(type, number_of(bytes.substr(0, 8)), number_of(bytes.substr(8, 8)), depth);
    }
    return {};
  }

  std::string sized_text(uint64_t address, uint64_t size) const {
    if (size == 0) return "\"\"";
    const auto text = read_object(core_, address, std::min<uint64_t>(size, kTextMax));
    if (!text) return fmt::format("<{} characters, not in the core>", size);
    return quoted(text->bytes, size > kTextMax);
  }

  std::string vector_text(Dwarf_Die& type, uint64_t begin, uint64_t end, int depth) {
    Dwarf_Die element;
    bool known = false;
    visit_children(type, DW_TAG_template_type_parameter, [&](Dwarf_Die& child) {
      known = type_of(child, element);
      return false;
    });
    const size_t size = known ? size_of_type(element) : 0;
    if (size == 0 || end < begin || (end - begin) % size != 0) return {};
    const size_t count = (end - begin) / size;
    if (count == 0) return "{}";
    const auto object = read_object(core_, begin, end - begin);
    return object ? elements_text(element, size, count, *object, depth)
                  : fmt::format("<{} elements, not in the core>", count);
  }

  const CoreFile& core_;
  int followed_ = 0;
  int wrapped_ = 0;
};

}  // namespace

size_t size_of_type(Dwarf_Die& type) {
  Dwarf_Word size = 0;
  return dwarf_aggregate_size(&type, &size) == 0 ? size : 0;
}

bool type_of(Dwarf_Die& die, Dwarf_Die& type) {
  Dwarf_Attribute attribute;
  return dwarf_formref_die(dwarf_attr_integrate(&die, DW_AT_type, &attribute), &type) != nullptr;
}

std::string value_text(const CoreFile& core, Dwarf_Die& type, const ObjectBytes& object) {
  return Writer(core).text(type, object, 0);
}

}  // namespace crashwright::rca
