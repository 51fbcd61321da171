// Fuzz target. The sources of a time axis: engine log, audit log, crash record, drop copy, feed.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "rca/timeline_sources.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(timeline) {
  const uint8_t kind = fuzz::take_byte(input);
  const std::string path = fuzz::MemoryFile(input).path();
  rca::TimelineBuilder builder;
  builder.anchor_feed(1, 1'000);
  builder.anchor_feed(900, 2'000);
  switch (kind % 5) {
    case 0:
      (void)rca::add_engine_log(builder, path);
      break;
    case 1:
      (void)rca::add_audit_log(builder, path);
      break;
    case 2:
      (void)rca::add_crash_record(builder, path);
      break;
    case 3:
      (void)rca::add_drop_copy(builder, path);
      break;
    default:
      (void)rca::add_feed(builder, path);
  }
  (void)builder.finish();
}
