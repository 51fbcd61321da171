// Where a fatal signal comes in, and how the process leaves. Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include <sys/prctl.h>

#include <ctime>

#include "postmortem/control_block.h"
#include "postmortem/crash_handler.h"
#include "postmortem/crash_record_writer.h"
#include "postmortem/crash_state.h"
#include "postmortem/crash_threads.h"
#include "postmortem/fault_point.h"
#include "postmortem/planted_bug.h"

// Present only in a program built with AddressSanitizer (sanitizer/asan_interface.h).
extern "C" void __asan_unpoison_memory_region(const volatile void* address, size_t size) __attribute__((weak));

namespace crashwright::postmortem {
namespace crash {

State g_state{};

namespace {

using crash_format::SectionType;
using crash_format::Stage;
using crash_record::Section;

constexpr uint32_t kAfterLastStage = static_cast<uint32_t>(Stage::kOwnCore) + 1;
constexpr size_t kOtherDeathsMax = 8;

Section<crash_format::NestedFault> g_nested;
Section<crash_format::OtherDeath> g_others[kOtherDeathsMax];
std::atomic<const ucontext_t*> g_other_contexts[kOtherDeathsMax];
std::atomic<uint32_t> g_others_used;

// Leaves the process to the kernel with the original signal information: queued again for this thread, blocked until
// the handler returns into the context that crashed, so that the core shows that context and not the handler.
// The default action comes last: from then on another thread that faults is the one that the core blames.
void prepare_death(int signal, const siginfo_t* info, ucontext_t* context) noexcept {
  if (CRASHWRIGHT_PLANTED("handler_exits_on_crash")) ::_exit(1);
  if (CRASHWRIGHT_PLANTED("handler_reraises_with_raise")) {
    signal_safe::set_default_action(signal);
    ::raise(signal);
  }
  signal_safe::set_mask(SIG_BLOCK, signal_safe::kAllSignals);
  // Only this signal may be delivered at the return; anything else pending could end the process without a core.
  const uint64_t mask = ~signal_safe::signal_bit(signal);
  signal_safe::copy_bytes(&context->uc_sigmask, &mask, sizeof mask);
  const uint32_t pid = signal_safe::process_id();
  const uint32_t tid = signal_safe::thread_id();
  const bool queued = ::syscall(SYS_rt_tgsigqueueinfo, pid, tid, signal, info) == 0;
  // No room in the queue: an instruction that faulted will fault again, anything else is sent without its details.
  if (!queued && (info->si_code <= 0 || signal == SIGTRAP)) ::syscall(SYS_tgkill, pid, tid, signal);
  signal_safe::set_default_action(signal);
}

// A thread that was stopped right before a fault of its own has that fault now, while it still comes to the handler and
// waits there, and not when the default action stands.
void let_others_fault() noexcept {
  if (captured_threads().empty()) return;
  const timespec nap{0, 200'000};
  ::syscall(SYS_nanosleep, &nap, nullptr);
}

// Nothing can be trusted any more: die of `signal` here and now.
[[noreturn]] void abandon(int signal) noexcept {
  signal_safe::set_default_action(signal);
  signal_safe::set_mask(SIG_UNBLOCK, signal_safe::signal_bit(signal));
  ::syscall(SYS_tgkill, signal_safe::process_id(), signal_safe::thread_id(), signal);
  for (;;) ::syscall(SYS_exit_group, 128 + signal);
}

void note_nested(Stage stage, int signal, const siginfo_t* info, const ucontext_t* context, bool deadline) noexcept {
  crash_format::NestedFault& fault = g_nested.payload;
  fault.stage = stage;
  fault.signal = signal;
  fault.code = info->si_code;
  fault.deadline = deadline ? 1 : 0;
  fault.fault_address = deadline ? 0 : reinterpret_cast<uint64_t>(info->si_addr);
  fault.pc = program_counter(*context);
  crash_record::append(g_nested.header, SectionType::kNestedFault, &fault, sizeof fault);
}

// Back to the stages. What lies on the stack in between is abandoned; ASan must not take it for live frames.
[[noreturn]] void restart_at(uint32_t stage) noexcept {
  g_state.stage.store(stage, std::memory_order_relaxed);
  if (__asan_unpoison_memory_region != nullptr) {
    const auto here = reinterpret_cast<uint64_t>(__builtin_frame_address(0)) - 1024;
    const auto base = reinterpret_cast<uint64_t>(g_state.context);
    if (base > here) __asan_unpoison_memory_region(reinterpret_cast<void*>(here), base - here);
  }
  restart_stages();
}

// The thread that owns the crash faulted again. The stage is tried once more, then left out.
void on_nested_fault(int signal, const siginfo_t* info, const ucontext_t* context) noexcept {
  if (!g_state.restartable.load(std::memory_order_acquire)) abandon(g_state.signal);
  if (CRASHWRIGHT_PLANTED("handler_gives_up_at_a_nested_fault")) abandon(g_state.signal);
  const uint32_t stage = g_state.stage.load(std::memory_order_relaxed);
  // A sanitizer's handler ends with abort(): that is its way to return.
  if (stage == static_cast<uint32_t>(Stage::kChain) && signal == SIGABRT) restart_at(stage + 1);
  const uint32_t count = g_state.nested_faults.fetch_add(1, std::memory_order_relaxed) + 1;
  control_block().handler.nested_faults.store(count, std::memory_order_relaxed);
  if (count > kNestedFaultsMax + 1) abandon(g_state.signal);
  if (count > kNestedFaultsMax) restart_at(kAfterLastStage);
  // Judged before it is noted: if noting it faults, that moves on as well.
  // A sanitizer that faults while it reports exits when it is called again.
  const bool chained = stage == static_cast<uint32_t>(Stage::kChain);
  const bool again = !chained && stage < sizeof g_state.attempts && g_state.attempts[stage]++ == 0;
  const uint32_t next = again ? stage : stage + 1;
  g_state.stage.store(next, std::memory_order_relaxed);
  note_nested(static_cast<Stage>(stage), signal, info, context, false);
  restart_at(next);
}

void write_other_death(uint32_t tid, int signal, const siginfo_t* info, const ucontext_t* context) noexcept {
  const uint32_t slot = g_others_used.fetch_add(1, std::memory_order_relaxed);
  if (slot >= kOtherDeathsMax) return;
  crash_format::OtherDeath& death = g_others[slot].payload;
  death.tid = tid;
  death.signal = signal;
  death.code = info->si_code;
  death.fault_address = reinterpret_cast<uint64_t>(info->si_addr);
  death.pc = program_counter(*context);
  g_other_contexts[slot].store(context, std::memory_order_release);
  ::syscall(SYS_prctl, PR_GET_NAME, death.thread_name.bytes, 0, 0, 0);
  crash_record::append(g_others[slot].header, SectionType::kOtherDeath, &death, sizeof death);
}

// Another thread is already dying: leave a note and wait for the end, but not for ever.
void on_other_death(uint32_t tid, int signal, const siginfo_t* info, ucontext_t* context) noexcept {
  write_other_death(tid, signal, info, context);
  if (CRASHWRIGHT_PLANTED("handler_ends_with_the_second_death")) return prepare_death(signal, info, context);
  signal_safe::set_mask(SIG_BLOCK, signal_safe::kAllSignals);
  const uint64_t patience_ns = (g_state.deadline_ns + kDeadlineAgainNs) * (kChainDeadlineFactor + 2);
  const uint64_t until_ns = signal_safe::clock_ns(CLOCK_MONOTONIC) + patience_ns;
  while (signal_safe::clock_ns(CLOCK_MONOTONIC) < until_ns) {
    const timespec nap{0, 50'000'000};
    ::syscall(SYS_nanosleep, &nap, nullptr);
  }
  prepare_death(signal, info, context);
}

void take_ownership(int signal, const siginfo_t* info, ucontext_t* context) noexcept {
  const FaultPoint* const point = last_fault_point();
  g_state.last_fault_point = point == nullptr ? nullptr : point->name;
  g_state.signal = signal;
  g_state.info = info;
  g_state.context = context;
  g_state.stage.store(static_cast<uint32_t>(Stage::kFacts), std::memory_order_relaxed);
  mark_death();
  HandlerWitness& witness = control_block().handler;
  witness.signal_number.store(static_cast<uint32_t>(signal), std::memory_order_relaxed);
  witness.entered_ns.store(signal_safe::clock_ns(CLOCK_MONOTONIC), std::memory_order_release);
}

}  // namespace

const ucontext_t* context_of_other_death(uint32_t tid) noexcept {
  for (size_t slot = 0; slot < kOtherDeathsMax; ++slot) {
    const ucontext_t* const context = g_other_contexts[slot].load(std::memory_order_acquire);
    if (context != nullptr && g_others[slot].payload.tid == tid) return context;
  }
  return nullptr;
}

uint64_t handler_mask() noexcept {
  uint64_t mask = signal_safe::kAllSignals & ~signal_safe::signal_bit(deadline_signal());
  for (const int signal : kFatalSignals) mask &= ~signal_safe::signal_bit(signal);
  return mask;
}

void on_fatal_signal(int signal, siginfo_t* info, void* context) noexcept {
  signal_safe::clear_alignment_check();
  auto* const where = static_cast<ucontext_t*>(context);
  const uint32_t pid = signal_safe::process_id();
  if (pid != g_state.installed_pid.load(std::memory_order_relaxed)) {
    if (is_tracer(pid)) ::syscall(SYS_exit_group, 3);  // its own core would be one of this process
    prepare_death(signal, info, where);
    return;
  }
  signal_safe::set_mask(SIG_SETMASK, handler_mask());
  control_block().handler.entries.fetch_add(1, std::memory_order_relaxed);
  const uint32_t tid = signal_safe::thread_id();
  uint32_t owner = 0;
  if (!g_state.owner_tid.compare_exchange_strong(owner, tid)) {
    if (owner == tid) on_nested_fault(signal, info, where);
    on_other_death(tid, signal, info, where);
    return;
  }
  take_ownership(signal, info, where);
  if (CRASHWRIGHT_PLANTED("handler_opens_its_record_late")) open_record_late();
  if (CRASHWRIGHT_PLANTED("handler_allocates")) allocate_and_print(signal);
  arm_deadline(g_state.deadline_ns);
  run_stages();
  disarm_deadline();
  release_threads();
  let_others_fault();
  prepare_death(signal, info, where);
}

void on_deadline(int signal, siginfo_t* info, void* context) noexcept {
  const uint32_t owner = g_state.owner_tid.load(std::memory_order_relaxed);
  if (owner != signal_safe::thread_id()) {
    if (owner != 0) ::syscall(SYS_tgkill, signal_safe::process_id(), owner, signal);
    return;
  }
  if (!g_state.restartable.load(std::memory_order_acquire)) return;
  const uint32_t stage = g_state.stage.load(std::memory_order_relaxed);
  const uint32_t finish = static_cast<uint32_t>(Stage::kFinish);
  const bool first = g_state.deadlines.fetch_add(1, std::memory_order_relaxed) == 0;
  const uint32_t own_core = static_cast<uint32_t>(Stage::kOwnCore);
  // A sanitizer that hangs does not cost the core; the core's own deadline, or a second one, ends everything.
  const uint32_t after_chain = stage < own_core ? own_core : kAfterLastStage;
  const uint32_t next = first && stage < finish ? finish : first ? after_chain : kAfterLastStage;
  release_threads();
  g_state.stage.store(next, std::memory_order_relaxed);
  // Noted once only: writing may be what hangs.
  if (first) note_nested(static_cast<Stage>(stage), signal, info, static_cast<ucontext_t*>(context), true);
  restart_at(next);
}

}  // namespace crash

void set_death_mark(std::atomic<uint32_t>* mark) noexcept { crash::g_state.death_mark.store(mark); }

void mark_death() noexcept {
  std::atomic<uint32_t>* const mark = crash::g_state.death_mark.load();
  if (mark != nullptr) mark->store(signal_safe::thread_id(), std::memory_order_release);
}

bool crash_in_progress() noexcept { return crash::g_state.owner_tid.load(std::memory_order_relaxed) != 0; }

}  // namespace crashwright::postmortem
