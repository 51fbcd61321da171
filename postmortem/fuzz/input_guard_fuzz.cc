// Fuzz target. The page of the input guard, as a process before left it.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "postmortem/input_guard.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(input_guard) {
  const fuzz::MemoryFile file(input);
  postmortem::InputGuard guard(file.path(), {});
  if (!guard.works()) return;
  guard.hand(postmortem::InputKind::kFeedMessage).take(7);
  (void)guard.quarantined(postmortem::InputKind::kFeedMessage, 7);
  (void)guard.storm();
}
