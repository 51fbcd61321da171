#include "bench/crash_handler_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>

#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "bench/crash_handler_output.h"
#include "postmortem/testing/deaths.h"

namespace crashwright::bench {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kPatienceNs = 6'000'000'000;
constexpr size_t kDrainBytes = 65'536;

bool g_small_disks = false;

// A folder for one death: `out` for what the handler leaves, `cwd` for the core.
class DeathFolder {
 public:
  explicit DeathFolder(bool small) {
    char path[] = "/tmp/crashwright-handler-XXXXXX";
    if (::mkdtemp(path) == nullptr) return;
    root_ = path;
    fs::create_directories(out());
    fs::create_directories(cwd());
    small_ = small && ::mount("tmpfs", out().c_str(), "tmpfs", 0, "size=1m") == 0;
  }
  ~DeathFolder() {
    if (root_.empty()) return;
    if (small_) ::umount2(out().c_str(), MNT_DETACH);
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  DeathFolder(const DeathFolder&) = delete;
  DeathFolder& operator=(const DeathFolder&) = delete;

  [[nodiscard]] bool ready() const { return !root_.empty(); }
  [[nodiscard]] bool small() const { return small_; }
  [[nodiscard]] std::string out() const { return root_ + "/out"; }
  [[nodiscard]] std::string cwd() const { return root_ + "/cwd"; }

 private:
  std::string root_;
  bool small_ = false;
};

VictimPage* make_page(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  const VictimPage blank{};
  if (!fd || ::write(fd.get(), &blank, sizeof blank) != sizeof blank) return nullptr;
  void* const mapping = ::mmap(nullptr, sizeof(VictimPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  return mapping == MAP_FAILED ? nullptr : static_cast<VictimPage*>(mapping);
}

[[noreturn]] void become_victim(const std::string& program, const std::string& handler, const std::string& death,
                                const DeathFolder& folder, int fd) {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_CORE, &unlimited);
  ::setenv("CRASHWRIGHT_DEATH_FILLS", (folder.out() + "/rest").c_str(), 1);
  const int quiet = ::open("/dev/null", O_WRONLY);
  ::dup2(quiet, STDERR_FILENO);
  if (::chdir(folder.cwd().c_str()) != 0) ::_exit(127);
  ::execl(program.c_str(), program.c_str(), handler.c_str(), death.c_str(), folder.out().c_str(),
          std::to_string(fd).c_str(), nullptr);
  ::_exit(127);
}

// Follows one victim: what it writes, when, and how it ends.
class Watch {
 public:
  Watch(pid_t pid, int pipe, const std::string& folder)
      : pid_(pid),
        pipe_(pipe),
        process_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        changes_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    watch_folder(folder);
  }

  // False when the victim had to be killed.
  bool follow() {
    const uint64_t until_ns = monotonic_ns() + kPatienceNs;
    bool in_time = true;
    for (;;) {
      const int pipe = pipe_open_ ? pipe_ : -1;
      pollfd events[] = {{process_.get(), POLLIN, 0}, {pipe, POLLIN, 0}, {changes_.get(), POLLIN, 0}};
      ::poll(events, 3, 100);
      const uint64_t now_ns = monotonic_ns();
      if ((events[1].revents & (POLLIN | POLLHUP)) != 0) drain_pipe(now_ns);
      if ((events[2].revents & POLLIN) != 0) drain_changes(now_ns);
      if ((events[0].revents & POLLIN) != 0) break;
      if (now_ns > until_ns && in_time) {
        in_time = false;
        ::kill(pid_, SIGKILL);
      }
    }
    ::waitpid(pid_, &status_, 0);
    gone_ns_ = monotonic_ns();
    drain_pipe(output_ns_);
    return in_time;
  }

  [[nodiscard]] int exit_code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }
  [[nodiscard]] uint64_t gone_ns() const { return gone_ns_; }
  [[nodiscard]] uint64_t output_ns() const { return output_ns_; }
  [[nodiscard]] const std::string& piped() const { return piped_; }

 private:
  void drain_pipe(uint64_t now_ns) {
    static char bytes[kDrainBytes];
    for (;;) {
      const ssize_t size = ::read(pipe_, bytes, sizeof bytes);
      if (size == 0) pipe_open_ = false;
      if (size <= 0) return;
      piped_.append(bytes, static_cast<size_t>(size));
      output_ns_ = now_ns;
    }
  }

