// Fuzz target. Logs of engines that write plain lines.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "verifiers/plain_log.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(plain_log) { (void)verifiers::read_plain_log(fuzz::MemoryFile(input).path()); }
