// Fuzz target. What a file of unknown origin is.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "rca/artefact_search.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(file_kind) {
  const fuzz::MemoryFile file(input);
  (void)rca::kind_of_file(file.path());
  (void)rca::read_text_ends(file.path());
}
