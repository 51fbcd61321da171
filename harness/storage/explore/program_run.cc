#include "harness/storage/explore/program_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "harness/runner/interrupt.h"
#include "harness/storage/storage_mount.h"

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

// While it lives, orphans of the program become children of this process and can be ended.
class Subreaper {
 public:
  Subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~Subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
  Subreaper(const Subreaper&) = delete;
  Subreaper& operator=(const Subreaper&) = delete;
};

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code none;
  const std::string tasks = "/proc/" + std::to_string(parent) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, none)) {
    std::istringstream numbers(read_file(task.path().string() + "/children").value_or(""));
    for (pid_t pid = 0; numbers >> pid;) children.push_back(pid);
  }
  return children;
}

void kill_tree(pid_t root) {
  ::kill(root, SIGSTOP);
  for (const pid_t child : children_of(root)) kill_tree(child);
  ::kill(root, SIGKILL);
}

class Program {
 public:
  Program(const ProgramRun& run, const std::string& mount)
      : run_(run), mount_(mount), before_(children_of(::getpid())) {
    for (const std::string& word : run.argv) argv_.push_back(const_cast<char*>(word.c_str()));
    argv_.push_back(nullptr);
  }

  // `output` and `ack` are write ends.
  Status start(int output, int ack) {
    const std::string ack_setting = "CRASHWRIGHT_ACK_FD=" + std::to_string(ack);
    std::vector<char*> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
    environment.push_back(const_cast<char*>(ack_setting.c_str()));
    environment.push_back(const_cast<char*>("PYTHONUNBUFFERED=1"));
    environment.push_back(nullptr);
    auto report = make_pipe();
    if (!report) return tl::unexpected(report.error());
    pid_ = ::fork();
    if (pid_ < 0) return fail_errno(errno, "start " + run_.argv.front());
    if (pid_ == 0) become(output, ack, environment.data(), report->write_end.get());
    ::setpgid(pid_, pid_);
    report->write_end.reset();
    int trouble = 0;
    if (::read(report->read_end.get(), &trouble, sizeof trouble) != sizeof trouble) return {};
    ::waitpid(pid_, nullptr, 0);
    return fail(ErrorKind::kUsage, "cannot start " + run_.argv.front() + ": " + std::strerror(trouble),
                "the program is run in the mounted folder: give its path, or a name that is in PATH");
  }

  // False when its time was over.
  bool wait() {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    pollfd ended{process.get(), POLLIN, 0};
    const Deadline deadline(run_.patience);
    while (::poll(&ended, 1, kLookMs) <= 0) {
      if (deadline.passed() || interrupted()) return false;
    }
    return true;
  }

  // Ends everything that came of it; the wait status of the program itself.
  int end() {
    kill_tree(pid_);
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    for (bool again = true; again;) {
      again = false;
      for (const pid_t child : children_of(::getpid())) {
        if (std::find(before_.begin(), before_.end(), child) != before_.end()) continue;
        kill_tree(child);
        again = ::waitpid(child, nullptr, 0) > 0 || again;
      }
    }
    return status;
  }

 private:
  // In the child: only async-signal-safe calls.
  [[noreturn]] void become(int output, int ack, char** environment, int report) const {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGPIPE, SIG_DFL);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::fcntl(ack, F_SETFD, 0);
    if (::chdir(mount_.c_str()) == 0) ::execvpe(argv_[0], argv_.data(), environment);
    const int trouble = errno;
    static_cast<void>(::write(report, &trouble, sizeof trouble) < 0);
    ::_exit(kNotStarted);
  }

  const ProgramRun& run_;
  const std::string& mount_;
  std::vector<char*> argv_;
  std::vector<pid_t> before_;  // children that are not of this program
  pid_t pid_ = -1;
};

