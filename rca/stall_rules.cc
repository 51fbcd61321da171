// Threads that no longer move: deadlock, livelock, or just stuck.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rca/frame_rules.h"
#include "rca/function_name.h"
#include "rca/rules.h"
#include "rca/wait_for_graph.h"

namespace crashwright::rca {
namespace {

std::string name_of(const Artefacts& artefacts, int32_t tid) {
  const std::string name = artefacts.thread_name(tid);
  return name.empty() ? fmt::format("thread {}", tid) : fmt::format("{} ({})", name, tid);
}

std::string site_of(const Artefacts& artefacts, int32_t tid) {
  const ThreadStack* const stack = artefacts.stack_of(tid);
  return stack == nullptr ? std::string() : blame(stack->frames).function;
}

std::string describe(const Artefacts& artefacts, const WaitEdge& edge) {
  const std::string site = site_of(artefacts, edge.waiter);
  const std::string variable =
      artefacts.symbolizer ? short_function_name(plain_function_name(artefacts.symbolizer->variable_at(edge.address)))
                           : "";
  return fmt::format("{}{} waits for {}{} at {:#x}, held by {}", name_of(artefacts, edge.waiter),
                     site.empty() ? "" : " in " + site, edge.joins ? "the end of thread" : "mutex",
                     variable.empty() ? "" : " " + variable, edge.address, name_of(artefacts, edge.owner));
}

void take_cycle(Investigation& investigation, const std::vector<WaitEdge>& cycle) {
  const Artefacts& artefacts = investigation.artefacts;
  for (const WaitEdge& edge : cycle) {
    investigation.report.wait_for_cycle.push_back(describe(artefacts, edge));
    std::string site = site_of(artefacts, edge.waiter);
    if (!site.empty()) investigation.particulars.lock_sites.push_back(std::move(site));
  }
  investigation.add(
      EvidenceTier::kRuntimeVerdict, "wait-for graph", "DEADLOCK", 1, "core",
      fmt::format("a circle of {} threads: {}", cycle.size(), investigation.report.wait_for_cycle.front()));
  // The thread that was found stalled speaks for the circle; if it is outside, one that runs the project's code.
  const auto in_cycle = [&](int32_t tid) {
    return std::ranges::any_of(cycle, [&](const WaitEdge& edge) { return edge.waiter == tid; });
  };
  if (in_cycle(investigation.report.tid)) return;
  for (const WaitEdge& edge : cycle) {
    if (site_of(artefacts, edge.waiter).empty() && &edge != &cycle.back()) continue;
    investigation.report.tid = edge.waiter;
    investigation.report.thread_name = artefacts.thread_name(edge.waiter);
    if (const ThreadStack* const stack = artefacts.stack_of(edge.waiter); stack != nullptr) {
      investigation.particulars.stack = stack->frames;
    }
    return;
  }
}

// "watchdog: thread trading stalled for 612 ms": the number, 0 when there is none.
uint64_t stalled_ns(const std::string& line) {
  constexpr std::string_view kWords = "stalled for ";
  const size_t at = line.find(kWords);
  uint64_t milliseconds = 0;
  if (at == std::string::npos) return 0;
  std::from_chars(line.data() + at + kWords.size(), line.data() + line.size(), milliseconds);
  return milliseconds < 1'000'000'000 ? milliseconds * 1'000'000 : 0;
}

// A thread that was found without progress: asleep, or running?
void judge_stalled(Investigation& investigation, const CoreThread& thread, uint64_t stall_ns) {
  const CoreFile& core = *investigation.artefacts.core;
  const std::string cpu = fmt::format("{} ms of CPU time", thread.cpu_time_ns / 1'000'000);
  if (is_blocked(core, thread)) {
    investigation.add(EvidenceTier::kMachineState, "core", "TIMEOUT", 0.9, "thread " + std::to_string(thread.tid),
                      "the stalled thread was inside a system call, " + cpu);
    return;
  }
  // CPU time of a fifth of the stall is more than a starved thread gets, less than a spinning one on a busy machine.
  const bool consumed = stall_ns > 0 && thread.cpu_time_ns >= stall_ns / 5;
  investigation.add(EvidenceTier::kMachineState, "core", "LIVELOCK", consumed ? 0.95 : 0.8,
                    "thread " + std::to_string(thread.tid), "the stalled thread was running, " + cpu);
}

// A living process: nothing died, so only a circle is proof. A thread that eats a processor may be doing its work.
void judge_live(Investigation& investigation, const LiveObservation& live) {
  constexpr double kBusy = 0.6;  // share of the window
  bool busy = false;
  for (const LiveObservation::Thread& thread : live.threads) {
    const double share =
        static_cast<double>(thread.cpu_ns) / static_cast<double>(std::max<uint64_t>(live.window_ns, 1));
    if (share < kBusy) continue;
    busy = true;
    investigation.add(EvidenceTier::kMachineState, "/proc", "LIVELOCK", 0.5, "thread " + std::to_string(thread.tid),
                      fmt::format("thread {} used {:.0f} % of a processor",
                                  name_of(investigation.artefacts, thread.tid), 100 * share));
    investigation.report.tid = thread.tid;
  }
  if (busy) return;
  investigation.add(EvidenceTier::kMachineState, "/proc", "TIMEOUT", 0.5, "all threads",
                    "no thread used a processor; what they wait for is not a circle of locks");
}

}  // namespace

void apply_stall_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  if (!artefacts.core) return;
  if (const auto cycle = find_wait_cycle(*artefacts.core); !cycle.empty()) {
    take_cycle(investigation, cycle);
    return;
  }
  if (artefacts.live) return judge_live(investigation, *artefacts.live);
  const bool watchdog = artefacts.control && artefacts.control->handler.watchdog_stalled_tid.load() != 0;
  const std::string line = artefacts.record ? artefacts.record->watchdog : "";
  if (watchdog) {
    investigation.add(EvidenceTier::kHarnessFact, "control block", "TIMEOUT", 0.6, "handler",
                      "the watchdog found thread " + name_of(artefacts, artefacts.dead_tid()) + " without progress");
  }
  if (!line.empty()) {
    investigation.add(EvidenceTier::kLibraryMessage, "crash record", "TIMEOUT", 0.9, "watchdog", line);
  }
  const bool deadline = artefacts.process && artefacts.process->kill_reason == "deadline";
  const CoreThread* const thread = artefacts.core_thread(artefacts.dead_tid());
  if (thread != nullptr && (watchdog || !line.empty())) judge_stalled(investigation, *thread, stalled_ns(line));
  if (thread != nullptr && deadline && !watchdog && line.empty()) judge_stalled(investigation, *thread, 0);
}

}  // namespace crashwright::rca
