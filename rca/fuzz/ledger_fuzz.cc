// Fuzz target. Ledgers of known bugs.
#include <cstddef>
#include <cstdint>

#include "rca/fuzz/memory_file.h"
#include "rca/triage.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const crashwright::rca::fuzz::MemoryFile file(bytes, size);
  if (file.path().empty()) return 0;
  (void)crashwright::rca::read_ledger(file.path());
  return 0;
}
