// The autopsy of a text alone: the same evidence and ranking as for a case folder, from fewer sources.
#include "rca/autopsy.h"
#include "rca/conclusion.h"
#include "rca/crash_text.h"

namespace crashwright::rca {

AutopsyReport autopsy_text(const std::string& text) {
  CrashText found = read_crash_text(text, 0, "text");
  AutopsyReport report;
  report.evidence = std::move(found.evidence);
  report.pid = found.pid;
  report.fault_address = found.fault_address;
  if (!found.stack.empty()) {
    ThreadStack& thread = report.threads.emplace_back();
    thread.faulting = true;
    thread.frames = found.stack;
  }
  Particulars particulars;
  particulars.stack = std::move(found.stack);
  particulars.expression = found.expression;
  particulars.exception_type = found.exception_type;
  particulars.exception_what = found.exception_what;
  particulars.raised = found.raised;
  if (found.memory) particulars.memory_scope = found.memory->scope;
  conclude(report, particulars, found.crash_seen ? "UNKNOWN" : "NONE");
  return report;
}

}  // namespace crashwright::rca