  // With the folders inside it, those that appear later as well.
  void watch_folder(const std::string& folder) {
    const int watch =
        ::inotify_add_watch(changes_.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO);
    if (watch < 0) return;
    folders_[watch] = folder;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (entry.is_directory(ignored)) watch_folder(entry.path());
    }
  }

  void drain_changes(uint64_t now_ns) {
    alignas(inotify_event) static char bytes[kDrainBytes];
    for (;;) {
      const ssize_t size = ::read(changes_.get(), bytes, sizeof bytes);
      if (size <= 0) return;
      for (ssize_t at = 0; at < size;) {
        const auto* const event = reinterpret_cast<const inotify_event*>(bytes + at);
        at += static_cast<ssize_t>(sizeof *event + event->len);
        if (event->len == 0 || (std::strcmp(event->name, "rest") != 0 && std::strcmp(event->name, "page") != 0)) {
          output_ns_ = now_ns;
        }
        if ((event->mask & IN_ISDIR) != 0 && event->len != 0) watch_folder(folders_[event->wd] + "/" + event->name);
      }
    }
  }

  pid_t pid_;
  int pipe_;
  UniqueFd process_;
  UniqueFd changes_;
  std::map<int, std::string> folders_;  // by their watch
  bool pipe_open_ = true;
  int status_ = 0;
  uint64_t gone_ns_ = 0;
  uint64_t output_ns_ = 0;
  std::string piped_;
};

// Handlers start processes; this process is their reaper once the victim is gone.
void end_leftovers() {
  const std::string list = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  for (int round = 0; round < 100; ++round) {
    std::istringstream children(read_file(list).value_or(""));
    bool any = false;
    for (pid_t child = 0; children >> child;) {
      any = true;
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    if (!any) return;
  }
}

double milliseconds(uint64_t from_ns, uint64_t to_ns) {
  return to_ns > from_ns ? static_cast<double>(to_ns - from_ns) / 1e6 : 0;
}

Outcome judge(const Watch& watch, bool in_time, const std::string& handler, const DeathFolder& folder,
              const VictimPage& page) {
  Outcome outcome;
  outcome.installed = page.installed.load() == 1;
  outcome.cannot_die = watch.exit_code() == postmortem::testing::kCannotDie;
  const uint64_t fault_ns = page.fault_ns.load();
  outcome.record_ms = milliseconds(fault_ns, watch.output_ns());
  outcome.gone_ms = milliseconds(fault_ns, watch.gone_ns());
  const bool ours = handler == "crashwright";
  outcome.left = ours ? judge_record(folder.out() + "/record", page, outcome)
                      : judge_output(watch.piped() + output_of(folder.out()), page);
  if (!in_time) outcome.left = Left::kHung;
  outcome.core = read_core(folder.cwd(), page);
  const std::string calls = read_file(folder.cwd() + "/calls").value_or("");
  if (calls.size() == 2 * sizeof(uint64_t)) {
    std::memcpy(&outcome.forbidden_calls, calls.data() + sizeof(uint64_t), sizeof outcome.forbidden_calls);
  }
  return outcome;
}

}  // namespace

Result<Outcome> run_victim(const std::string& program, const std::string& handler, const std::string& death) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const bool disk_full = death == "disk_full";
  const DeathFolder folder(disk_full && g_small_disks);
  if (disk_full && !folder.small()) {
    Outcome none;
    none.installed = none.cannot_die = true;
    return none;
  }
  VictimPage* const page = folder.ready() ? make_page(folder.out() + "/page") : nullptr;
  int ends[2];
  if (page == nullptr || ::pipe2(ends, O_NONBLOCK) != 0) return fail_errno(errno, "prepare a victim's folder");
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  ::fcntl(ends[1], F_SETFL, 0);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, "fork");
  if (pid == 0) become_victim(program, handler, death, folder, ends[1]);
  ::close(ends[1]);
  const UniqueFd pipe(ends[0]);
  Watch watch(pid, pipe.get(), folder.out());
  const bool in_time = watch.follow();
  end_leftovers();
  const Outcome outcome = judge(watch, in_time, handler, folder, *page);
  ::munmap(page, sizeof *page);
  return outcome;
}

bool prepare_small_disks() {
  g_small_disks = (::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
                  ::mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr) == 0;
  return g_small_disks;
}

const char* word_for(Left left) {
  switch (left) {
    case Left::kComplete:
      return "complete";
    case Left::kPartial:
      return "partial";
    case Left::kLost:
      return "lost";
    case Left::kHung:
      return "hung";
  }
  return "";
}

}  // namespace crashwright::bench
