// The planted bug "handler_allocates": what the crash handlers of the tutorials do first. Never called in a shipped
// build.
#include <cstdio>
#include <cstdlib>
#include <ctime>

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

}  // namespace crashwright::postmortem::crash
