// zoo --list: every bug as "name cause function flavours"; zoo NAME: commits it.
#include <cstdio>
#include <cstring>

#include "zoo.h"

int main(int argc, char** argv) {
  const bool list = argc == 2 && std::strcmp(argv[1], "--list") == 0;
  for (const auto bugs :
       {zoo::memory_bugs(), zoo::check_bugs(), zoo::thread_bugs(), zoo::sanitized_bugs(), zoo::surroundings_bugs()}) {
    for (const zoo::Bug& bug : bugs) {
      if (list) std::printf("%s\t%s\t%s\t%s\n", bug.name, bug.cause, bug.function, bug.flavours);
      if (!list && argc == 2 && std::strcmp(argv[1], bug.name) == 0) bug.commit();
    }
  }
  return 0;
}
