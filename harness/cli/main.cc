#include <csignal>

#include "harness/cli/command.h"

int main(int argc, char** argv) {
  // `crashwright run | head` must not end a run with engines alive: a reader that left is a failed write, not a death.
  std::signal(SIGPIPE, SIG_IGN);
  return crashwright::harness::cli::run_command({argv + 1, argv + argc});
}
