// Deaths from around the program: limits, other processes, full and broken devices; and what it never gave back.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "zoo.h"

namespace zoo {
namespace {

constexpr rlim_t kFileBytesMax = 64U << 20;  // a core is a file too, and must fit

class Journal {
 public:
  [[gnu::noinline]] void remember() {
    latest_ = opaque(static_cast<int*>(std::malloc(512)));
    latest_[0] = ++entries_;
    latest_ = nullptr;
  }
  [[gnu::noinline]] void append_beyond_limit() {
    const rlimit limit{kFileBytesMax, kFileBytesMax};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const int file = ::open("journal", O_CREAT | O_WRONLY, 0644);
    entries_ += static_cast<int>(::pwrite(file, "fill", 4, opaque(off_t{kFileBytesMax})));
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void append_to_full_disk() {
    const int file = ::open("/dev/full", O_WRONLY);
    if (::write(file, "fill", 4) == 4) return;
    std::perror("journal: cannot append");
    std::abort();
  }
  [[gnu::noinline]] void read_from_broken_device() {
    // The kernel's answer to reading a page that nobody has mapped is EIO.
    const int file = ::open("/proc/self/mem", O_RDONLY);
    if (::pread(file, &entries_, sizeof entries_, 0) == sizeof entries_) return;
    std::perror("journal: cannot read");
    std::abort();
  }

 private:
  int* latest_ = nullptr;
  int entries_ = 0;
};

class Clock {
 public:
  [[gnu::noinline]] void spin_beyond_limit() {
    const rlimit limit{1, 10};
    ::setrlimit(RLIMIT_CPU, &limit);
    for (;;) ++ticks_;
  }
  [[gnu::noinline]] void wait_for_others() {
    const pid_t parent = ::getpid();
    if (::fork() == 0) {
      ::kill(parent, SIGQUIT);
      ::_exit(0);
    }
    for (;;) ::pause();
  }

 private:
  volatile unsigned ticks_ = 0;
};

// No function is to blame for what others do, nor for a device.
constexpr Bug kBugs[] = {
    {"leak", "LEAK", "Journal::remember", "asan", [] { Journal().remember(); }},
    {"file_limit", "RESOURCE_LIMIT", "Journal::append_beyond_limit", "plain ubsan",
     [] { Journal().append_beyond_limit(); }},
    {"full_disk", "DISK_FULL", "", "plain asan ubsan", [] { Journal().append_to_full_disk(); }},
    {"broken_device", "IO_ERROR", "", "plain asan ubsan", [] { Journal().read_from_broken_device(); }},
    {"time_limit", "RESOURCE_LIMIT", "Clock::spin_beyond_limit", "plain ubsan", [] { Clock().spin_beyond_limit(); }},
    {"signal_of_another", "KILLED_EXTERNAL", "", "plain asan ubsan", [] { Clock().wait_for_others(); }},
};

}  // namespace

std::span<const Bug> surroundings_bugs() { return kBugs; }

}  // namespace zoo
