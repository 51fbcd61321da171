// The stages of the crash handler. Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include <sys/prctl.h>

#include "base/bounded_string.h"
#include "postmortem/control_block.h"
#include "postmortem/crash_modules.h"
#include "postmortem/crash_raw_stack.h"
#include "postmortem/crash_record_writer.h"
#include "postmortem/crash_stack_walk.h"
#include "postmortem/crash_state.h"
#include "postmortem/crash_texts.h"
#include "postmortem/crash_threads.h"
#include "postmortem/fault_point.h"
#include "postmortem/injection.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem::crash {
namespace {

using crash_format::SectionType;
using crash_format::Stage;
using crash_record::Section;

Section<crash_format::Facts> g_facts;
Section<crash_format::Text> g_text;
Section<crash_format::Frames> g_frames;
Section<crash_format::StageDone> g_done;
Section<crash_format::Complete> g_complete;
Section<crash_format::Recorder> g_recorder;
// How far the stages that write sections have come, so that a restart goes on after them.
std::atomic<bool> g_facts_written;
std::atomic<uint32_t> g_texts_done;
std::atomic<bool> g_modules_written;
std::atomic<bool> g_stack_written;
void* g_restart[5];  // __builtin_setjmp

void write_facts() noexcept {
  if (g_facts_written.load(std::memory_order_relaxed)) return;
  crash_format::Facts& facts = g_facts.payload;
  const siginfo_t& info = *g_state.info;
  facts.tid = g_state.owner_tid.load(std::memory_order_relaxed);
  if (CRASHWRIGHT_PLANTED("handler_blames_the_main_thread")) facts.tid = signal_safe::process_id();
  facts.signal = g_state.signal;
  facts.code = info.si_code;
  facts.sender_pid = static_cast<uint32_t>(info.si_pid);
  facts.fault_address =
      CRASHWRIGHT_PLANTED("handler_forgets_the_fault_address") ? 0 : reinterpret_cast<uint64_t>(info.si_addr);
  facts.wall_ns = signal_safe::clock_ns(CLOCK_REALTIME);
  facts.monotonic_ns = signal_safe::clock_ns(CLOCK_MONOTONIC);
  signal_safe::copy_bytes(facts.registers, g_state.context->uc_mcontext.gregs, sizeof facts.registers);
  ::syscall(SYS_prctl, PR_GET_NAME, facts.thread_name.bytes, 0, 0, 0);
  signal_safe::copy_text(facts.last_fault_point.bytes, sizeof facts.last_fault_point.bytes, g_state.last_fault_point);
  signal_safe::copy_bytes(facts.siginfo, g_state.info, kSiginfoBytes);
  crash_record::append(g_facts.header, SectionType::kFacts, &facts, sizeof facts);
  g_facts_written.store(true, std::memory_order_relaxed);
}

// Counted by each thread that is registered, after its log call.
void write_recorder_positions() noexcept {
  crash_format::Recorder& recorder = g_recorder.payload;
  recorder.count = 0;
  for (const ThreadWitness& thread : control_block().threads) {
    const uint32_t tid = thread.tid.load(std::memory_order_relaxed);
    if (tid == 0) continue;
    recorder.positions[recorder.count++] = {tid, 0, thread.log_committed.load(std::memory_order_relaxed)};
  }
  crash_record::append(g_recorder.header, SectionType::kRecorder, &recorder,
                       offsetof(crash_format::Recorder, positions) + recorder.count * sizeof recorder.positions[0]);
}

void write_texts() noexcept {
  uint32_t kind = g_texts_done.load(std::memory_order_relaxed) + 1;
  for (; kind <= crash_format::kTextKinds; ++kind) {
    g_texts_done.store(kind, std::memory_order_relaxed);
    crash_format::Text& text = g_text.payload;
    text.kind = static_cast<crash_format::TextKind>(kind);
    text.size = static_cast<uint32_t>(find_crash_text(text.kind, text.bytes, sizeof text.bytes));
    if (text.size == 0) continue;
    crash_record::append(g_text.header, SectionType::kText, &text, offsetof(crash_format::Text, bytes) + text.size);
  }
}

void write_modules() noexcept {
  if (g_modules_written.exchange(true, std::memory_order_relaxed)) return;
  const auto list = modules();
  crash_record::append_sealed(list.data(), list.size_bytes(), static_cast<uint32_t>(list.size()));
}

void write_own_stack() noexcept {
  if (g_stack_written.exchange(true, std::memory_order_relaxed)) return;
  const auto stack_pointer = static_cast<uint64_t>(g_state.context->uc_mcontext.gregs[REG_RSP]);
  write_stack(g_state.owner_tid.load(std::memory_order_relaxed), stack_pointer, crash_format::kDyingStackBytesMax);
}

void walk() noexcept {
  uint64_t registers[crash_format::kRegisters];
  signal_safe::copy_bytes(registers, g_state.context->uc_mcontext.gregs, sizeof registers);
  walk_stack(registers, walk_tables(), g_frames.payload);
}

void write_frames() noexcept {
  crash_format::Frames& frames = g_frames.payload;
  settle_frames(frames);
  crash_record::append(g_frames.header, SectionType::kFrames, &frames,
                       offsetof(crash_format::Frames, pcs) + frames.count * sizeof frames.pcs[0]);
}

void finish() noexcept {
  write_facts();  // when their own stage was left out: nothing matters more
  crash_format::Complete& complete = g_complete.payload;
  complete.sections = crash_record::sections();
  complete.nested_faults = g_state.nested_faults.load(std::memory_order_relaxed);
  complete.monotonic_ns = signal_safe::clock_ns(CLOCK_MONOTONIC);
  crash_record::append(g_complete.header, SectionType::kComplete, &complete, sizeof complete);
  control_block().handler.finished_ns.store(complete.monotonic_ns, std::memory_order_release);
}

void chain() noexcept {
  void* const handler = g_state.chained[g_state.signal];
  if (handler == nullptr) return;
  arm_deadline(g_state.deadline_ns * kChainDeadlineFactor);
  using Handler = void (*)(int, siginfo_t*, void*);
  reinterpret_cast<Handler>(handler)(g_state.signal, const_cast<siginfo_t*>(g_state.info), g_state.context);
}

void perform_stage(Stage stage) noexcept {
  switch (stage) {
    case Stage::kNone:
      return;
    case Stage::kFacts:
      write_facts();
      if (CRASHWRIGHT_PLANTED("handler_forgets_the_recorder")) return;
      return write_recorder_positions();
    case Stage::kTexts:
      if (CRASHWRIGHT_PLANTED("handler_forgets_the_message")) return;
      return write_texts();
    case Stage::kModules:
      if (CRASHWRIGHT_PLANTED("handler_forgets_the_modules")) return;
      return write_modules();
    case Stage::kStack:
      if (CRASHWRIGHT_PLANTED("handler_forgets_the_stack")) return;
      return write_own_stack();
    case Stage::kStackWalk:
      return walk();
    case Stage::kFrames:
      if (CRASHWRIGHT_PLANTED("handler_forgets_the_frames")) return;
      return write_frames();
    case Stage::kThreads:
      if (CRASHWRIGHT_PLANTED("handler_forgets_the_other_threads")) return;
      return record_threads();
    case Stage::kFinish:
      return finish();
    case Stage::kChain:
      return chain();
    case Stage::kOwnCore:
      return write_core_of_crash();
  }
}

void note_stage_done(Stage stage) noexcept {
  g_done.payload.stage = stage;
  g_done.payload.monotonic_ns = signal_safe::clock_ns(CLOCK_MONOTONIC);
  crash_record::append(g_done.header, SectionType::kStageDone, &g_done.payload, sizeof g_done.payload);
}

[[gnu::noinline]] void run_stage(uint32_t number) noexcept {
  const auto stage = static_cast<Stage>(number);
  control_block().handler.last_stage.store(number, std::memory_order_relaxed);
  if (number <= crash_format::kLastRecordedStage) {
    CRASHWRIGHT_FAULT_POINT("handler.stage");
    injection::fault_in_handler_stage(number);
  }
  perform_stage(stage);
  if (number <= crash_format::kLastRecordedStage) note_stage_done(stage);
}

}  // namespace

