// Threads that no longer move: deadlock, livelock, or just stuck.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rca/frame_rules.h"
#include "rca/function_name.h"
#include "rca/rules.h"
#include "rca/stall_progress.h"
#include "rca/wait_for_graph.h"

namespace crashwright::rca {
namespace {

constexpr size_t kWaitsMax = 64;  // lines of a report

std::string name_of(const Artefacts& artefacts, int32_t tid) {
  const std::string name = artefacts.thread_name(tid);
  return name.empty() ? fmt::format("thread {}", tid) : fmt::format("{} ({})", name, tid);
}

std::string site_of(const Artefacts& artefacts, int32_t tid) {
  const ThreadStack* const stack = artefacts.stack_of(tid);
  return stack == nullptr ? std::string() : blame(stack->frames).function;
}

std::string variable_of(const Artefacts& artefacts, uint64_t address) {
  if (!artefacts.symbolizer) return {};
  const std::string name = short_function_name(plain_function_name(artefacts.symbolizer->variable_at(address)));
  return name.empty() ? "" : " " + name;
}

std::string describe(const Artefacts& artefacts, const WaitEdge& edge) {
  const std::string site = site_of(artefacts, edge.waiter);
  const std::string owner = edge.owner == 0 ? "no owner" : "held by " + name_of(artefacts, edge.owner);
  return fmt::format("{}{} waits for {}{} at {:#x}, {}{}", name_of(artefacts, edge.waiter),
                     site.empty() ? "" : " in " + site, wait_kind_name(edge.kind), variable_of(artefacts, edge.address),
                     edge.address, owner,
                     edge.likely ? " for reading (likely: its stack has the address of the lock)" : "");
}

// What each thread waits in, by the function of the C library that it called.
WaitPlaces places_of(const Artefacts& artefacts) {
  struct Place {
    std::string_view name;
    WaitKind kind;
  };
  constexpr Place kPlaces[] = {{"pthread_cond_", WaitKind::kCondition}, {"cnd_", WaitKind::kCondition},
                               {"pthread_rwlock_", WaitKind::kRwlock},  {"pthread_mutex_", WaitKind::kMutex},
                               {"lll_lock_wait", WaitKind::kMutex},     {"pthread_join", WaitKind::kJoin},
                               {"pthread_clockjoin", WaitKind::kJoin},  {"pthread_timedjoin", WaitKind::kJoin},
                               {"sem_", WaitKind::kSemaphore},          {"sem_wait", WaitKind::kSemaphore}};
  constexpr size_t kFrames = 6;
  WaitPlaces places;
  for (const ThreadStack& stack : artefacts.stacks) {
    for (size_t i = 0; i < stack.frames.size() && i < kFrames && !places.contains(stack.tid); ++i) {
      std::string_view name = stack.frames[i].function;
      while (name.starts_with('_')) name.remove_prefix(1);
      if (name.starts_with("GI_")) name.remove_prefix(3);
      while (name.starts_with('_')) name.remove_prefix(1);
      for (const Place& place : kPlaces) {
        if (name.starts_with(place.name)) places.emplace(stack.tid, place.kind);
      }
    }
  }
  return places;
}

// The answer is about this thread from now on.
void look_at_thread(Investigation& investigation, int32_t tid) {
  investigation.report.tid = tid;
  investigation.report.thread_name = investigation.artefacts.thread_name(tid);
  for (ThreadStack& stack : investigation.report.threads) stack.faulting = stack.tid == tid;
  const ThreadStack* const stack = investigation.artefacts.stack_of(tid);
  if (stack != nullptr) investigation.particulars.stack = stack->frames;
}

void take_cycle(Investigation& investigation, const std::vector<WaitEdge>& cycle) {
  const Artefacts& artefacts = investigation.artefacts;
  bool likely = false;
  for (const WaitEdge& edge : cycle) {
    likely = likely || edge.likely;
    investigation.report.involved.push_back(edge.waiter);
    investigation.report.wait_for_cycle.push_back(describe(artefacts, edge));
    std::string site = site_of(artefacts, edge.waiter);
    if (!site.empty()) investigation.particulars.lock_sites.push_back(std::move(site));
  }
  investigation.add(
      EvidenceTier::kRuntimeVerdict, "wait-for graph", "DEADLOCK", likely ? 0.8 : 1, "core",
      fmt::format("a circle of {} threads: {}", cycle.size(), investigation.report.wait_for_cycle.front()));
  // The thread that was found stalled speaks for the circle; if it is outside, one that runs the project's code.
  const auto in_cycle = [&](int32_t tid) {
    return std::ranges::any_of(cycle, [&](const WaitEdge& edge) { return edge.waiter == tid; });
  };
  if (in_cycle(investigation.report.tid)) return;
  for (const WaitEdge& edge : cycle) {
    if (site_of(artefacts, edge.waiter).empty() && &edge != &cycle.back()) continue;
    look_at_thread(investigation, edge.waiter);
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

// A thread that was found without progress: asleep, or running? Going round, or silent?
void judge_stalled(Investigation& investigation, const CoreThread& thread, uint64_t stall_ns) {
  const CoreFile& core = *investigation.artefacts.core;
  const std::string cpu = fmt::format("{} ms of CPU time", thread.cpu_time_ns / 1'000'000);
  const std::string where = "thread " + std::to_string(thread.tid);
  const auto progress = stall_ns == 0 || investigation.artefacts.folder.empty()
                            ? std::nullopt
                            : stall_progress(investigation.artefacts.folder, thread.tid, stall_ns / 2);
  // What it wrote while it was stalled belongs to a circle that it runs in: retries, polls.
  constexpr size_t kGoesRound = 8;
  if (progress && progress->records >= kGoesRound) {
    investigation.add(EvidenceTier::kRuntimeVerdict, "flight recorder", "LIVELOCK", 0.8, where,
                      fmt::format("the stalled thread wrote {} records meanwhile, {}", progress->records, cpu));
    return;
  }
  const std::string silence =
      progress ? fmt::format(", silent for {} ms", progress->silent_ns / 1'000'000) : std::string();
  if (is_blocked(core, thread)) {
    investigation.add(EvidenceTier::kMachineState, "core", "TIMEOUT", 0.9, where,
                      "the stalled thread was inside a system call, " + cpu + silence);
    return;
  }
  // CPU time of a fifth of the stall is more than a starved thread gets, less than a spinning one on a busy machine.
  const bool consumed = stall_ns > 0 && thread.cpu_time_ns >= stall_ns / 5;
  investigation.add(EvidenceTier::kMachineState, "core", "LIVELOCK", consumed ? 0.95 : 0.8, where,
                    "the stalled thread was running, " + cpu + silence);
}

// How much of the window a thread wanted a processor: a busy machine gives it to others, and then it waits for one.
double wanted_share(const LiveObservation& live, const LiveObservation::Thread& thread) {
  const auto window = static_cast<double>(std::max<uint64_t>(live.window_ns, 1));
  return std::min(1.0, static_cast<double>(thread.cpu_ns + thread.waited_ns) / window);
}

std::string use_of(const Artefacts& artefacts, const LiveObservation& live, const LiveObservation::Thread& thread) {
  const auto percent = [&](uint64_t ns) { return 100 * ns / std::max<uint64_t>(live.window_ns, 1); };
  std::string text =
      fmt::format("thread {} used {} % of a processor", name_of(artefacts, thread.tid), percent(thread.cpu_ns));
  if (percent(thread.waited_ns) > 0)
    text += fmt::format(" and waited for one {} % of the time", percent(thread.waited_ns));
  if (thread.state == 'R') text += ", ready to run at the end";
  return text;
}

// A busy thread of a living process: at work, or going round? Its flight recorder tells, where it has one.
void judge_busy(Investigation& investigation, const LiveObservation& live, const LiveObservation::Thread& thread) {
  std::string text = use_of(investigation.artefacts, live, thread);
  double strength = 0.5;
  if (thread.records && *thread.records == 0) {
    strength = 0.9;
    text += " and wrote no record meanwhile";
  } else if (thread.records) {
    investigation.add(EvidenceTier::kMachineState, "flight recorder", "LIVELOCK", -0.8, "two samples",
                      fmt::format("it wrote {} records meanwhile", *thread.records));
  }
  investigation.add(EvidenceTier::kMachineState, "/proc", "LIVELOCK", strength, "thread " + std::to_string(thread.tid),
                    text);
  look_at_thread(investigation, thread.tid);
}

// Nothing is busy: a thread that waits for a device, one that runs now and then, or none at all.
void judge_quiet(Investigation& investigation, const LiveObservation& live) {
  constexpr double kRunsNowAndThen = 0.1;
  const LiveObservation::Thread* most = nullptr;
  for (const LiveObservation::Thread& thread : live.threads) {
    if (most == nullptr || wanted_share(live, thread) > wanted_share(live, *most)) most = &thread;
    if (thread.state != 'D') continue;
    investigation.add(EvidenceTier::kMachineState, "/proc", "TIMEOUT", 0.8, "thread " + std::to_string(thread.tid),
                      "thread " + name_of(investigation.artefacts, thread.tid) + " waits for a device");
    return look_at_thread(investigation, thread.tid);
  }
  const bool ran = most != nullptr && (wanted_share(live, *most) > 0 || most->state == 'R');
  if (!ran) {
    investigation.add(EvidenceTier::kMachineState, "/proc", "TIMEOUT", 0.5, "all threads",
                      "no thread used a processor; what they wait for is not a circle of locks");
    return;
  }
  const bool runs = wanted_share(live, *most) >= kRunsNowAndThen || most->state == 'R';
  investigation.add(EvidenceTier::kMachineState, "/proc", "TIMEOUT", runs ? 0.3 : 0.5, "all threads",
                    use_of(investigation.artefacts, live, *most) +
                        "; no other used more, and what they wait for is not a circle of locks");
  if (runs) look_at_thread(investigation, most->tid);
}

// A living process, sampled twice: nothing died, so only a circle is proof. A thread that eats a processor may be doing
// its work.
void judge_live(Investigation& investigation, const LiveObservation& live) {
  constexpr double kBusy = 0.6;         // share of the window that it wanted a processor
  constexpr double kBusyIfReady = 0.2;  // the same of one that is ready to run: its wait is counted when it runs again
  uint64_t records = 0;
  bool busy = false;
  bool silent = false;
  for (const LiveObservation::Thread& thread : live.threads) {
    records += thread.records.value_or(0);
    if (wanted_share(live, thread) < (thread.state == 'R' ? kBusyIfReady : kBusy)) continue;
    busy = true;
    silent = silent || thread.records == uint64_t{0};
    judge_busy(investigation, live, thread);
  }
  if (records > 0 && !silent) {
    investigation.add(EvidenceTier::kMachineState, "flight recorder", "NONE", 0.8, "two samples",
                      fmt::format("{} records within {} ms: it goes on", records, live.window_ns / 1'000'000));
  }
  if (!busy && records == 0) judge_quiet(investigation, live);
}

}  // namespace

void apply_stall_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  if (!artefacts.core) return;
  const std::vector<WaitEdge> waits = waits_in(*artefacts.core, places_of(artefacts));
  for (const WaitEdge& edge : waits) {
    if (investigation.report.waits.size() == kWaitsMax) break;
    investigation.report.waits.push_back(describe(artefacts, edge));
  }
  if (const auto cycle = find_wait_cycle(waits); !cycle.empty()) {
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
