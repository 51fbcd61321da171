// Where a variable of a frame is, and its bytes: DWARF location expressions, evaluated in a core.
//
// Threads: one owner. Signal context: no.
// Errors:  nothing for a value that was not kept, lies in a register that a call may have overwritten, or needs an
//          operation that is not done here (jumps, thread-local storage, calls of other expressions).
// Source:  DWARF 5, sections 2.5 and 2.6.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "rca/core_file.h"
#include "rca/frame_registers.h"

namespace crashwright::rca {

// One frame, as location expressions see it.
struct FrameContext {
  const CoreFile* core = nullptr;
  FrameRegisters registers;
  std::optional<uint64_t> cfa;  // of call frame information: the stack pointer of the caller
  uint64_t bias = 0;            // of the module: address in memory minus address in the file
  Dwarf_Addr address = 0;       // in the file, of the instruction
  Dwarf_Die function{};         // whose DW_AT_frame_base counts
  // The value of a register when the function was entered, from what the caller says of its call.
  std::function<std::optional<uint64_t>(unsigned)> entry_register{};
};

// The bytes of an object, or their beginning; and where they lie, if it is in memory.
struct ObjectBytes {
  std::string bytes;
  std::optional<uint64_t> address{};
};

constexpr size_t kObjectBytesMax = 512;

// The object of `size` bytes that the attribute (DW_AT_location) describes at the frame's address.
[[nodiscard]] std::optional<ObjectBytes> read_location(Dwarf_Attribute& attribute, size_t size,
                                                       const FrameContext& frame);
// The number that an expression (DW_AT_call_value) computes.
[[nodiscard]] std::optional<uint64_t> read_number(Dwarf_Attribute& attribute, const FrameContext& frame);

// As many of `size` bytes as a report shows, nothing when they cannot be read.
[[nodiscard]] std::optional<ObjectBytes> read_object(const CoreFile& core, uint64_t address, size_t size);

}  // namespace crashwright::rca
