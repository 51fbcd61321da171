#include "harness/runner/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/environment.h"
#include "harness/runner/proc_info.h"
#include "harness/runner/sandbox.h"

namespace crashwright::harness {
namespace {

// Everything the child needs until exec, made beforehand: only async-signal-safe calls are allowed there, and none that
// changes memory, which may be the parent's.
struct Prepared {
  std::vector<char*> argv;
  std::vector<char*> envp;
  const ChildOptions* options = nullptr;
  int stdin_fd = -1;
  int stdout_fd = -1;
  int stderr_fd = -1;
  int cgroup_fd = -1;
  int report_fd = -1;
  int gate_fd = -1;  // a byte comes when the child may go on; -1: it need not wait
  pid_t parent = 0;
};

// What the child writes to the report pipe when it cannot exec.
struct SpawnFailure {
  int32_t error_number;
  char step[28];
};

[[noreturn]] void report_and_exit(const Prepared& prepared, const char* step) {
  SpawnFailure failure{};
  failure.error_number = errno;
  std::strncpy(failure.step, step, sizeof failure.step - 1);
  const ssize_t put = ::write(prepared.report_fd, &failure, sizeof failure);
  ::_exit(put == sizeof failure ? 127 : 126);
}

void set_limit(const Prepared& prepared, __rlimit_resource resource, std::optional<uint64_t> wanted) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) report_and_exit(prepared, "getrlimit");
  limit.rlim_cur = wanted ? std::min<rlim_t>(*wanted, limit.rlim_max) : limit.rlim_max;
  if (::setrlimit(resource, &limit) != 0) report_and_exit(prepared, "setrlimit");
}

[[noreturn]] void become_child(const Prepared& prepared) {
  const ChildOptions& options = *prepared.options;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above.
  if (::getppid() != prepared.parent) ::_exit(125);
  // Handlers first: none of the parent's may run in the child.
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (prepared.cgroup_fd >= 0 && ::write(prepared.cgroup_fd, "0", 1) != 1) report_and_exit(prepared, "join the cgroup");
  if (options.kernel_core) set_limit(prepared, RLIMIT_CORE, std::nullopt);
  if (!options.kernel_core && !forbid_kernel_core()) report_and_exit(prepared, "forbid cores of the kernel");
  if (options.address_space_limit_bytes) set_limit(prepared, RLIMIT_AS, options.address_space_limit_bytes);
  if (::chdir(options.working_folder.c_str()) != 0) report_and_exit(prepared, "enter the working folder");
  if (::dup2(prepared.stdin_fd, 0) < 0 || ::dup2(prepared.stdout_fd, 1) < 0 || ::dup2(prepared.stderr_fd, 2) < 0) {
    report_and_exit(prepared, "dup2");
  }
  for (const int fd : options.inherited_fds) {
    if (::fcntl(fd, F_SETFD, 0) != 0) report_and_exit(prepared, "inherit a descriptor");
  }
  if (!options.ptrace_allowed && !forbid_ptrace()) report_and_exit(prepared, "forbid ptrace");
  char byte = 0;
  if (prepared.gate_fd >= 0 && ::read(prepared.gate_fd, &byte, 1) != 1) ::_exit(124);
  ::execve(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
  report_and_exit(prepared, "exec");
}

// -1 with errno. A child that need not wait only becomes another program: it borrows the parent's memory until then, as
// copying the page tables of a long run costs more than all else that the harness does for a case.
pid_t start_child(const Prepared& prepared) {
  const pid_t pid = prepared.gate_fd < 0 ? ::vfork() : ::fork();
  if (pid == 0) become_child(prepared);
  return pid;
}

Result<UniqueFd> open_output(const std::string& path) {
  // O_APPEND: after a cut the child goes on at the new end.
  UniqueFd fd(
      ::open(path.empty() ? "/dev/null" : path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "create " + path);
  return fd;
}

// Our own way in, without O_APPEND, so that the mark of a cut goes where the cut is.
UniqueFd open_for_cutting(const std::string& path) {
  return UniqueFd(path.empty() ? -1 : ::open(path.c_str(), O_WRONLY | O_CLOEXEC));
}

struct Pipe {
  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    return true;
  }
  UniqueFd read_end;
  UniqueFd write_end;
};

int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

uint64_t to_ns(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(time.tv_usec) * 1'000U;
}

}  // namespace

void bound_output_file(int fd, uint64_t bytes_max) {
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return;
  const auto bytes = static_cast<uint64_t>(info.st_size);
  if (bytes <= 2 * bytes_max) return;
  const std::string mark = "\n[" + std::to_string(bytes - bytes_max) + " bytes of output cut here]\n";
  // The mark first: what the child writes meanwhile is behind it, and cut with the rest.
  const auto at = static_cast<off_t>(bytes_max);
  if (::pwrite(fd, mark.data(), mark.size(), at) != static_cast<ssize_t>(mark.size())) return;
  static_cast<void>(!::ftruncate(fd, at + static_cast<off_t>(mark.size())));
}

bool ChildEnd::by_signal() const { return WIFSIGNALED(wait_status); }

