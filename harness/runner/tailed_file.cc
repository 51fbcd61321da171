#include "harness/runner/tailed_file.h"

#include <fcntl.h>
#include <unistd.h>

namespace crashwright::harness {
namespace {

constexpr size_t kLineBytesMax = 64 * 1024;

}  // namespace

void TailedFile::read(const std::function<void(const std::string& line)>& on_line) {
  if (!fd_) fd_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  for (;;) {
    const ssize_t got = fd_ ? ::pread(fd_.get(), buffer, sizeof buffer, static_cast<off_t>(offset_)) : 0;
    if (got <= 0) return;
    offset_ += static_cast<uint64_t>(got);
    for (ssize_t i = 0; i < got; ++i) {
      if (buffer[i] == '\n') {
        on_line(unfinished_);
        unfinished_.clear();
      } else if (unfinished_.size() < kLineBytesMax) {
        unfinished_ += buffer[i];
      }
    }
  }
}

}  // namespace crashwright::harness
