// Fuzz target. Texts of any kind: what the autopsy says of them.
#include <cstddef>
#include <cstdint>

#include "rca/autopsy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  (void)crashwright::rca::autopsy_text({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
