// abseil's failure signal handler.
#include <absl/debugging/failure_signal_handler.h>
#include <absl/debugging/symbolize.h>
#include <unistd.h>

#include <cstring>

#include "bench/crash_handler_peers.h"

namespace crashwright::bench {
namespace {

int g_output = -1;

void write_text(const char* text) {
  if (text != nullptr && ::write(g_output, text, std::strlen(text)) < 0) return;
}

int install(const char*, int fd) {
  g_output = fd;
  absl::InitializeSymbolizer("/proc/self/exe");
  absl::FailureSignalHandlerOptions options;
  options.writerfn = write_text;
  absl::InstallFailureSignalHandler(options);
  return 0;
}

}  // namespace

const crashwright_handler_peer& abseil_handler() {
  static const crashwright_handler_peer peer = {CRASHWRIGHT_HANDLER_PEER_VERSION, install, nullptr};
  return peer;
}

}  // namespace crashwright::bench
