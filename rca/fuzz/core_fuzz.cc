// Fuzz target. Cores: headers, notes, memory, the wait-for graph and the heap; no module of this machine takes part.
#include <cstddef>
#include <cstdint>

#include "rca/core_file.h"
#include "rca/fuzz/memory_file.h"
#include "rca/heap_map.h"
#include "rca/wait_for_graph.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const crashwright::rca::fuzz::MemoryFile file(bytes, size);
  if (file.path().empty()) return 0;
  const auto core = crashwright::rca::CoreFile::open(file.path());
  if (!core) return 0;
  (void)crashwright::rca::find_wait_cycle(*core);
  const crashwright::rca::HeapMap heaps(*core);
  for (const auto& thread : core->threads()) (void)heaps.block_at(thread.registers.rsp);
  for (const auto& segment : core->segments()) (void)core->read_text(segment.begin, 64);
  return 0;
}
