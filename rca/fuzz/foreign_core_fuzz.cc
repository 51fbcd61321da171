// Fuzz target. Cores of other machines: their notes.
#include <cstddef>
#include <cstdint>

#include "rca/foreign_core.h"
#include "rca/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const crashwright::rca::fuzz::MemoryFile file(bytes, size);
  if (file.path().empty()) return 0;
  (void)crashwright::rca::read_foreign_core(file.path());
  return 0;
}
