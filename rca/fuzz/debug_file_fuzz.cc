// Fuzz target. The search for a separate debug file: links, build ids, the cache of debuginfod's client.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_folder.h"
#include "rca/debug_file.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(debug_file) {
  static const bool is_cache_ours = ::setenv("DEBUGINFOD_CACHE_PATH", fuzz::memory_folder().c_str(), 1) == 0;
  (void)is_cache_ours;
  rca::DebugLink link;
  link.checksum = fuzz::take_byte(input);
  link.name = fuzz::take_part(input);
  const std::string build_id(fuzz::take_part(input));
  const std::string file = fuzz::write_in_memory("program.debug", input);
  (void)rca::find_debug_file(fuzz::memory_folder() + "/program", build_id, link);
}
