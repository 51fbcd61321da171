// backward-cpp with libdw, the reader that its manual recommends; it prints to standard error.
#include <unistd.h>

#define BACKWARD_HAS_DW 1
#include <backward.hpp>

#include "bench/crash_handler_peers.h"

namespace crashwright::bench {
namespace {

int install(const char*, int fd) {
  if (::dup2(fd, STDERR_FILENO) < 0) return 1;
  static const backward::SignalHandling handling;
  return handling.loaded() ? 0 : 1;
}

}  // namespace

const crashwright_handler_peer& backward_handler() {
  static const crashwright_handler_peer peer = {CRASHWRIGHT_HANDLER_PEER_VERSION, install, nullptr};
  return peer;
}

}  // namespace crashwright::bench
