// Fuzz target. The facts of a case.
#include <cstddef>
#include <cstdint>

#include "rca/facts.h"
#include "rca/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const crashwright::rca::fuzz::MemoryFile file(bytes, size);
  if (file.path().empty()) return 0;
  (void)crashwright::rca::read_case_facts(file.path());
  return 0;
}
