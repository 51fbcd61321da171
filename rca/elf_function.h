// Where a function of a program is, by the name that people use for it; for breakpoints in programs nobody prepared.
//
// `name` is the symbol itself ("main", "_ZN4Book5applyEv"), the demangled name with its parameters, or without
// ("Book::apply"). Symbols of .symtab and .dynsym count; a stripped program has those of .dynsym only. Clones that the
// compiler split off ("f.cold") are not the function.
// Threads: any. Signal context: no. Errors: kUsage: no ELF program, no such function, or several of that name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::rca {

struct ElfFunction {
  std::string name;      // demangled
  uint64_t address = 0;  // as the file has it
  uint64_t entry = 0;    // of the program, in the same addresses: the difference to where it runs is the load bias
};

[[nodiscard]] Result<ElfFunction> find_elf_function(const std::string& path, const std::string& name);

// Names without parameters of the functions that are defined in the file, sorted, each once.
[[nodiscard]] std::vector<std::string> elf_function_names(const std::string& path);

}  // namespace crashwright::rca
