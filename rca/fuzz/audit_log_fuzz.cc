// Fuzz target. Audit logs.
#include <cstddef>
#include <cstdint>

#include "postmortem/audit_log.h"
#include "rca/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const crashwright::rca::fuzz::MemoryFile file(bytes, size);
  if (file.path().empty()) return 0;
  (void)crashwright::postmortem::read_audit_log(file.path());
  return 0;
}
