// The other threads of a dying process: their registers, frames and stacks, recorded while they are held still.
//
// Two ways. First a child process that shares the memory stops them with ptrace: it works for threads that block every
// signal, wait in a system call, hold the heap's or the loader's lock, or were created a moment ago, and they go on
// afterwards as if nothing had been. Where ptrace is denied each thread is sent a signal, and its handler hands over
// the registers and parks until the record is written; a thread that does not answer in time is listed as silent.
//
// Threads: the owner of the crash. Signal context: all but prepare_thread_capture(). Errors: none; the record says how
//          many threads there were and how each was had.
#pragma once

#include <signal.h>

#include <atomic>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "postmortem/crash_record_format.h"

namespace crashwright::postmortem::crash {

struct CapturedThread {
  uint32_t tid;
  std::atomic<crash_format::ThreadState> state;  // kSilent until the registers are there
  bool stopped;                                  // by the tracer
  bool gone;                                     // it ended meanwhile, or is the zombie of one
  int pending_signal;                            // that the stop kept from the thread
  bool recorded;
  bool stack_recorded;
  uint64_t registers[crash_format::kRegisters];
};

// At install: opens the list of threads and installs the signal of the second way. Normal context only.
[[nodiscard]] Status prepare_thread_capture();

// Touches the memory that record_threads() uses.
void rehearse_threads() noexcept;

// Stage kThreads. Called again after a fault it goes on with what is missing, by the second way.
void record_threads() noexcept;

// Ends whatever holds threads still: at the deadline, and before the process is left to the kernel.
void release_threads() noexcept;

// True in the tracer: a process of its own, which must not take part in the crash.
[[nodiscard]] bool is_tracer(uint32_t pid) noexcept;

// The other threads as far as they are known; read by whoever goes on after stage kThreads.
[[nodiscard]] std::span<CapturedThread> captured_threads() noexcept;

// crash_thread_list.cc. Fills the table of threads, without the owner; returns how many there are, which may be more.
[[nodiscard]] Status open_thread_list();
uint32_t list_threads(std::span<CapturedThread> table, uint32_t owner_tid) noexcept;
// True for one that has ended, of which at most the zombie is left.
[[nodiscard]] bool thread_is_over(uint32_t tid) noexcept;
// What the kernel calls the thread. The descriptor it takes is free again afterwards.
void read_thread_name(uint32_t tid, BoundedString<16>& name) noexcept;

// crash_thread_stop.cc. False when no thread could be stopped that way. Calls `record` in the tracer while they stand.
bool stop_threads(std::span<CapturedThread> threads, uint64_t patience_ns, void (*record)()) noexcept;
void abandon_tracer() noexcept;
void rehearse_tracer() noexcept;

// crash_thread_ask.cc
[[nodiscard]] Status install_ask_action();
void ask_threads(std::span<CapturedThread> threads, uint64_t patience_ns) noexcept;
void release_asked_threads() noexcept;

}  // namespace crashwright::postmortem::crash
