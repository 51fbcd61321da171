// What the tutorials do: print the time and the stack with the library's functions, then raise the signal again.
#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "bench/crash_handler_peers.h"

namespace crashwright::bench {
namespace {

constexpr int kFramesMax = 64;

FILE* g_output = nullptr;

void on_signal(int signal) {
  const time_t now = ::time(nullptr);
  std::fprintf(g_output, "*** signal %d at %s", signal, std::asctime(std::localtime(&now)));
  void* frames[kFramesMax];
  const int count = ::backtrace(frames, kFramesMax);
  char** const symbols = ::backtrace_symbols(frames, count);
  for (int i = 0; i < count; ++i) std::fprintf(g_output, "%s\n", symbols[i]);
  std::free(symbols);
  std::fflush(g_output);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

int install(const char*, int fd) {
  g_output = ::fdopen(fd, "w");
  if (g_output == nullptr) return 1;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(signal, on_signal);
  return 0;
}

}  // namespace

const crashwright_handler_peer& naive_handler() {
  static const crashwright_handler_peer peer = {CRASHWRIGHT_HANDLER_PEER_VERSION, install, nullptr};
  return peer;
}

}  // namespace crashwright::bench
