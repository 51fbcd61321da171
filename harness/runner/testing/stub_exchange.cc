// An exchange that trades nothing: it says that it listens, counts the disconnects it is told to make, and reports.
// For the runner's own tests.
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/file.h"

int main(int argc, char** argv) {
  using crashwright::write_file;
  std::string folder;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--dir") == 0) folder = argv[i + 1];
  }
  sigset_t handled;
  ::sigemptyset(&handled);
  ::sigaddset(&handled, SIGTERM);
  ::sigaddset(&handled, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &handled, nullptr);
  if (!write_file(folder + "/port.new", "1\n") ||
      ::rename((folder + "/port.new").c_str(), (folder + "/port").c_str()) != 0) {
    return 1;
  }
  int disconnects = 0;
  for (int number = 0; ::sigwait(&handled, &number) == 0 && number != SIGTERM;) ++disconnects;
  const std::string report = "{\"disconnects\":{\"peer\":0,\"signal\":" + std::to_string(disconnects) + "}}";
  return write_file(folder + "/drop_copy.jsonl", "") && write_file(folder + "/exchange.json", report) ? 0 : 1;
}
