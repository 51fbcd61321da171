// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/core_self_threads.h"

#include "postmortem/core_self_ask.h"
#include "postmortem/core_self_state.h"
#include "postmortem/core_self_text.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem::core_self {
namespace {

constexpr uint64_t kNoSystemCall = ~uint64_t{0};

// The kernel's struct linux_dirent64.
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[1];
};

bool is_listed(const ThreadList& list, uint32_t tid) noexcept {
  for (size_t i = 0; i < list.count; ++i) {
    if (list.notes[i].tid == tid) return true;
  }
  return false;
}

uint32_t to_tid(const char* name) noexcept {
  uint32_t tid = 0;
  for (; *name >= '0' && *name <= '9'; ++name) tid = tid * 10 + static_cast<uint32_t>(*name - '0');
  return *name == '\0' ? tid : 0;
}

// "NR 0xARG0 ... 0xARG5 0xSP 0xPC" of a thread in a system call, "-1 0xSP 0xPC" of one that waits otherwise, "running":
// nothing is known then.
void take_numbers(const char* at, const char* end, user_regs_struct& registers) noexcept {
  if (at == end || *at == 'r') return;
  uint64_t numbers[8] = {};
  size_t count = 0;
  uint64_t call = 0;
  for (const char* digit = at; digit < end && *digit >= '0' && *digit <= '9'; ++digit) {
    call = call * 10 + static_cast<uint64_t>(*digit - '0');
  }
  for (; at + 1 < end && count < 8; ++at) {
    if (at[0] != '0' || at[1] != 'x') continue;
    at += 2;
    numbers[count++] = take_hex(at, end);
  }
  if (count < 2) return;
  registers.rsp = numbers[count - 2];
  registers.rip = numbers[count - 1];
  if (count < 8) return;
  registers.rax = registers.orig_rax = call;
  registers.rdi = numbers[0];
  registers.rsi = numbers[1];
  registers.rdx = numbers[2];
  registers.r10 = numbers[3];
  registers.r8 = numbers[4];
  registers.r9 = numbers[5];
}

// Of a thread that cannot answer.
void look_at(int task_fd, ThreadNotes& thread) noexcept {
  char path[40];
  char text[256];
  put_task_path(path, sizeof path, thread.tid, "/syscall");
  const size_t size = read_at(task_fd, path, text, sizeof text);
  take_numbers(text, text + size, thread.registers);
}

ThreadNotes* add(ThreadList& list, uint32_t tid) noexcept {
  if (tid == 0 || list.count == kThreadsMax || is_listed(list, tid)) return nullptr;
  ThreadNotes& thread = list.notes[list.count++];
  thread.tid = tid;
  thread.state.store(ThreadNotes::State::kUnknown, std::memory_order_relaxed);
  signal_safe::zero_bytes(&thread.registers, sizeof thread.registers);
  thread.registers.orig_rax = kNoSystemCall;
  thread.floating = nullptr;
  return &thread;
}

void add_known(ThreadList& list, const OwnCoreThread& thread) noexcept {
  ThreadNotes* const notes = thread.registers == nullptr ? nullptr : add(list, thread.tid);
  if (notes == nullptr) return;
  take_registers(thread, *notes);
  notes->state.store(ThreadNotes::State::kKnown, std::memory_order_relaxed);
}

void add_listed(int task_fd, ThreadList& list) noexcept {
  if (::syscall(SYS_lseek, task_fd, 0, SEEK_SET) != 0) return;
  for (;;) {
    const long got = ::syscall(SYS_getdents64, task_fd, list.directory, sizeof list.directory);
    if (got <= 0) return;
    for (long at = 0; at < got;) {
      const auto* const entry = reinterpret_cast<const DirectoryEntry*>(list.directory + at);
      add(list, to_tid(entry->name));
      at += entry->size;
    }
  }
}

}  // namespace

void take_registers(const OwnCoreThread& thread, ThreadNotes& notes) noexcept {
  const auto value = [&thread](int which) { return static_cast<unsigned long long>(thread.registers[which]); };
  user_regs_struct& to = notes.registers;
  to.r15 = value(REG_R15);
  to.r14 = value(REG_R14);
  to.r13 = value(REG_R13);
  to.r12 = value(REG_R12);
  to.rbp = value(REG_RBP);
  to.rbx = value(REG_RBX);
  to.r11 = value(REG_R11);
  to.r10 = value(REG_R10);
  to.r9 = value(REG_R9);
  to.r8 = value(REG_R8);
  to.rax = value(REG_RAX);
  to.rcx = value(REG_RCX);
  to.rdx = value(REG_RDX);
  to.rsi = value(REG_RSI);
  to.rdi = value(REG_RDI);
  to.orig_rax = kNoSystemCall;
  to.rip = value(REG_RIP);
  to.eflags = value(REG_EFL);
  to.rsp = value(REG_RSP);
  // Four selectors of 16 bits each: cs, gs, fs, ss.
  to.cs = value(REG_CSGSFS) & 0xffff;
  to.ss = value(REG_CSGSFS) >> 48;
  to.fs_base = thread.fs_base;
  notes.floating = thread.floating;
}

void list_threads(const OwnCoreDeath& death, int task_fd, ThreadList& list) noexcept {
  list.count = 0;
  add_known(list, death.dying);
  for (size_t i = 0; i < death.other_count; ++i) add_known(list, death.others[i]);
  add_listed(task_fd, list);
  ask_threads(list, task_fd);
  for (size_t i = 0; i < list.count; ++i) {
    ThreadNotes& thread = list.notes[i];
    if (thread.state.load(std::memory_order_acquire) != ThreadNotes::State::kKnown) look_at(task_fd, thread);
  }
}

void fill_status(elf_prstatus& status, const ThreadNotes& thread, const siginfo_t* info) noexcept {
  signal_safe::zero_bytes(&status, sizeof status);
  status.pr_pid = static_cast<pid_t>(thread.tid);
  status.pr_ppid = g_own_core.process.pr_ppid;
  status.pr_pgrp = g_own_core.process.pr_pgrp;
  status.pr_sid = g_own_core.process.pr_sid;
  if (info != nullptr) {
    status.pr_info.si_signo = info->si_signo;
    status.pr_info.si_code = info->si_code;
    status.pr_cursig = static_cast<short>(info->si_signo);
  }
  static_assert(sizeof status.pr_reg == sizeof thread.registers, "prstatus holds what a debugger reads");
  signal_safe::copy_bytes(&status.pr_reg, &thread.registers, sizeof thread.registers);
  status.pr_fpvalid = thread.floating != nullptr ? 1 : 0;
}

}  // namespace crashwright::postmortem::core_self
