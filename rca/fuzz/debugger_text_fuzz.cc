// Fuzz target. What debuggers print: stacks, registers, disassembly.
#include "base/fuzz/fuzz_target.h"
#include "rca/gdb_context.h"
#include "rca/text_stack.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(debugger_text) {
  const std::vector<std::string_view> lines = fuzz::lines_of(input);
  for (const std::string_view line : lines) (void)rca::parse_frame_line(line);
  (void)rca::read_text_stack(lines, 0, lines.size());
  (void)rca::gdb_context_evidence(lines, "fuzz");
}
