// Fuzz target. The events of a run, line by line and as a file.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "harness/report/event_json.h"
#include "harness/report/event_log.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(events) {
  if (fuzz::take_byte(input) % 2 == 0) {
    const auto event = harness::event_from_json(std::string(input));
    if (event) (void)harness::event_to_json(*event);
  } else {
    if (const auto run = harness::read_events(fuzz::MemoryFile(input).path())) (void)harness::count_outcomes(*run);
  }
}
