// A logging library to be measured beside the flight recorder: built in (spdlog, glog, the floor) or as a plug-in.
//
// A plug-in is a shared object NAME.so (lower case: "quill.so") that exports crashwright_log_plugin(), which returns a
// structure that lives as long as the process. `log_bench` finds plug-ins through CRASHWRIGHT_BENCH_PEERS: a list,
// separated by colons, of .so files and of folders with such files; `crashwright bench --peer FILE.so` adds to it. The
// interface is plain C, so that a plug-in needs nothing of this project but this header. It is loaded in the process
// that measures it, so that threads it starts by itself are there.
//
// Rules for a fair comparison: use the library's own macros with literal formats, as its users do; the logger in the
// setting that its authors recommend for low latency; a blocking or growing queue rather than one that drops; a thread
// of the library's own writes to a file in the given folder.
// The process ends without closing the library, because a full queue may take minutes to drain.
// Threads: every function is called by one thread, the one that called open(). The process measures this peer alone.
// Errors:  open() returns 0 when ready, else an errno value; the others cannot fail.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <cstdint>

#ifdef __cplusplus
extern "C" {
#endif

#define CRASHWRIGHT_LOG_PEER_VERSION 1
#define CRASHWRIGHT_LOG_BURST 20

struct crashwright_log_peer {
  uint32_t version;  // CRASHWRIGHT_LOG_PEER_VERSION
  int (*open)(const char* folder);
  // CRASHWRIGHT_LOG_BURST calls with an int64_t (first, first + 1, ...), an int and a double made of it.
  void (*burst_numbers)(int64_t first);
  // The same where the caller has a time stamp (of the time stamp counter) to hand over; null: the library cannot.
  void (*burst_numbers_stamped)(int64_t first, uint64_t stamp);
  // CRASHWRIGHT_LOG_BURST calls with one string.
  void (*burst_string)(const char* text, size_t length);
  // `calls` calls with numbers, one straight after the other; returns how many the library did not drop.
  uint64_t (*saturate)(uint64_t calls);
};

// The only symbol of a plug-in.
const struct crashwright_log_peer* crashwright_log_plugin(void);

#ifdef __cplusplus
}
#endif
