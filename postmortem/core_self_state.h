// What the self-written core needs at the moment of death, made ready at install.
//
// Threads: filled once before other threads start, then read by the thread that owns the crash. Signal context: yes.
#pragma once

#include <sys/procfs.h>

#include <cstddef>
#include <cstdint>

namespace crashwright::postmortem::core_self {

struct Scratch;
struct ThreadList;

// The kernel's siginfo; the note holds these bytes.
inline constexpr size_t kSiginfoNoteBytes = 128;

struct State {
  Scratch* scratch;  // null: not prepared
  ThreadList* threads;
  int smaps_fd;
  int pagemap_fd;
  int task_fd;    // /proc/self/task
  int folder_fd;  // where the core goes
  int spare_fd;   // holds a slot in the table of descriptors
  char name[32];  // "core.PID"
  elf_prpsinfo process;
  size_t auxiliary_bytes;
  char auxiliary[1024];
};
extern State g_own_core;

}  // namespace crashwright::postmortem::core_self
