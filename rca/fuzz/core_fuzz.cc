// Fuzz target. Cores: headers, notes (siginfo, registers, files), memory, instructions, the wait-for graph and the
// heap; no module of this machine takes part.
#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "rca/core_file.h"
#include "rca/heap_map.h"
#include "rca/instruction.h"
#include "rca/wait_for_graph.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(core) {
  const auto core = rca::CoreFile::open(fuzz::MemoryFile(input).path());
  if (!core) return;
  (void)rca::find_wait_cycle(*core);
  const rca::HeapMap heaps(*core);
  for (const auto& thread : core->threads()) {
    (void)heaps.block_at(thread.registers.rsp);
    (void)rca::instruction_at(*core, thread.registers);
  }
  for (const auto& segment : core->segments()) (void)core->read_text(segment.begin, 64);
}
