// The bytes of a variable as text, by their type in DWARF: "17", "'B'", "true", "kSell", "0x55d0 {quantity = 5}",
// "\"AAPL\"".
//
// Numbers in decimal, pointers in hexadecimal with what they point to where that is short, structures by their members
// to a small depth (a structure with one member is that member), texts and vectors of the standard library by content.
// All of it is bounded: members, elements, characters, depth.
// Threads: one owner. Signal context: no.
// Errors:  "<not in the core>" for memory that is not there, "<incomplete type>" for a type that is declared only.
#pragma once

#include <elfutils/libdw.h>

#include <string>

#include "rca/core_file.h"
#include "rca/location.h"

namespace crashwright::rca {

// Bytes that an object of this type has; 0 for unknown.
[[nodiscard]] size_t size_of_type(Dwarf_Die& type);

// `type` may be qualified or a typedef.
[[nodiscard]] std::string value_text(const CoreFile& core, Dwarf_Die& type, const ObjectBytes& object);

// The type of a variable or member.
[[nodiscard]] bool type_of(Dwarf_Die& die, Dwarf_Die& type);

}  // namespace crashwright::rca
