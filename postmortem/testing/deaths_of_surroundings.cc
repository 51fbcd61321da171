// Deaths in surroundings that make recording hard: a foreign handler, no descriptor, no block on the disk, the loader's
// lock in other hands.
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

#include "postmortem/injection_faults.h"
#include "postmortem/testing/deaths.h"

namespace crashwright::postmortem::testing {

void announce_loader_lock();

namespace {

constexpr rlim_t kDescriptors = 64;
constexpr size_t kBlockBytes = 4096;

struct sigaction g_below;

// A library that behaves: does its own part, then calls who was there before.
void foreign_handler(int signal, siginfo_t* info, void* context) {
  if ((g_below.sa_flags & SA_SIGINFO) != 0 && g_below.sa_sigaction != nullptr) {
    g_below.sa_sigaction(signal, info, context);
  } else if (g_below.sa_handler != SIG_DFL && g_below.sa_handler != SIG_IGN) {
    g_below.sa_handler(signal);
  } else {
    ::sigaction(signal, &g_below, nullptr);
  }
}

int wait_under_the_lock(dl_phdr_info*, size_t, void*) {
  announce_loader_lock();
  for (;;) ::pause();
}

}  // namespace

void die_with_a_foreign_handler() {
  struct sigaction action {};
  action.sa_sigaction = foreign_handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  if (::sigaction(SIGSEGV, &action, &g_below) != 0) cannot_die("sigaction");
  about_to_die();
  injection::null_dereference();
}

void install_a_foreign_handler_first() {
  struct sigaction action {};
  action.sa_sigaction = foreign_handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  if (::sigaction(SIGSEGV, &action, &g_below) != 0) cannot_die("sigaction");
}

void die_without_descriptors() {
  const rlimit limit{kDescriptors, kDescriptors};
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) cannot_die("setrlimit");
  while (::dup(STDERR_FILENO) >= 0) {
  }
  about_to_die();
  injection::null_dereference();
}

// The file to fill is named by whoever made the small file system.
void die_on_a_full_disk() {
  const char* const path = ::getenv("CRASHWRIGHT_DEATH_FILLS");
  if (path == nullptr) cannot_die("no small file system");
  const int fd = ::open(path, O_WRONLY | O_CREAT, 0644);
  static char block[kBlockBytes];
  while (::write(fd, block, sizeof block) > 0) {
  }
  about_to_die();
  injection::null_dereference();
}

void hold_the_loader_lock() { ::dl_iterate_phdr(wait_under_the_lock, nullptr); }

}  // namespace crashwright::postmortem::testing
