#include "harness/runner/fault_absence.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "harness/runner/passages.h"
#include "harness/runner/process.h"
#include "harness/scenario/suggest.h"
#include "harness/storage/storage_fault_rule.h"

namespace crashwright::harness {
namespace {

constexpr size_t kShownBytesMax = 80;
constexpr double kNsPerSecond = 1e9;
constexpr const char* kPrintedNothing =
    "the engine printed nothing; its output must be flushed line by line to be seen in time";

std::string times(uint64_t count) { return fmt::format("{} {}", count, count == 1 ? "time" : "times"); }

std::string how_it_ended(const rca::ProcessFacts& process) {
  return fmt::format("the engine ended after {:.1f} s, {}",
                     static_cast<double>(process.ended_ns - process.started_ns) / kNsPerSecond,
                     describe_wait_status(process.wait_status));
}

bool is_script(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return file.get() == '#' && file.get() == '!';
}

std::string unpassed_point(const FaultPlan& fault, const SeenStart& seen) {
  if (seen.block.attached_ns.load() == 0) {
    return fmt::format(
        "the engine did not attach to the control block: {} is a fault point, which only a program that links the kit "
        "has; without it: output, function, after",
        fault.point);
  }
  const std::map<std::string, uint64_t> passages = passages_of(seen.block);
  const auto passed = passages.find(fault.point);
  if (passed != passages.end()) {
    return fmt::format("{} was passed {} in start {} of the engine: choose an earlier hit, or let it run for longer",
                       fault.point, times(passed->second), fault.incarnation);
  }
  std::vector<std::string> names;
  for (const auto& [name, count] : passages) names.push_back(name);
  const std::string hint = suggestion(fault.point, names);
  return fmt::format("the engine has no fault point {}{}", fault.point, hint.empty() ? "" : ": " + hint);
}

std::string uncalled_function(const FaultPlan& fault, const SeenStart& seen) {
  const auto found = std::find_if(seen.breakpoints.begin(), seen.breakpoints.end(), [&](const TracedBreakpoint& one) {
    return one.at.function() == fault.function && one.at.thread() == fault.thread;
  });
  if (found == seen.breakpoints.end()) return {};
  if (!found->failure.empty() && !seen.process.argv.empty() && is_script(seen.process.argv.front())) {
    const std::string& path = seen.process.argv.front();
    return fmt::format("{} is a script: a breakpoint needs a program with symbols; use output or after",
                       path.substr(path.rfind('/') + 1));
  }
  if (!found->failure.empty()) return found->failure;
  return fmt::format("{} was called {}{}, it waits for call {}", fault.function, times(found->at.calls()),
                     fault.thread.empty() ? "" : " by thread " + fault.thread, fault.hit);
}

std::string unseen_line(size_t plan_fault, const FaultPlan& fault, const SeenStart& seen) {
  const uint64_t lines = seen.triggers.lines_with_text(plan_fault);
  if (lines >= fault.hit) return fmt::format("its line came too late: {}", how_it_ended(seen.process));
  if (lines > 0) {
    return fmt::format("{} {} this text, it waits for line {}", lines, lines == 1 ? "line had" : "lines had",
                       fault.hit);
  }
  const std::string& last = seen.triggers.last_line();
  const std::string cut_off =
      seen.process.kill_reason == "deadline" ? "; it still ran at its deadline and was killed" : "";
  if (last.empty()) return cut_off.empty() ? kPrintedNothing : "the engine printed nothing" + cut_off;
  return fmt::format("no line had this text; the last line was \"{}\"{}", last.substr(0, kShownBytesMax), cut_off);
}

}  // namespace

std::string operations_in_words(const FaultPlan& fault, uint64_t seen) {
  const std::string word = operation_word(usual_operation(fault.action));
  const bool triggered = !fault.output.empty() || !fault.function.empty() || fault.elapsed_ns > 0;
  return fmt::format("{} {}{}{} {} seen{}, it waits for {} {}", seen, word, seen == 1 ? "" : "s",
                     fault.file.empty() ? "" : " of " + fault.file, seen == 1 ? "was" : "were",
                     triggered ? " after its trigger" : "", word, fault.operation());
}

std::string why_never_fired(size_t plan_fault, const FaultPlan& fault, const SeenStart& seen) {
  if (!fault.point.empty()) return unpassed_point(fault, seen);
  if (!fault.function.empty()) return uncalled_function(fault, seen);
  if (!fault.output.empty()) return unseen_line(plan_fault, fault, seen);
  return fault.at_rest() ? std::string() : how_it_ended(seen.process);
}

std::string why_without_effect(const FaultPlan& fault, const rca::ProcessFacts& process) {
  switch (fault.outside) {
    case OutsideAction::kMemoryLimit:
      return fmt::format("the limit was never reached: the engine used {} MiB at most, of {} MiB",
                         process.max_rss_bytes >> 20, process.cgroup_memory_limit_bytes >> 20);
    case OutsideAction::kLimit:
      return fmt::format(
          "the limit was never reached: the kernel refused nothing for it in {:.1f} s, {:.1f} s of them "
          "on a processor",
          static_cast<double>(process.ended_ns - process.started_ns) / kNsPerSecond,
          static_cast<double>(process.cpu_time_ns) / kNsPerSecond);
    case OutsideAction::kSignal:
    case OutsideAction::kNullCall:
      return how_it_ended(process);
    case OutsideAction::kNothing:
      break;
  }
  return {};
}

}  // namespace crashwright::harness
