// Fuzz target. The seal beside an audit log.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_folder.h"
#include "verifiers/audit_seal.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(audit_seal) {
  const std::string log = fuzz::write_in_memory("audit.log", fuzz::take_part(input));
  (void)fuzz::write_in_memory("audit.log.seal", input);
  (void)verifiers::verify_audit_seal(log, "a key of our own, thirty-two long");
}
