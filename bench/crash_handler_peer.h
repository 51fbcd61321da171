// A crash handler to be compared with ours: built into crash_handler_victim, or a plug-in.
//
// A plug-in is a shared object NAME.so ("breakpad.so") that exports crashwright_handler_plugin(), which returns a
// structure that lives as long as the process. `crash_handler_bench` takes plug-ins as `--handler FILE.so` and from
// CRASHWRIGHT_BENCH_PEERS: a list, separated by colons, of .so files and of folders with such files; what does not
// export the symbol is left alone. The interface is plain C, so that a plug-in needs nothing of this project but this
// header.
//
// The victim calls install() first thing on its main thread, then starts threads, calls prepare_thread() on each, and
// dies. What the handler has to say goes to descriptor `fd` or into files in `folder`. It counts as complete when it
// holds the frames of the dying thread down to the victim's own function: by name, as hexadecimal text, or as raw
// bytes. A handler in another process is to be started by install(), which returns when it is ready.
// Threads: as said. Errors: install() returns 0 when ready, else an errno value.
#pragma once

#include <stdint.h>

#include <cstdint>

#ifdef __cplusplus
extern "C" {
#endif

#define CRASHWRIGHT_HANDLER_PEER_VERSION 1

struct crashwright_handler_peer {
  uint32_t version;  // CRASHWRIGHT_HANDLER_PEER_VERSION
  int (*install)(const char* folder, int fd);
  // What a thread of the program does for the handler's sake, with the thread's name; null: nothing.
  void (*prepare_thread)(const char* name);
};

// The only symbol of a plug-in.
const struct crashwright_handler_peer* crashwright_handler_plugin(void);

#ifdef __cplusplus
}
#endif
