// Compiled without sanitizers (CMakeLists.txt).
// Signal context: all but prepare_thread_capture().
#include "postmortem/crash_threads.h"

#include <ucontext.h>

#include "postmortem/crash_raw_stack.h"
#include "postmortem/crash_record_writer.h"
#include "postmortem/crash_stack_walk.h"
#include "postmortem/crash_state.h"

namespace crashwright::postmortem::crash {
namespace {

using crash_format::SectionType;
using crash_format::ThreadState;
using crash_record::Section;

// Of the handler's deadline: the rest is for writing.
constexpr uint64_t kPatienceDivisor = 4;

CapturedThread g_threads[crash_format::kThreadsMax];
uint32_t g_found;  // may be more than the table holds
bool g_listed;
bool g_tried_to_stop;
bool g_summed_up;
Section<crash_format::Thread> g_thread;
Section<crash_format::ThreadsDone> g_threads_done;

// A thread that is dying too stands in its handler; what it died of is the context to show.
void take_own_death(CapturedThread& thread) noexcept {
  const ucontext_t* const context = context_of_other_death(thread.tid);
  if (context == nullptr) return;
  signal_safe::copy_bytes(thread.registers, context->uc_mcontext.gregs, sizeof thread.registers);
  thread.state.store(ThreadState::kDying, std::memory_order_relaxed);
}

void record_thread(CapturedThread& thread) noexcept {
  take_own_death(thread);
  crash_format::Thread& payload = g_thread.payload;
  payload.tid = thread.tid;
  payload.state = thread.state.load(std::memory_order_acquire);
  read_thread_name(thread.tid, payload.name);
  signal_safe::copy_bytes(payload.registers, thread.registers, sizeof payload.registers);
  payload.frames.count = 0;
  if (payload.state != ThreadState::kSilent) {
    // With the tables only as long as nothing went wrong in them.
    walk_stack(thread.registers, walk_tables(), payload.frames);
  }
  thread.recorded = true;
  crash_record::append(
      g_thread.header, SectionType::kThread, &payload,
      offsetof(crash_format::Thread, frames.pcs) + payload.frames.count * sizeof payload.frames.pcs[0]);
}

void sum_up() noexcept {
  if (g_summed_up) return;
  g_summed_up = true;
  crash_format::ThreadsDone& done = g_threads_done.payload;
  done.found = g_found;
  done.recorded = 0;
  done.silent = 0;
  for (const CapturedThread& thread : captured_threads()) {
    if (thread.gone) {
      --done.found;
      continue;
    }
    const bool silent = thread.state.load(std::memory_order_relaxed) == ThreadState::kSilent;
    ++(silent ? done.silent : done.recorded);
  }
  done.monotonic_ns = signal_safe::clock_ns(CLOCK_MONOTONIC);
  crash_record::append(g_threads_done.header, SectionType::kThreadsDone, &done, sizeof done);
}

void record_stacks() noexcept {
  for (CapturedThread& thread : captured_threads()) {
    if (thread.stack_recorded || thread.state.load(std::memory_order_relaxed) == ThreadState::kSilent) continue;
    thread.stack_recorded = true;
    write_stack(thread.tid, thread.registers[REG_RSP], crash_format::kOtherStackBytesMax);
  }
}

// Registers and frames of all first: they matter most.
void record_standing_threads() noexcept {
  bool all = true;
  for (CapturedThread& thread : captured_threads()) {
    if (thread.recorded || thread.gone) continue;
    if (thread.state.load(std::memory_order_acquire) == ThreadState::kSilent) take_own_death(thread);
    if (thread.state.load(std::memory_order_acquire) == ThreadState::kSilent) {
      all = false;
    } else {
      record_thread(thread);
    }
  }
  if (all) sum_up();
  record_stacks();
}

}  // namespace

Status prepare_thread_capture() {
  if (auto opened = open_thread_list(); !opened) return opened;
  return install_ask_action();
}

std::span<CapturedThread> captured_threads() noexcept {
  return {g_threads, g_found < crash_format::kThreadsMax ? g_found : crash_format::kThreadsMax};
}

void rehearse_threads() noexcept {
  signal_safe::zero_bytes(g_threads, sizeof g_threads);
  rehearse_tracer();
}

void record_threads() noexcept {
  if (!g_listed) {
    g_found = list_threads(g_threads, g_state.owner_tid.load(std::memory_order_relaxed));
    g_listed = true;
  }
  const uint64_t patience_ns = g_state.deadline_ns / kPatienceDivisor;
  if (!g_tried_to_stop && g_found > 0) {
    g_tried_to_stop = true;
    stop_threads(captured_threads(), patience_ns, record_standing_threads);
  }
  if (!g_summed_up && g_found > 0) {
    ask_threads(captured_threads(), patience_ns);
    record_standing_threads();
    release_asked_threads();
  }
  // Those that neither way reached are named at least.
  for (CapturedThread& thread : captured_threads()) {
    if (!thread.recorded && !thread.gone) record_thread(thread);
  }
  sum_up();
}

void release_threads() noexcept {
  abandon_tracer();
  release_asked_threads();
}

}  // namespace crashwright::postmortem::crash
