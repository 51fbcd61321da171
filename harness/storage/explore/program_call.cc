#include "harness/storage/explore/program_call.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/runner/environment.h"

namespace crashwright::harness {
namespace {

constexpr size_t kOutputBytesMax = 16 << 10;

// Where `folder` is seen by this process alone, or null. As become(): only system calls.
const char* set_stage(const char* folder, const char* stage) {
  const bool own = ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  if (own && ::mount(folder, stage, nullptr, MS_BIND, nullptr) == 0) return stage;
  static constexpr char kWhy[] =
      "crashwright: files hold the path of their folder, and there is no right to show the image there: root, or user\n"
      "namespaces for everybody\n";
  static_cast<void>(::write(STDERR_FILENO, kWhy, sizeof kWhy - 1) < 0);
  return nullptr;
}

}  // namespace

bool ProgramEnd::exited_with(int status) const {
  return in_time && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == status;
}

ProgramCall::ProgramCall(std::vector<std::string> argv, const std::vector<std::string>& environment,
                         std::chrono::milliseconds patience)
    : argv_(std::move(argv)),
      environment_(changed_environment(environment)),
      argv_pointers_(text_pointers(argv_)),
      environment_pointers_(text_pointers(environment_)),
      patience_(patience) {}

Result<ProgramEnd> ProgramCall::run(const std::string& folder) {
  if (!output_) output_ = UniqueFd(::memfd_create("output", MFD_CLOEXEC));
  if (!output_ || ::ftruncate(output_.get(), 0) != 0) return fail_errno(errno, "make a file for a program's output");
  ::lseek(output_.get(), 0, SEEK_SET);
  ProgramEnd end;
  // No copy of this process for a child that only becomes another program: of thousands of calls that is half the cost.
  end.pid = ::vfork();
  if (end.pid < 0) return fail_errno(errno, "start " + argv_.front());
  if (end.pid == 0) become(folder.c_str());
  ::setpgid(end.pid, end.pid);
  end.in_time = await(end.pid);
  ::kill(-end.pid, SIGKILL);
  while (::waitpid(end.pid, &end.wait_status, 0) < 0 && errno == EINTR) {
  }
  end.output = take_output();
  return end;
}

// In the child, in the memory of the parent, which waits: only async-signal-safe calls, and nothing is changed.
void ProgramCall::become(const char* folder) const {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output_.get(), STDOUT_FILENO);
  ::dup2(output_.get(), STDERR_FILENO);
  ::signal(SIGPIPE, SIG_DFL);
  if (!stage_.empty()) folder = set_stage(folder, stage_.c_str());
  if (folder != nullptr && ::chdir(folder) == 0)
    ::execvpe(argv_pointers_[0], argv_pointers_.data(), environment_pointers_.data());
  ::_exit(kProgramNotStarted);
}

bool ProgramCall::await(pid_t pid) const {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd ended{process.get(), POLLIN, 0};
  int answer = -1;
  do {
    answer = ::poll(&ended, 1, static_cast<int>(patience_.count()));
  } while (answer < 0 && errno == EINTR);
  return answer > 0;
}

std::string ProgramCall::take_output() const {
  std::string text(kOutputBytesMax, '\0');
  const ssize_t got = ::pread(output_.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

std::string ProgramCall::describe(const ProgramEnd& end) const {
  if (!end.in_time) return "took longer than " + std::to_string(patience_.count()) + " ms";
  if (WIFSIGNALED(end.wait_status)) return std::string("died of ") + ::strsignal(WTERMSIG(end.wait_status));
  const int status = WEXITSTATUS(end.wait_status);
  // A shell ends so as well, and says why.
  if (status == kProgramNotStarted && end.output.empty())
    return argv_.front() + " could not be started (exit status 127)";
  return "ended with exit status " + std::to_string(status);
}

}  // namespace crashwright::harness
