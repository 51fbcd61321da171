// A hot path as an engine has one, with the crash handler installed or without: `crash_handler_hot_path with|without`.
// Run under callgrind, which counts the instructions of hot_path().
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "postmortem/crash_handler.h"

namespace {

constexpr uint64_t kUpdates = 10'000;

}  // namespace

// A book update: enough memory traffic and branches to be one.
extern "C" [[gnu::noinline]] uint64_t hot_path(uint64_t* levels, uint64_t count) {
  uint64_t best = 0;
  for (uint64_t i = 0; i < kUpdates; ++i) {
    uint64_t& level = levels[(i * 7) % count];
    level += i;
    if (level > best) best = level;
  }
  return best;
}

int main(int argc, char** argv) {
  using namespace crashwright::postmortem;
  char path[] = "/tmp/crashwright-hot-path-XXXXXX";
  const int fd = ::mkstemp(path);
  const bool with = argc > 1 && std::strcmp(argv[1], "with") == 0;
  const bool ready = fd >= 0 && (!with || install_crash_handler({.record_path = path}).has_value());
  static uint64_t levels[64];
  const uint64_t best = hot_path(levels, 64);
  std::remove(path);
  return ready && best > 0 ? 0 : 1;
}