void rehearse_stages() noexcept {
  uint64_t registers[crash_format::kRegisters] = {};
  const auto frame = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
  registers[REG_RIP] = reinterpret_cast<uint64_t>(__builtin_return_address(0));
  registers[REG_RSP] = frame + 16;
  registers[REG_RBP] = frame;
  walk_stack(registers, WalkTables::kUse, g_frames.payload);
  rehearse_stack();
  rehearse_threads();
  g_frames.payload = {};
}

WalkTables walk_tables() noexcept {
  const bool faulted = g_state.attempts[static_cast<size_t>(Stage::kStackWalk)] > 0 ||
                       g_state.attempts[static_cast<size_t>(Stage::kThreads)] > 0;
  return faulted ? WalkTables::kLeaveAlone : WalkTables::kUse;
}

[[gnu::noinline]] void run_stages() noexcept {
  // A nested fault comes back here with `stage` already moved on by whoever judged it.
  if (__builtin_setjmp(g_restart) == 0) g_state.restartable.store(true, std::memory_order_release);
  for (;;) {
    const uint32_t stage = g_state.stage.load(std::memory_order_relaxed);
    if (stage > static_cast<uint32_t>(Stage::kOwnCore)) break;
    run_stage(stage);
    g_state.stage.store(stage + 1, std::memory_order_relaxed);
  }
  g_state.restartable.store(false, std::memory_order_release);
}

[[gnu::noinline]] void restart_stages() noexcept { __builtin_longjmp(g_restart, 1); }

}  // namespace crashwright::postmortem::crash
