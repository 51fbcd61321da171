// Fuzz target. The exchange's event stream and its books.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "verifiers/drop_copy.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(drop_copy) {
  const std::string path = fuzz::MemoryFile(input).path();
  if (const auto events = verifiers::read_drop_copy(path)) (void)verifiers::fold_drop_copy(*events, 1000);
  (void)verifiers::read_exchange_books(path);
}
