// Functions, inlined calls and lines of one module's DWARF, found by address.
//
// libdw's own search walks every entry of a compilation unit for each address; this keeps a table of the functions of
// each unit, built once.
// Threads: one owner. Signal context: no. Errors: an empty answer.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace crashwright::rca {

struct SourceFrame {
  std::string function;  // demangled, with arguments
  std::string file;
  int line = 0;
  bool inlined = false;
};

// Where an address is in the debug information of its module.
struct CodePlace {
  std::vector<Dwarf_Die> calls{};  // the function and the inlined calls in it, outermost first; empty: not known
  Dwarf_Addr address = 0;          // in the file
  uint64_t bias = 0;               // address in memory minus address in the file
};

class DebugInfo {
 public:
  // The function at `address` of the unit and the inlined calls in it, outermost first.
  [[nodiscard]] std::vector<Dwarf_Die> calls_at(Dwarf_Die& unit, Dwarf_Addr address);
  // The functions at `address` (as in the file, without bias) of the unit `unit`, innermost first.
  [[nodiscard]] std::vector<SourceFrame> frames_at(Dwarf_Die& unit, Dwarf_Addr address);
  // The unit of `dwarf` that covers the address, by the units' own ranges: Clang writes no .debug_aranges, by which
  // libdw looks. Null for none. Valid as long as this object.
  [[nodiscard]] Dwarf_Die* unit_at(Dwarf* dwarf, Dwarf_Addr address);

 private:
  struct Function {
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    Dwarf_Die die{};
  };
  using Table = std::vector<Function>;

  const Table& functions_of(Dwarf_Die& unit);
  const std::string& name_of(Dwarf_Die& die);

  Table units_;
  bool units_known_ = false;
  std::map<Dwarf_Off, Table> tables_;
  std::map<Dwarf_Off, std::string> names_;
};

}  // namespace crashwright::rca
