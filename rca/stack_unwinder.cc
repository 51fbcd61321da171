#include "rca/stack_unwinder.h"

#include <elfutils/libdwfl.h>
#include <ucontext.h>

#include <algorithm>
#include <optional>

namespace crashwright::rca {
namespace {

constexpr size_t kChainMax = 1 << 20;              // frames followed by frame pointer
constexpr uint64_t kScanBytes = 16 * 1024;         // of stack looked through for the first frame pointer
constexpr uint64_t kSignalScanBytes = 256 * 1024;  // and for the frame of a signal

// What libdwfl's callbacks need while one thread is unwound.
struct Session {
  const CoreFile* core = nullptr;
  user_regs_struct registers{};
  std::vector<CallSite>* sites = nullptr;
  size_t limit = 0;
  bool limit_reached = false;
};

// libdwfl binds the callbacks' argument when it attaches; the thread changes from call to call.
thread_local Session* t_session = nullptr;

pid_t next_thread(Dwfl*, void*, void**) { return 0; }

bool get_thread(Dwfl*, pid_t, void*, void** argument) {
  *argument = t_session;
  return t_session != nullptr;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void*) {
  if (t_session == nullptr) return false;
  const auto value = t_session->core->read_word(address);
  if (value) *word = *value;
  return value.has_value();
}

// DWARF numbers of the x86-64 psABI, figure 3.36; 16 is the return address column.
bool set_registers(Dwfl_Thread* thread, void* argument) {
  const user_regs_struct& from = static_cast<Session*>(argument)->registers;
  const Dwarf_Word words[17] = {from.rax, from.rdx, from.rcx, from.rbx, from.rsi, from.rdi, from.rbp, from.rsp, from.r8,
                                from.r9,  from.r10, from.r11, from.r12, from.r13, from.r14, from.r15, from.rip};
  return dwfl_thread_state_registers(thread, 0, 17, words);
}

int take_frame(Dwfl_Frame* frame, void* argument) {
  auto& session = *static_cast<Session*>(argument);
  Dwarf_Addr pc = 0;
  bool exact = false;
  if (!dwfl_frame_pc(frame, &pc, &exact)) return DWARF_CB_ABORT;
  if (pc == 0 && !exact) return DWARF_CB_ABORT;
  if (session.sites->size() >= session.limit) {
    session.limit_reached = true;
    return DWARF_CB_ABORT;
  }
  CallSite& site = session.sites->emplace_back(CallSite{pc, exact});
  for (unsigned number = 0; number < FrameRegisters::kGeneral; ++number) {
    Dwarf_Word value = 0;
    if (dwfl_frame_reg(frame, number, &value) == 0) site.registers.set(number, value);
  }
  return DWARF_CB_OK;
}

constexpr Dwfl_Thread_Callbacks kCallbacks = {
    .next_thread = next_thread,
    .get_thread = get_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
    .detach = nullptr,
    .thread_detach = nullptr,
};

bool is_code(const CoreFile& core, uint64_t address) {
  const CoreSegment* const segment = core.segment_of(address);
  return segment != nullptr && segment->executable;
}

// A saved frame pointer with a return address above it, at or above `address` in the same stack.
bool is_frame(const CoreFile& core, const CoreSegment& stack, uint64_t address) {
  const auto next = core.read_word(address);
  const auto back = core.read_word(address + 8);
  return next && back && *next > address && *next < stack.end && *next % 8 == 0 && is_code(core, *back);
}

// What the kernel saved when it called the handler whose frame returns to `restorer`, found on the stack of the thread:
// the restorer's address lies below the saved context, and that below the siginfo (struct rt_sigframe). Without
// `interrupted_pc` only a context that was interrupted where no code is.
std::optional<InterruptedContext> saved_context(const CoreFile& core, const user_regs_struct& registers,
                                                uint64_t restorer, std::optional<uint64_t> interrupted_pc) {
  constexpr uint64_t kRegistersAfter = 8 + 40;             // the restorer, then flags, link and stack of ucontext_t
  constexpr uint64_t kSignalInfoAfter = 8 + 40 + 256 + 8;  // then struct sigcontext and the mask of 64 signals
  for (uint64_t at = registers.rsp & ~uint64_t{7}; at < registers.rsp + kSignalScanBytes; at += 8) {
    const auto word = core.read_word(at);
    if (!word) return std::nullopt;
    if (*word != restorer) continue;
    const auto saved = [&](int index) {
      return core.read_word(at + kRegistersAfter + static_cast<uint64_t>(index) * 8).value_or(0);
    };
    constexpr uint64_t kUserCode = 0x33;  // the code segment of 64-bit programs
    if (interrupted_pc ? saved(REG_RIP) != *interrupted_pc
                       : is_code(core, saved(REG_RIP)) || (saved(REG_CSGSFS) & 0xffff) != kUserCode) {
      continue;
    }
    InterruptedContext context;
    user_regs_struct& found = context.registers = registers;
    found.r8 = saved(REG_R8), found.r9 = saved(REG_R9), found.r10 = saved(REG_R10), found.r11 = saved(REG_R11);
    found.r12 = saved(REG_R12), found.r13 = saved(REG_R13), found.r14 = saved(REG_R14), found.r15 = saved(REG_R15);
    found.rdi = saved(REG_RDI), found.rsi = saved(REG_RSI), found.rbp = saved(REG_RBP), found.rbx = saved(REG_RBX);
    found.rdx = saved(REG_RDX), found.rax = saved(REG_RAX), found.rcx = saved(REG_RCX), found.rsp = saved(REG_RSP);
    found.rip = saved(REG_RIP), found.eflags = saved(REG_EFL);
    context.trap = saved(REG_TRAPNO);
    core.read(at + kSignalInfoAfter, &context.signal_info, sizeof context.signal_info);
    return context;
  }
  return std::nullopt;
}

void note_handler(InterruptedContext context, size_t sites_above, CallStack& stack) {
  context.sites_above = sites_above;
  stack.interrupted.push_back(context);
}

// The segment that holds the stack: when it is used up, the stack pointer itself lies below it.
const CoreSegment* stack_segment(const CoreFile& core, const user_regs_struct& registers) {
  const CoreSegment* stack = core.segment_of(registers.rbp);
  if (stack != nullptr && stack->writable && registers.rbp >= registers.rsp) return stack;
  stack = core.segment_of(registers.rsp);
  return stack != nullptr && stack->writable ? stack : nullptr;
}

// The outermost `keep` return addresses of the chain of frame pointers, innermost first.
std::vector<CallSite> outer_end(const CoreFile& core, const user_regs_struct& registers, size_t keep, size_t skip) {
  const CoreSegment* const stack = stack_segment(core, registers);
  if (stack == nullptr) return {};
  uint64_t frame = registers.rbp;
  if (frame < registers.rsp || !is_frame(core, *stack, frame)) {
    frame = (std::max<uint64_t>(registers.rsp, stack->begin) + 7) & ~uint64_t{7};
    const uint64_t end = frame + kScanBytes;
    while (frame < end && !is_frame(core, *stack, frame)) frame += 8;
  }
  std::vector<CallSite> chain;
  while (chain.size() < kChainMax && is_frame(core, *stack, frame)) {
    chain.push_back(CallSite{core.read_word(frame + 8).value_or(0), false});
    frame = core.read_word(frame).value_or(0);
  }
  // The last frame of a thread has no frame pointer to go on to, but a return address.
  if (const auto back = core.read_word(frame + 8); back && is_code(core, *back))
    chain.push_back(CallSite{*back, false});
  if (chain.size() <= skip) return {};
  chain.erase(chain.begin(), chain.end() - static_cast<ptrdiff_t>(std::min(keep, chain.size() - skip)));
  return chain;
}

// A call may overwrite all of them, so that only the innermost frame has any.
void add_vector_registers(const CoreThread& thread, CallStack& stack) {
  if (stack.sites.empty() || !stack.sites.front().exact) return;
  for (unsigned i = 0; i < thread.xmm.size(); ++i) {
    stack.sites.front().registers.set(FrameRegisters::kGeneral + i, thread.xmm[i]);
  }
}

}  // namespace

StackUnwinder::StackUnwinder(const CoreFile& core, const Symbolizer& symbolizer)
    : core_(core), symbolizer_(symbolizer) {
  // Any number above zero will do for the process: libdwfl only hands it back.
  attached_ = symbolizer.dwfl() != nullptr && dwfl_attach_state(symbolizer.dwfl(), nullptr, 1, &kCallbacks, this);
}

void StackUnwinder::follow(const CoreThread& thread, user_regs_struct registers, size_t limit, CallStack& stack) const {
  if (!is_code(core_, registers.rip)) {
    stack.sites.push_back(CallSite{registers.rip, true});
    if (const auto back = core_.read_word(registers.rsp); back && is_code(core_, *back)) {
      registers.rip = *back - 1;  // inside the call
      registers.rsp += 8;
    }
  }
  const size_t before = stack.sites.size();
  Session session{&core_, registers, &stack.sites, limit, false};
  if (attached_) {
    t_session = &session;
    dwfl_getthread_frames(symbolizer_.dwfl(), thread.tid, take_frame, &session);
    t_session = nullptr;
  }
  if (stack.sites.size() == before && is_code(core_, registers.rip))
    stack.sites.push_back(CallSite{registers.rip, true});
  stack.middle_left_out = session.limit_reached;
}

CallStack StackUnwinder::unwind(const CoreThread& thread, const StackLimits& limits) const {
  CallStack stack;
  const size_t limit = limits.inner + limits.outer;
  follow(thread, thread.registers, limit, stack);
  // Below a signal handler the thread goes on with the registers that the kernel saved.
  user_regs_struct start = thread.registers;
  for (size_t i = 1; i < stack.sites.size(); ++i) {
    if (!stack.sites[i].exact) continue;
    const auto saved = saved_context(core_, start, stack.sites[i - 1].pc, stack.sites[i].pc);
    if (!saved) continue;
    note_handler(*saved, i, stack);
    start = saved->registers;
    if (is_code(core_, start.rip)) continue;
    // Whatever libdwfl made of a jump to where no code is: the return address knows better.
    stack.sites.resize(i);
    follow(thread, start, limit, stack);
    break;
  }
  // libdwfl ends at a handler that interrupted a jump to where no code is.
  if (!stack.sites.empty() && !stack.middle_left_out) {
    const auto saved = saved_context(core_, start, stack.sites.back().pc, std::nullopt);
    if (saved) {
      note_handler(*saved, stack.sites.size(), stack);
      follow(thread, start = saved->registers, limit, stack);
    }
  }
  add_vector_registers(thread, stack);
  // Two frames at most: no call frame information, or a smashed stack. The frame pointers may know more.
  const bool lost = stack.sites.size() <= 2;
  if (!stack.middle_left_out && !lost) return stack;
  if (stack.middle_left_out) stack.sites.resize(limits.inner);
  const auto outer = outer_end(core_, start, lost ? limits.inner : limits.outer, lost ? 0 : limits.inner);
  stack.sites.insert(stack.sites.end(), outer.begin(), outer.end());
  return stack;
}

std::vector<Frame> symbolize(const Symbolizer& symbolizer, const CallStack& stack) {
  std::vector<Frame> frames;
  for (const CallSite& site : stack.sites) {
    for (Frame& frame : symbolizer.frames_at(site.pc, site.exact)) frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace crashwright::rca
