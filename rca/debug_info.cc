#include "rca/debug_info.h"

#include <dwarf.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "rca/symbolizer.h"

namespace crashwright::rca {
namespace {

constexpr int kNestingMax = 64;  // blocks and inlined calls inside a function
constexpr size_t kFunctionsMax = 1 << 18;
constexpr size_t kUnitsMax = 1 << 18;

std::string text_of(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Attribute* const found = dwarf_attr_integrate(&die, name, &attribute);
  const char* const text = found == nullptr ? nullptr : dwarf_formstring(found);
  return text == nullptr ? std::string() : text;
}

// The declaration that a concrete or inlined function goes back to: the one that stands in its namespace or class.
Dwarf_Die declaration_of(const Dwarf_Die& die) {
  Dwarf_Die at = die;
  for (int depth = 0; depth < kNestingMax; ++depth) {
    Dwarf_Attribute attribute;
    Dwarf_Die next;
    Dwarf_Attribute* link = dwarf_attr(&at, DW_AT_abstract_origin, &attribute);
    if (link == nullptr) link = dwarf_attr(&at, DW_AT_specification, &attribute);
    if (link == nullptr || dwarf_formref_die(link, &next) == nullptr) break;
    at = next;
  }
  return at;
}

// Functions with internal linkage have no linkage name: the scopes around the declaration qualify theirs. A lambda is
// named after the function it stands in.
std::string qualified_name(const Dwarf_Die& die) {
  Dwarf_Die declaration = declaration_of(die);
  std::string name = text_of(declaration, DW_AT_name);
  Dwarf_Die* scopes = nullptr;
  const int count = dwarf_getscopes_die(&declaration, &scopes);
  for (int i = 1; i < count; ++i) {
    const int tag = dwarf_tag(&scopes[i]);
    const std::string scope = text_of(scopes[i], DW_AT_name);
    if (tag == DW_TAG_namespace) {
      name = (scope.empty() ? "(anonymous namespace)" : scope) + "::" + name;
    } else if (tag == DW_TAG_class_type || tag == DW_TAG_structure_type) {
      const bool lambda = scope.empty() || scope.starts_with('<');
      name = (lambda ? "{lambda}" : scope) + "::" + name;
    } else if (tag == DW_TAG_subprogram) {
      const std::string linkage = text_of(scopes[i], DW_AT_linkage_name);
      name = (linkage.empty() ? scope + "()" : demangled(linkage)) + "::" + name;
      if (!linkage.empty()) break;
    }
  }
  std::free(scopes);
  return name;
}

// The block or inlined call directly inside `parent` that holds the address.
std::optional<Dwarf_Die> child_at(Dwarf_Die& parent, Dwarf_Addr address) {
  Dwarf_Die child;
  if (dwarf_child(&parent, &child) != 0) return std::nullopt;
  do {
    const int tag = dwarf_tag(&child);
    const bool scope = tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine;
    if (scope && dwarf_haspc(&child, address) > 0) return child;
  } while (dwarf_siblingof(&child, &child) == 0);
  return std::nullopt;
}

// The function and the inlined calls in it that hold the address, outermost first.
std::vector<Dwarf_Die> call_chain(const Dwarf_Die& function, Dwarf_Addr address) {
  std::vector<Dwarf_Die> chain = {function};
  Dwarf_Die scope = function;
  for (int depth = 0; depth < kNestingMax; ++depth) {
    const auto inner = child_at(scope, address);
    if (!inner) break;
    scope = *inner;
    if (dwarf_tag(&scope) == DW_TAG_inlined_subroutine) chain.push_back(scope);
  }
  return chain;
}

// Where the inlined function `die` was called from.
void place_call(Dwarf_Die& die, Dwarf_Die& unit, SourceFrame& caller) {
  Dwarf_Attribute attribute;
  Dwarf_Word number = 0;
  if (dwarf_formudata(dwarf_attr(&die, DW_AT_call_line, &attribute), &number) == 0) {
    caller.line = static_cast<int>(number);
  }
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  if (dwarf_formudata(dwarf_attr(&die, DW_AT_call_file, &attribute), &number) == 0 &&
      dwarf_getsrcfiles(&unit, &files, &count) == 0 && number < count) {
    if (const char* const path = dwarf_filesrc(files, number, nullptr, nullptr); path != nullptr) caller.file = path;
  }
}

template <typename Add>
void add_functions(Dwarf_Die& parent, int depth, Add&& add) {
  Dwarf_Die child;
  if (depth > kNestingMax || dwarf_child(&parent, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_subprogram) add(child);
    if (tag == DW_TAG_namespace) add_functions(child, depth + 1, add);
  } while (dwarf_siblingof(&child, &child) == 0);
}

}  // namespace

const DebugInfo::Table& DebugInfo::functions_of(Dwarf_Die& unit) {
  const auto [entry, fresh] = tables_.try_emplace(dwarf_dieoffset(&unit));
  Table& table = entry->second;
  if (!fresh) return table;
  add_functions(unit, 0, [&table](Dwarf_Die& die) {
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    for (ptrdiff_t at = 0; table.size() < kFunctionsMax && (at = dwarf_ranges(&die, at, &base, &begin, &end)) > 0;) {
      table.push_back({begin, end, die});
    }
  });
  std::ranges::sort(table, {}, &Function::begin);
  return table;
}

Dwarf_Die* DebugInfo::unit_at(Dwarf* dwarf, Dwarf_Addr address) {
  if (!units_known_) {
    units_known_ = true;
    Dwarf_CU* unit = nullptr;
    Dwarf_Half version = 0;
    uint8_t type = 0;
    Dwarf_Die die;
    while (units_.size() < kUnitsMax && dwarf_get_units(dwarf, unit, &unit, &version, &type, &die, nullptr) == 0) {
      Dwarf_Addr base = 0;
      Dwarf_Addr begin = 0;
      Dwarf_Addr end = 0;
      for (ptrdiff_t at = 0; units_.size() < kUnitsMax && (at = dwarf_ranges(&die, at, &base, &begin, &end)) > 0;) {
        units_.push_back({begin, end, die});
      }
    }
    std::ranges::sort(units_, {}, &Function::begin);
  }
  const auto after = std::ranges::upper_bound(units_, address, {}, &Function::begin);
  if (after == units_.begin() || address >= std::prev(after)->end) return nullptr;
  return &std::prev(after)->die;
}

const std::string& DebugInfo::name_of(Dwarf_Die& die) {
  const auto [entry, fresh] = names_.try_emplace(dwarf_dieoffset(&die));
  if (!fresh) return entry->second;
  const std::string linkage = text_of(die, DW_AT_linkage_name);
  return entry->second = linkage.empty() ? qualified_name(die) : demangled(linkage);
}

std::vector<Dwarf_Die> DebugInfo::calls_at(Dwarf_Die& unit, Dwarf_Addr address) {
  const Table& table = functions_of(unit);
  const auto after = std::ranges::upper_bound(table, address, {}, &Function::begin);
  if (after == table.begin() || address >= std::prev(after)->end) return {};
  return call_chain(std::prev(after)->die, address);
}

std::vector<SourceFrame> DebugInfo::frames_at(Dwarf_Die& unit, Dwarf_Addr address) {
  std::vector<Dwarf_Die> chain = calls_at(unit, address);
  if (chain.empty()) return {};
  std::vector<SourceFrame> frames(chain.size());
  for (size_t i = 0; i < chain.size(); ++i) {
    frames[i].function = name_of(chain[i]);
    frames[i].inlined = i > 0;
    if (i > 0) place_call(chain[i], unit, frames[i - 1]);
  }
  if (Dwarf_Line* const line = dwarf_getsrc_die(&unit, address); line != nullptr) {
    if (const char* const path = dwarf_linesrc(line, nullptr, nullptr); path != nullptr) frames.back().file = path;
    dwarf_lineno(line, &frames.back().line);
  }
  std::ranges::reverse(frames);
  return frames;
}

}  // namespace crashwright::rca
