#include "harness/runner/canary.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/clock.h"
#include "postmortem/crash_handler.h"

namespace crashwright::harness {
namespace {

constexpr std::chrono::seconds kPatience{10};

// Not async-signal-safe; glibc keeps the heap usable after fork().
void install_kit(const char* folder) {
  postmortem::CrashHandlerOptions options;
  options.record_path = std::string(folder) + "/crash.rec";
  options.own_core_folder = folder;
  if (!postmortem::install_crash_handler(options)) ::_exit(4);
}

// Async-signal-safe calls only, but for the kit: the parent may have other threads.
[[noreturn, gnu::no_sanitize_undefined]] void live(const char* folder, int read_end, int write_end, Canary::Fate fate,
                                                   bool core_limited) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGSEGV, SIG_DFL);
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = core_limited ? 0 : limit.rlim_max;
  ::setrlimit(RLIMIT_CORE, &limit);
  // Our copy of the write end: the end of file must come when the parent closes its own.
  ::close(write_end);
  char byte = 0;
  if (::read(read_end, &byte, 1) != 0 || ::chdir(folder) != 0) ::_exit(3);
  if (fate == Canary::Fate::kCrashWithKit) install_kit(folder);
  if (fate != Canary::Fate::kEnd) {
    // Both are volatile: the compiler must neither see the null nor drop a store that nobody reads.
    volatile int* volatile nowhere = nullptr;
    *nowhere = 1;
  }
  ::_exit(0);
}

}  // namespace

Result<Canary> Canary::start(const std::string& folder, Fate fate, bool core_limited) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorKind::kEnvironment, "no canary could be forked", "free process slots (ulimit -u)");
  if (pid == 0) live(folder.c_str(), read_end.get(), write_end.get(), fate, core_limited);
  return Canary(pid, std::move(write_end));
}

Canary::~Canary() {
  // Moved from, or waited for: nothing to do. Otherwise the closing of `go_` lets it meet its fate.
  if (!go_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Result<int> Canary::wait(const std::function<void()>& each_round) {
  go();
  const Deadline deadline(kPatience);
  for (;;) {
    each_round();
    int status = 0;
    const pid_t got = ::waitpid(pid_, &status, WNOHANG);
    if (got == pid_ && !WIFSTOPPED(status)) return status;
    if (got < 0 && errno != EINTR) return fail_errno(errno, "wait for the canary");
    if (deadline.passed()) ::kill(pid_, SIGKILL);
    const timespec pause{0, 200'000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace crashwright::harness
