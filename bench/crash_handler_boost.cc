// boost's stacktrace, dumped as its manual shows: safe_dump_to() in a handler that raises the signal again.
#include <signal.h>

#include <boost/stacktrace/safe_dump_to.hpp>
#include <string>

#include "bench/crash_handler_peers.h"

namespace crashwright::bench {
namespace {

std::string g_file;

void on_signal(int signal) {
  ::signal(signal, SIG_DFL);
  boost::stacktrace::safe_dump_to(g_file.c_str());
  ::raise(signal);
}

int install(const char* folder, int) {
  g_file = std::string(folder) + "/backtrace.dump";
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(signal, on_signal);
  return 0;
}

}  // namespace

const crashwright_handler_peer& boost_handler() {
  static const crashwright_handler_peer peer = {CRASHWRIGHT_HANDLER_PEER_VERSION, install, nullptr};
  return peer;
}

}  // namespace crashwright::bench
