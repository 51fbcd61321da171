#include "mock_engine/naive/crash_handler.h"

#include <execinfo.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/clock.h"
#include "postmortem/control_block.h"

namespace crashwright::mock_engine::naive {
namespace {

constexpr int kFramesMax = 64;

std::string* g_report_path = nullptr;

void write_report(std::FILE* out, int signal, char** symbols, int frames) {
  std::fprintf(out, "*** CRASH: %s (signal %d)\n", ::strsignal(signal), signal);
  for (int i = 0; i < frames; ++i) std::fprintf(out, "  #%d %s\n", i, symbols[i]);
  std::fflush(out);
}

void handle(int signal) {
  postmortem::HandlerWitness& witness = postmortem::control_block().handler;
  witness.entered_ns.store(monotonic_ns());
  witness.entries.fetch_add(1);
  witness.signal_number.store(static_cast<uint32_t>(signal));
  void* addresses[kFramesMax];
  const int frames = ::backtrace(addresses, kFramesMax);
  char** const symbols = ::backtrace_symbols(addresses, frames);
  write_report(stderr, signal, symbols, frames);
  if (std::FILE* const file = std::fopen(g_report_path->c_str(), "w"); file != nullptr) {
    write_report(file, signal, symbols, frames);
    std::fclose(file);
  }
  std::free(symbols);
  witness.finished_ns.store(monotonic_ns());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void install_crash_handler(const std::string& report_path) {
  g_report_path = new std::string(report_path);
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, handle);
}

}  // namespace crashwright::mock_engine::naive
