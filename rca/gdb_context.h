// What the registers and the faulting instruction say, as a debugger prints them.
//
// Looks for the arrow of a disassembly ("==> 0x5e425d: mov eax, dword ptr [rax]" or gdb's "=> 0x401136 <main+4>:") and
// "name value" lines of registers, computes the address that the instruction touches and judges it like a fault
// address.
// Threads: any. Signal context: no. Errors: none; no context is an empty answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::rca {

[[nodiscard]] std::vector<Evidence> gdb_context_evidence(const std::vector<std::string_view>& lines,
                                                         const std::string& source);

}  // namespace crashwright::rca
