#include "harness/storage/explore/checker.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "harness/storage/explore/program_call.h"

namespace crashwright::harness {
namespace {

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
      : acked_(scratch + "/acked.txt", tokens),
        call_(options.argv, {"CRASHWRIGHT_ACKED=" + scratch + "/acked.txt"}, options.patience) {
    call_.appear_at(options.seen_at);
  }

  Result<ImageVerdict> judge(const std::string& image, uint32_t acked, uint32_t /*point*/) override {
    if (auto shown = acked_.show(acked); !shown) return tl::unexpected(shown.error());
    auto end = call_.run(image);
    if (!end) return tl::unexpected(end.error());
    ImageVerdict verdict;
    const auto exception = end->exited_with(1) ? uncaught_exception(end->output) : std::nullopt;
    if (exception && exception->of_program) {
      verdict.kind = ImageVerdict::Kind::kError;
      verdict.output = "the checker is broken: " + exception->what + "\n" + end->output;
      return verdict;
    }
    if (end->exited_with(0) || end->exited_with(1)) {
      verdict.kind = end->exited_with(0) ? ImageVerdict::Kind::kConsistent : ImageVerdict::Kind::kViolated;
      verdict.output = std::move(end->output);
      return verdict;
    }
    verdict.kind = ImageVerdict::Kind::kError;
    verdict.output = "the checker " + call_.describe(*end) + (end->output.empty() ? "" : "\n" + end->output);
    return verdict;
  }

 private:
  AckedFile acked_;
  ProgramCall call_;
};

}  // namespace

JudgeFactory checker_judges(const CheckerOptions& options, const std::vector<std::string>& tokens) {
  return [options, &tokens](const std::string& scratch) -> Result<std::unique_ptr<ImageJudge>> {
    return std::make_unique<Checker>(options, scratch, tokens);
  };
}

}  // namespace crashwright::harness
