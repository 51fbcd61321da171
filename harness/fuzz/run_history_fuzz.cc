// Fuzz target. The run.json of earlier runs, for the history in a report.
#include <filesystem>

#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_folder.h"
#include "harness/report/run_history.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(run_history) {
  for (const char* const run : {"1", "2"}) std::filesystem::create_directories(fuzz::memory_folder() + "/" + run);
  (void)fuzz::write_in_memory("1/run.json", fuzz::take_part(input));
  (void)fuzz::write_in_memory("2/run.json", input);
  (void)harness::read_history(fuzz::memory_folder() + "/2");
}
