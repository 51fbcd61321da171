// Fuzz target. Programs, libraries and debug files: build id, symbols, DWARF.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "rca/build_id.h"
#include "rca/debug_info.h"
#include "rca/elf_function.h"
#include "rca/symbolizer.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(module) {
  const std::string path = fuzz::MemoryFile(input).path();
  (void)rca::build_id_of_file(path);
  (void)rca::elf_function_names(path);
  (void)rca::find_elf_function(path, "main");
  const auto symbolizer = rca::Symbolizer::from_mappings("00400000-00500000 r-xp 00000000 00:01 7 " + path + "\n");
  for (const uint64_t pc : {0x400000, 0x400100, 0x401000, 0x401010, 0x401020}) {
    (void)symbolizer->frames_at(pc, true);
    (void)symbolizer->place_of(pc, false);
  }
  (void)symbolizer->variable_at(0x403000);
  (void)symbolizer->address_of("fuzz", "main");
}
