// Planted bugs: "handler_allocates", what the crash handlers of the tutorials do first, and a record that is opened
// late. Never called in a shipped build.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "postmortem/crash_record_writer.h"
#include "postmortem/crash_state.h"

namespace crashwright::postmortem::crash {

// Hangs when the thread died with the heap's lock held.
void allocate_and_print(int signal) noexcept {
  char* const text = static_cast<char*>(std::malloc(200'000));
  const time_t now = ::time(nullptr);
  std::snprintf(text, 200, "caught signal %d at %s", signal, std::asctime(std::localtime(&now)));
  std::fprintf(stderr, "%s", text);
  std::free(text);
}

namespace {

char g_record_path[256];

}  // namespace

void forget_record(const std::string& path, int descriptor) {
  std::strncpy(g_record_path, path.c_str(), sizeof g_record_path - 1);
  ::close(descriptor);
}

void open_record_late() noexcept {
  crash_record::set_descriptor(::open(g_record_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
}

}  // namespace crashwright::postmortem::crash
