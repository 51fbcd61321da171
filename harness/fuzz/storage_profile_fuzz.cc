// Fuzz target. Storage profiles of one's own, and what the storage daemon answers.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_folder.h"
#include "harness/storage/explore/storage_profile.h"
#include "harness/storage/storage_wire.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(storage_profile) {
  if (fuzz::take_byte(input) % 2 == 0) {
    (void)harness::load_storage_profile(fuzz::write_in_memory("profile.yaml", input));
  } else {
    (void)harness::decode_storage_answer(input);
  }
}