Status prepare_folders(const ProgramRun& run) {
  std::error_code trouble;
  for (const char* name : {"/mount", "/backing", "/record"})
    std::filesystem::create_directory(run.work + name, trouble);
  if (trouble) return fail(ErrorKind::kIo, "make folders in " + run.work + ": " + trouble.message());
  if (run.copy_of.empty()) return {};
  std::filesystem::copy(run.copy_of, run.work + "/backing",
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks,
                        trouble);
  if (trouble) return fail(ErrorKind::kUsage, "copy " + run.copy_of + ": " + trouble.message(), "--dir takes a folder");
  return {};
}

Status check_end(const ProgramRun& run, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string how = WIFSIGNALED(status) ? std::string("died of ") + ::strsignal(WTERMSIG(status))
                                              : "ended with exit status " + std::to_string(WEXITSTATUS(status));
  return fail(ErrorKind::kUsage, run.argv.front() + " " + how + ": nothing is judged",
              "the program must end well by itself when no power is lost");
}

}  // namespace

Result<RecordedRun> record_program(const ProgramRun& run) {
  if (auto prepared = prepare_folders(run); !prepared) return tl::unexpected(prepared.error());
  auto output = make_pipe();
  auto ack = make_pipe();
  if (!output || !ack) return tl::unexpected(!output ? output.error() : ack.error());
  RecordedRun recorded;
  recorded.output_path = run.work + "/output.txt";
  const UniqueFd echo(::open(recorded.output_path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644));
  StorageOptions options;
  options.backing = run.work + "/backing";
  options.mount_point = run.work + "/mount";
  options.record_folder = run.work + "/record";
  options.ack_pipes = {output->read_end.get(), ack->read_end.get()};
  options.echo_fd = echo.get();
  auto mount = StorageMount::start(options);
  if (!mount) return tl::unexpected(mount.error());
  const Subreaper reaper;
  Program program(run, options.mount_point);
  if (auto started = program.start(output->write_end.get(), ack->write_end.get()); !started) {
    return tl::unexpected(started.error());
  }
  output->write_end.reset();
  ack->write_end.reset();
  const bool in_time = program.wait();
  const int status = program.end();
  if (auto settled = (*mount)->settle(); !settled) return tl::unexpected(settled.error());
  if (auto same = (*mount)->verify_record(); !same) return tl::unexpected(same.error());
  if (auto record = StorageRecord::open(options.record_folder); record) {
    recorded.record = std::move(*record);
  } else {
    return tl::unexpected(record.error());
  }
  if (auto stopped = (*mount)->stop(); !stopped) return tl::unexpected(stopped.error());
  if (!in_time) {
    recorded.note = "the program was killed after " + std::to_string(run.patience.count()) + " ms, its record counts";
    return recorded;
  }
  if (auto well = check_end(run, status); !well) return tl::unexpected(well.error());
  return recorded;
}

std::vector<std::string> bind_program_words(std::vector<std::string> argv, const std::string& base) {
  const auto bound = [&](const std::string& word, bool program) {
    if (word.empty() || word.front() == '/' || word.find('/') == std::string::npos) return word;
    const std::string path = base + "/" + word;
    const bool script = word.ends_with(".py") || word.ends_with(".sh");
    const bool there = ::access(path.c_str(), program || !script ? X_OK : R_OK) == 0;
    struct stat info {};
    return there && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) ? path : word;
  };
  for (size_t i = 0; i < argv.size(); ++i) {
    const bool shell_text = i > 0 && argv[i - 1] == "-c";
    if (!shell_text) {
      argv[i] = bound(argv[i], i == 0);
      continue;
    }
    std::string text;
    std::string word;
    for (const char c : argv[i] + " ") {
      if (std::strchr(" \t\n;&|()<>\"'", c) == nullptr) {
        word += c;
        continue;
      }
      text += (word.starts_with("./") ? bound(word, true) : word) + c;
      word.clear();
    }
    text.pop_back();
    argv[i] = text;
  }
  return argv;
}

}  // namespace crashwright::harness
