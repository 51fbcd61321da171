#include "harness/storage/explore/checker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace crashwright::harness {
namespace {

constexpr size_t kOutputBytesMax = 16 << 10;
constexpr int kNotStarted = 127;

// The tokens acknowledged so far, as a file that grows and shrinks with the crash point.
class AckedFile {
 public:
  AckedFile(std::string path, const std::vector<std::string>& tokens) : path_(std::move(path)), tokens_(tokens) {}

  Status show(uint32_t count) {
    if (!file_) file_ = UniqueFd(::open(path_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644));
    if (!file_) return fail_errno(errno, "make " + path_);
    while (ends_.size() > count) ends_.pop_back();
    const size_t keep = ends_.empty() ? 0 : ends_.back();
    if (::ftruncate(file_.get(), static_cast<off_t>(keep)) != 0) return fail_errno(errno, "write " + path_);
    std::string more;
    while (ends_.size() < count) {
      more += tokens_[ends_.size()] + "\n";
      ends_.push_back(keep + more.size());
    }
    const ssize_t put = ::pwrite(file_.get(), more.data(), more.size(), static_cast<off_t>(keep));
    if (put != static_cast<ssize_t>(more.size())) return fail_errno(put < 0 ? errno : ENOSPC, "write " + path_);
    return {};
  }

 private:
  std::string path_;
  const std::vector<std::string>& tokens_;
  UniqueFd file_;
  std::vector<size_t> ends_;  // of each token shown
};

class Checker final : public ImageJudge {
 public:
  Checker(const CheckerOptions& options, const std::string& scratch, const std::vector<std::string>& tokens)
      : options_(options), acked_(scratch + "/acked.txt", tokens) {
    acked_setting_ = "CRASHWRIGHT_ACKED=" + scratch + "/acked.txt";
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (std::strncmp(*entry, "CRASHWRIGHT_ACKED=", 18) != 0) environment_.push_back(*entry);
    }
    environment_.push_back(acked_setting_.data());
    environment_.push_back(nullptr);
    for (std::string& word : options_.argv) argv_.push_back(word.data());
    argv_.push_back(nullptr);
  }

  Result<ImageVerdict> judge(const std::string& image, uint32_t acked, uint32_t /*point*/) override {
    if (auto shown = acked_.show(acked); !shown) return tl::unexpected(shown.error());
    if (!output_) output_ = UniqueFd(::memfd_create("checker", MFD_CLOEXEC));
    if (!output_ || ::ftruncate(output_.get(), 0) != 0)
      return fail_errno(errno, "make a file for the checker's output");
    ::lseek(output_.get(), 0, SEEK_SET);
    const pid_t pid = ::fork();
    if (pid < 0) return fail_errno(errno, "start the checker");
    if (pid == 0) become(image);
    ::setpgid(pid, pid);
    const bool in_time = await(pid);
    ::kill(-pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return verdict(in_time, status);
  }

 private:
  // In the child: only async-signal-safe calls.
  [[noreturn]] void become(const std::string& image) const {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output_.get(), STDOUT_FILENO);
    ::dup2(output_.get(), STDERR_FILENO);
    ::signal(SIGPIPE, SIG_DFL);
    if (::chdir(image.c_str()) == 0) ::execvpe(argv_[0], argv_.data(), environment_.data());
    ::_exit(kNotStarted);
  }

  [[nodiscard]] bool await(pid_t pid) const {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    pollfd ended{process.get(), POLLIN, 0};
    int answer = -1;
    do {
      answer = ::poll(&ended, 1, static_cast<int>(options_.patience.count()));
    } while (answer < 0 && errno == EINTR);
    return answer > 0;
  }

  [[nodiscard]] ImageVerdict verdict(bool in_time, int status) const {
    ImageVerdict verdict;
    verdict.output.resize(kOutputBytesMax);
    const ssize_t got = ::pread(output_.get(), verdict.output.data(), kOutputBytesMax, 0);
    verdict.output.resize(got > 0 ? static_cast<size_t>(got) : 0);
    if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0) return verdict;
    verdict.kind = ImageVerdict::Kind::kViolated;
    if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 1) return verdict;
    verdict.kind = ImageVerdict::Kind::kError;
    verdict.output = describe_error(in_time, status) + (verdict.output.empty() ? "" : "\n" + verdict.output);
    return verdict;
  }

  [[nodiscard]] std::string describe_error(bool in_time, int status) const {
    if (!in_time) return "the checker took longer than " + std::to_string(options_.patience.count()) + " ms";
    if (WIFSIGNALED(status)) return std::string("the checker died of ") + ::strsignal(WTERMSIG(status));
    if (WEXITSTATUS(status) == kNotStarted)
      return "the checker " + options_.argv[0] + " could not be started (exit status 127)";
    return "the checker ended with exit status " + std::to_string(WEXITSTATUS(status));
  }

  CheckerOptions options_;
  AckedFile acked_;
  std::string acked_setting_;
  std::vector<char*> environment_;
  std::vector<char*> argv_;
  UniqueFd output_;
};

}  // namespace

JudgeFactory checker_judges(const CheckerOptions& options, const std::vector<std::string>& tokens) {
  return [options, &tokens](const std::string& scratch) -> Result<std::unique_ptr<ImageJudge>> {
    return std::make_unique<Checker>(options, scratch, tokens);
  };
}

}  // namespace crashwright::harness
