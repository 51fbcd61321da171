// Our crash handler, as an engine uses it: a stack of its own for every thread.
#include <memory>

#include "bench/crash_handler_peers.h"
#include "postmortem/control_block.h"
#include "postmortem/crash_handler.h"

namespace crashwright::bench {
namespace {

constexpr std::chrono::milliseconds kDeadline{200};

int install(const char* folder, int) {
  const auto installed =
      postmortem::install_crash_handler({.record_path = std::string(folder) + "/record", .deadline = kDeadline});
  return installed ? 0 : 1;
}

void prepare_thread(const char* name) {
  static thread_local postmortem::AlternateStack stack;
  static_cast<void>(stack);
  postmortem::register_thread(name);
}

}  // namespace

const crashwright_handler_peer& crashwright_handler() {
  static const crashwright_handler_peer peer = {CRASHWRIGHT_HANDLER_PEER_VERSION, install, prepare_thread};
  return peer;
}

}  // namespace crashwright::bench
