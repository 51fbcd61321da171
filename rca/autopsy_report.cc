// AutopsyReport as a person reads it at three in the morning: the answer first, then why, then where, then the rest.
#include <fmt/format.h>

#include "rca/autopsy.h"
#include "rca/evidence_ranking.h"

namespace crashwright::rca {
namespace {

constexpr size_t kFramesShown = 24;

void add_stack(const ThreadStack& thread, std::string& text) {
  text += fmt::format("\nthread {}{}{}\n", thread.tid, thread.name.empty() ? "" : " " + thread.name,
                      thread.faulting ? ", the one that died" : "");
  for (size_t i = 0; i < thread.frames.size(); ++i) {
    if (i == kFramesShown) {
      text += fmt::format("  ... {} more\n", thread.frames.size() - i);
      break;
    }
    const Frame& frame = thread.frames[i];
    const std::string name = frame.function.empty() ? fmt::format("{:#x}", frame.pc) : frame.function;
    const std::string place = frame.file.empty() ? frame.module : fmt::format("{}:{}", frame.file, frame.line);
    text +=
        fmt::format("  #{:<2} {}{}{}\n", i, name, frame.inlined ? " (inlined)" : "", place.empty() ? "" : "  " + place);
  }
}

}  // namespace

std::string autopsy_to_text(const AutopsyReport& report) {
  std::string text = fmt::format("{}  confidence {:.2f}\n{}\n", report.cause, report.confidence, report.detail);
  if (!report.function.empty()) text += fmt::format("function   {} ({})\n", report.function, report.function_reason);
  if (report.pid != 0) text += fmt::format("process    {}", report.pid);
  if (report.tid != 0) text += fmt::format(", thread {} {}", report.tid, report.thread_name);
  if (report.pid != 0) text += "\n";
  if (report.signal_number != 0) {
    text += fmt::format("signal     {} code {}", report.signal_number, report.signal_code);
    text += report.fault_address ? fmt::format(" address {:#x}\n", *report.fault_address) : "\n";
  }
  if (!report.signature.empty()) text += "signature  " + report.signature + "\n";
  if (!report.wait_for_cycle.empty()) text += "\nwaiting in a circle\n";
  for (const std::string& edge : report.wait_for_cycle) text += "  " + edge + "\n";
  if (!report.evidence.empty()) text += "\nevidence\n";
  for (const Evidence& evidence : report.evidence) {
    text += fmt::format("  {:+.2f} {:<25} {}, {} ({}): {}\n", evidence.strength, evidence.cause,
                        tier_name(evidence.tier), evidence.source, evidence.where, evidence.excerpt);
  }
  if (report.candidates.size() > 1) text += "\ncandidates\n";
  for (size_t i = 0; i < report.candidates.size() && report.candidates.size() > 1; ++i) {
    text += fmt::format("  {:.2f} {}\n", report.candidates[i].confidence, report.candidates[i].cause);
  }
  if (!report.missing.empty()) text += "\nnot looked at\n";
  for (const std::string& missing : report.missing) text += "  " + missing + "\n";
  for (const ThreadStack& thread : report.threads) {
    if (thread.faulting) add_stack(thread, text);
  }
  for (const ThreadStack& thread : report.threads) {
    if (!thread.faulting) add_stack(thread, text);
  }
  return text;
}

}  // namespace crashwright::rca
