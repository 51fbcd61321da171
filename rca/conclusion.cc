#include "rca/conclusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "rca/cause.h"
#include "rca/evidence_ranking.h"
#include "rca/frame_rules.h"
#include "rca/memory_scope.h"
#include "rca/signature.h"
#include "rca/symbolizer.h"

namespace crashwright::rca {
namespace {

const Evidence* strongest_for(const AutopsyReport& report) {
  const Evidence* best = nullptr;
  double best_weight = 0;
  for (const Evidence& evidence : report.evidence) {
    const double weight = evidence.strength * tier_weight(evidence.tier);
    if (evidence.cause == report.cause && weight > best_weight) {
      best = &evidence;
      best_weight = weight;
    }
  }
  return best;
}

std::string place_of(const AutopsyReport& report) {
  std::string place;
  if (!report.function.empty()) place += " in " + report.function;
  if (!report.thread_name.empty()) place += " on thread " + report.thread_name;
  return place;
}

std::string describe(const AutopsyReport& report, const Particulars& particulars) {
  if (report.cause == "UNKNOWN") {
    std::string text = "the evidence does not decide";
    for (size_t i = 0; i < report.candidates.size() && i < 3; ++i) {
      text += fmt::format("{}{} ({:.2f})", i == 0 ? "; it may be " : ", ", report.candidates[i].cause,
                          report.candidates[i].confidence);
    }
    return text;
  }
  std::string text = find_cause(report.cause).meaning + place_of(report);
  if (report.cause == "ASSERTION" && !particulars.expression.empty()) text += ": " + particulars.expression;
  if (report.cause == "EXCEPTION" && !particulars.exception_type.empty()) {
    text += ": " + particulars.exception_type;
    if (!particulars.exception_what.empty()) text += ", \"" + particulars.exception_what + "\"";
  }
  if (report.cause == "OOM" && !particulars.memory_scope.empty()) text += ": of the " + particulars.memory_scope;
  const bool access = report.cause == "NULL_DEREF" || report.cause == "WILD_ACCESS";
  // The kernel has no address for one that no pointer can have; what it really was stands beside it.
  const bool known = report.fault_address && !report.fault_address_is.starts_with("really ");
  if (access && known) text += fmt::format(" at address {:#x}", *report.fault_address);
  if (const Evidence* const best = strongest_for(report); best != nullptr) text += " (" + best->source + ")";
  return text;
}

// The functions that call each other in a circle, whichever of them happened to use up the stack; the outer end of such
// a stack is often lost.
std::vector<std::string> recursive_functions(const std::vector<Frame>& stack) {
  constexpr size_t kLookedAt = 48;
  constexpr int kTimes = 3;
  std::map<std::string, int> counts;
  for (size_t i = 0; i < stack.size() && i < kLookedAt; ++i) {
    const std::vector<std::string> name = project_frames({stack[i]}, 1);
    if (!name.empty()) ++counts[name.front()];
  }
  std::vector<std::string> functions;
  for (const auto& [name, count] : counts) {
    if (count >= kTimes) functions.push_back(name);
  }
  return functions;
}

// The innermost frame that is one of `functions`.
std::string first_of(const std::vector<std::string>& functions, const std::vector<Frame>& stack) {
  for (const std::string& name : project_frames(stack, stack.size())) {
    if (std::ranges::find(functions, name) != functions.end()) return name;
  }
  return functions.front();
}

// Where nothing has a name: the program's own modules, with the part of the address that no ASLR moves. Two bugs of a
// stripped program stay two.
std::vector<std::string> nameless_frames(const std::vector<Frame>& stack) {
  constexpr uint64_t kPageMask = 0xfff;
  constexpr uint64_t kMovedByAslr = uint64_t{1} << 32;  // below: offsets into a module, programs at a fixed address
  std::vector<std::string> frames;
  for (const Frame& frame : stack) {
    if (frame.pc == 0 || !frame.function.empty() || is_system_module(frame.module)) continue;
    const std::string module = frame.module.substr(frame.module.rfind('/') + 1);
    const uint64_t offset = frame.offset != 0 ? frame.offset : frame.pc;
    frames.push_back(offset < kMovedByAslr ? fmt::format("{}+{:x}", module, offset)
                                           : fmt::format("{} ...{:03x}", module, offset & kPageMask));
    if (frames.size() == 3) break;
  }
  return frames;
}

std::vector<std::string> signature_frames(const std::string& cause, const std::vector<Frame>& stack) {
  std::vector<std::string> frames = project_frames(stack, 3);
  if (frames.empty()) return nameless_frames(stack);
  if (cause == "STACK_OVERFLOW_EXHAUSTION") {
    if (auto circle = recursive_functions(stack); !circle.empty()) return circle;
  }
  // What a smashed stack says about callers is made up.
  if (cause == "STACK_BUFFER_OVERFLOW" && frames.size() > 1) frames.resize(1);
  return frames;
}

}  // namespace

void conclude(AutopsyReport& report, const Particulars& particulars, const std::string& silent) {
  std::ranges::stable_sort(report.evidence, [](const Evidence& a, const Evidence& b) { return a.tier < b.tier; });
  const Ranking ranking = rank_evidence(report.evidence);
  report.candidates = ranking.candidates;
  report.cause = ranking.candidates.empty() ? silent : ranking.cause;
  report.confidence = ranking.confidence;
  // Nothing speaks of a crash, or nothing that the process did not survive.
  if (ranking.candidates.empty() && silent == "NONE") report.confidence = report.evidence.empty() ? 0.8 : 0.6;
  report.family = find_cause(report.cause).family;
  const bool no_crash = report.cause == "NONE" || report.cause == "NO_FAULT";
  // Where a process stood when someone else ended it is nobody's fault.
  const bool ended_from_outside = report.family == "PROCESS" || report.family == "STORAGE";
  if (!no_crash && !ended_from_outside && report.function.empty()) {
    BlamedFrame blamed = blame(particulars.stack);
    // The function that recurs is to blame, not the leaf for which there was no room any more.
    const auto circle = report.cause == "STACK_OVERFLOW_EXHAUSTION" ? recursive_functions(particulars.stack)
                                                                    : std::vector<std::string>();
    if (!circle.empty() && std::ranges::find(circle, blamed.function) == circle.end()) {
      blamed = {first_of(circle, particulars.stack), "first frame of those that call each other in a circle", 0};
    }
    report.function = blamed.function;
    report.function_reason = blamed.reason;
  }
  report.detail = describe(report, particulars);
  if (no_crash) return;
  SignatureParts parts;
  parts.cause = report.cause;
  if (!ended_from_outside) parts.frames = signature_frames(report.cause, particulars.stack);
  if (report.cause == "ASSERTION") {
    parts.expression = particulars.expression;
    // Expression and function name the bug; a text has no more than these.
    if (!parts.expression.empty() && parts.frames.size() > 1) parts.frames.resize(1);
  }
  if (report.cause == "DEADLOCK") parts.lock_sites = particulars.lock_sites;
  // Which part of the process ran into the limit differs from build to build.
  if (report.cause == "OOM") {
    parts.scope = particulars.memory_scope.empty() ? std::string(kScopeProcess) : particulars.memory_scope;
    report.memory_scope = parts.scope;
  }
  parts.raised = particulars.raised;
  if (report.family == "CHECK") {
    parts.message = exception_words(particulars.exception_type, particulars.exception_what);
  }
  report.signature = make_signature(parts);
}

}  // namespace crashwright::rca
