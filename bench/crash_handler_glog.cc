// glog's failure signal handler.
#include <glog/logging.h>
#include <unistd.h>

#include "bench/crash_handler_peers.h"

namespace crashwright::bench {
namespace {

int g_output = -1;

void write_text(const char* text, size_t size) {
  if (::write(g_output, text, size) < 0) return;
}

int install(const char* folder, int fd) {
  g_output = fd;
  FLAGS_log_dir = folder;
  google::InitGoogleLogging("crash_handler_victim");
  google::InstallFailureWriter(write_text);
  google::InstallFailureSignalHandler();
  return 0;
}

}  // namespace

const crashwright_handler_peer& glog_handler() {
  static const crashwright_handler_peer peer = {CRASHWRIGHT_HANDLER_PEER_VERSION, install, nullptr};
  return peer;
}

}  // namespace crashwright::bench
