// Fuzz target. Crash records.
#include <cstddef>
#include <cstdint>

#include "postmortem/crash_record_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  (void)crashwright::postmortem::parse_crash_record({reinterpret_cast<const char*>(bytes), size}, "fuzz");
  return 0;
}
