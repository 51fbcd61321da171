// Fuzz target. The storage layer's record: entries and the bytes that they point to.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "harness/storage/operation_list.h"
#include "harness/storage/storage_record.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(storage_record) {
  const fuzz::MemoryFile index(fuzz::take_part(input), 1);
  const fuzz::MemoryFile data(input);
  const auto record = harness::StorageRecord::attach(index.fd(), data.fd());
  if (!record) return;
  for (const harness::Operation& operation : (*record)->first((*record)->size()))
    (void)harness::operation_name(operation.kind);
}