bool ChildEnd::exited_with(int code) const { return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == code; }

std::string describe_wait_status(int32_t wait_status) {
  if (WIFEXITED(wait_status)) return "exit status " + std::to_string(WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  const char* const abbreviation = ::sigabbrev_np(number);
  std::string text = abbreviation != nullptr ? std::string("SIG") + abbreviation : "signal " + std::to_string(number);
  if (WCOREDUMP(wait_status)) text += " (core dumped)";
  return text;
}

Result<std::unique_ptr<Child>> Child::spawn(const ChildOptions& options) {
  std::vector<std::string> arguments = options.argv;
  std::vector<std::string> environment = changed_environment(options.environment);
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto out = open_output(options.stdout_path);
  if (!out) return tl::unexpected(out.error());
  auto error = open_output(options.stderr_path);
  if (!error) return tl::unexpected(error.error());
  UniqueFd cgroup;
  if (!options.cgroup_procs.empty()) {
    cgroup.reset(::open(options.cgroup_procs.c_str(), O_WRONLY | O_CLOEXEC));
    if (!cgroup) return fail_errno(errno, "open " + options.cgroup_procs);
  }
  Pipe report;
  Pipe gate;
  if (!report.open() || !gate.open()) return fail_errno(errno, "pipe");
  Prepared prepared;
  prepared.argv = text_pointers(arguments);
  prepared.envp = text_pointers(environment);
  prepared.options = &options;
  prepared.stdin_fd = null.get();
  prepared.stdout_fd = out->get();
  prepared.stderr_fd = error->get();
  prepared.cgroup_fd = cgroup.get();
  prepared.report_fd = report.write_end.get();
  prepared.gate_fd = options.before_exec ? gate.read_end.get() : -1;
  prepared.parent = ::getpid();

  std::unique_ptr<Child> child(new Child());
  child->started_ns_ = monotonic_ns();
  child->pid_ = start_child(prepared);
  if (child->pid_ < 0) {
    child->pid_ = 0;
    return fail_errno(errno, "fork");
  }
  child->output_bytes_max_ = options.output_bytes_max;
  child->stdout_ = open_for_cutting(options.stdout_path);
  child->stderr_ = open_for_cutting(options.stderr_path);
  report.write_end.reset();
  if (options.before_exec) {
    // On failure the child is killed and reaped by its destructor.
    if (auto done = options.before_exec(child->pid_); !done) return tl::unexpected(done.error());
    // A byte and not the end of file: a child forked by another thread at this moment holds a copy of the write end.
    if (auto opened = write_all(gate.write_end.get(), std::as_bytes(std::span("g", 1))); !opened) {
      return tl::unexpected(opened.error());
    }
  }
  if (auto started = child->await_exec(report.read_end, options.argv[0]); !started) {
    return tl::unexpected(started.error());
  }
  return child;
}

Status Child::await_exec(const UniqueFd& report, const std::string& program) {
  SpawnFailure failure{};
  ssize_t got = 0;
  do {
    got = ::read(report.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof failure)) {
    reap();
    if (failure.error_number == ENOENT) return fail(ErrorKind::kUsage, program + ": no such program");
    return fail_errno(failure.error_number, "start " + program + ": " + failure.step);
  }
  pidfd_.reset(open_pidfd(pid_));
  if (!pidfd_) return fail_errno(errno, "pidfd_open");
  if (const auto stat = read_process_stat(pid_)) start_time_ = stat->start_time;
  return {};
}

Child::~Child() {
  if (pid_ == 0 || end_) return;
  ::kill(pid_, SIGKILL);
  reap();
}

bool Child::send_signal(int number) const {
  return !end_ && ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0;
}

void Child::reap() {
  ChildEnd end;
  rlimit limit{};
  // A zombie's limits can still be read; once reaped they are gone.
  if (::prlimit(pid_, RLIMIT_AS, nullptr, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    end.address_space_limit_bytes = limit.rlim_cur;
  }
  rusage usage{};
  pid_t reaped = 0;
  do {
    reaped = ::wait4(pid_, &end.wait_status, __WALL, &usage);
  } while (reaped < 0 && errno == EINTR);
  end.ended_ns = monotonic_ns();
  end.cpu_time_ns = to_ns(usage.ru_utime) + to_ns(usage.ru_stime);
  end.max_rss_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  end_ = end;
}

std::optional<ChildEnd> Child::wait(std::chrono::nanoseconds timeout) {
  const Deadline deadline(timeout);
  while (!end_) {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    // Rounded up, so that the last round does not spin.
    const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(deadline.remaining()).count();
    const int ready = ::poll(&ended, 1, static_cast<int>(std::min<int64_t>(left_ms, 1'000'000)));
    if (ready > 0) {
      reap();
      bound_output();
    } else if (deadline.passed()) {
      return std::nullopt;
    }
  }
  return end_;
}

void Child::bound_output() const {
  bound_output_file(stdout_.get(), output_bytes_max_);
  bound_output_file(stderr_.get(), output_bytes_max_);
}

}  // namespace crashwright::harness
