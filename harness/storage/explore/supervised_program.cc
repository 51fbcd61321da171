#include "harness/storage/explore/supervised_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "harness/runner/interrupt.h"
#include "harness/storage/explore/call_watch.h"
#include "harness/storage/explore/process_tree.h"

namespace crashwright::harness {
namespace {

constexpr int kNotStarted = 127;
constexpr int kLookMs = 50;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// The life of the supervisor, in the process between. It is forked from a process that may have other threads and
// executes nothing: one of those may have held the lock of the heap, or any other, so all that it does is done on the
// stack, by system calls. The test counts its calls of the heap.
class Supervisor {
 public:
  Supervisor(const SupervisedCommand& command, char* const* argv, char* const* environment, int control, int report)
      : command_(command), argv_(argv), environment_(environment), control_(control), report_(report) {}

  [[noreturn]] void live() {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
    keep_only({control_, report_, command_.output, command_.handed_on, command_.call_watch});
    int trouble = 0;
    const pid_t program = start(trouble);
    tell(trouble);
    if (trouble != 0) ::_exit(kNotStarted);
    await(program);
    const int status = end(program);
    tell(status);
    ::_exit(0);
  }

 private:
  // Descriptors of others must not live on here: an end of file somewhere else would never come.
  static void keep_only(std::array<int, 5> kept) {
    std::sort(kept.begin(), kept.end());
    unsigned from = STDERR_FILENO + 1;
    for (const int descriptor : kept) {
      if (descriptor < static_cast<int>(from)) continue;
      if (descriptor > static_cast<int>(from)) ::close_range(from, static_cast<unsigned>(descriptor) - 1, 0);
      from = static_cast<unsigned>(descriptor) + 1;
    }
    ::close_range(from, ~0U, 0);
  }

  // First 0 or the errno of starting, then the wait status.
  void tell(int number) const { static_cast<void>(::write(report_, &number, sizeof number) < 0); }

  // Answers once the program was executed, or could not be: then `trouble` says why.
  pid_t start(int& trouble) const {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) trouble = errno;
    if (trouble != 0) return -1;
    const pid_t program = ::fork();
    if (program < 0) trouble = errno;
    if (program == 0) become(ends[1]);
    ::close(ends[1]);
    if (program > 0) ::setpgid(program, program);
    int told = 0;
    if (program > 0 && ::read(ends[0], &told, sizeof told) == sizeof told) trouble = told;
    ::close(ends[0]);
    // The program alone holds them from here on.
    ::close(command_.output);
    if (command_.handed_on >= 0) ::close(command_.handed_on);
    if (command_.call_watch >= 0) ::close(command_.call_watch);
    return program;
  }

  [[noreturn]] void become(int trouble_end) const {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(command_.output, STDOUT_FILENO);
    if (command_.handed_on >= 0) ::fcntl(command_.handed_on, F_SETFD, 0);
    if (command_.call_watch >= 0) hand_over_calls(command_.call_watch);
    if (::chdir(command_.folder.c_str()) == 0) ::execvpe(argv_[0], argv_, environment_);
    const int trouble = errno;
    static_cast<void>(::write(trouble_end, &trouble, sizeof trouble) < 0);
    ::_exit(kNotStarted);
  }

  // Until the program has ended, or the owner wants it to.
  void await(pid_t program) const {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, program, 0)));
    pollfd watched[] = {{process.get(), POLLIN, 0}, {control_, POLLIN, 0}};
    while (::poll(watched, 2, -1) < 0 && errno == EINTR) {
    }
  }

  // Ends everything that came of it; the wait status of the program itself.
  static int end(pid_t program) {
    kill_tree(program);
    ::kill(-program, SIGKILL);
    int status = 0;
    while (::waitpid(program, &status, 0) < 0 && errno == EINTR) {
    }
    for (pid_t left = 0; children_of(::getpid(), 0, {&left, 1}) > 0;) {
      kill_tree(left);
      ::waitpid(left, nullptr, 0);
    }
    return status;
  }

  const SupervisedCommand& command_;
  char* const* argv_;
  char* const* environment_;
  int control_;
  int report_;
};

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> whole_environment(const std::vector<std::string>& more) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  entries.insert(entries.end(), more.begin(), more.end());
  return entries;
}

// A number of the report; false when the supervisor died.
bool read_number(int descriptor, int& number) {
  ssize_t got = -1;
  do {
    got = ::read(descriptor, &number, sizeof number);
  } while (got < 0 && errno == EINTR);
  return got == sizeof number;
}

}  // namespace

Result<std::unique_ptr<SupervisedProgram>> SupervisedProgram::start(const SupervisedCommand& command) {
  auto control = make_pipe();
  auto report = make_pipe();
  if (!control || !report) return tl::unexpected(!control ? control.error() : report.error());
  const std::vector<std::string> entries = whole_environment(command.environment);
  const std::vector<char*> environment = pointers_to(entries);
  const std::vector<char*> argv = pointers_to(command.argv);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, "start " + command.argv.front());
  if (pid == 0) {
    Supervisor(command, argv.data(), environment.data(), control->read_end.get(), report->write_end.get()).live();
  }
  report->write_end.reset();
  std::unique_ptr<SupervisedProgram> made(
      new SupervisedProgram(pid, std::move(control->write_end), std::move(report->read_end)));
  int trouble = EIO;
  if (read_number(made->report_.get(), trouble) && trouble == 0) return made;
  return fail(ErrorKind::kUsage, "cannot start " + command.argv.front() + ": " + std::strerror(trouble),
              "give the path of a program, or a name that is in PATH");
}

bool SupervisedProgram::wait(std::chrono::milliseconds patience, int cut_off) {
  pollfd awaited[] = {{report_.get(), POLLIN, 0}, {cut_off, POLLIN, 0}};
  const Deadline deadline(patience);
  while (::poll(awaited, 2, kLookMs) <= 0) {
    if (deadline.passed() || interrupted()) return false;
  }
  return true;
}

void SupervisedProgram::kill() { kill_below(supervisor_); }

Result<int> SupervisedProgram::end() {
  control_.reset();
  int status = 0;
  const bool told = read_number(report_.get(), status);
  report_.reset();
  ::waitpid(supervisor_, nullptr, 0);
  supervisor_ = -1;
  if (!told) return fail(ErrorKind::kInternal, "the program's supervisor died before it");
  return status;
}

SupervisedProgram::~SupervisedProgram() {
  if (supervisor_ > 0) static_cast<void>(end());
}

}  // namespace crashwright::harness
