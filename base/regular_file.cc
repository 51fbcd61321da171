#include "base/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace crashwright {

Status expect_regular_file(const std::string& path, uint64_t bytes_max) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno(errno, "open " + path);
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::kUsage, path + " is no regular file");
  if (static_cast<uint64_t>(info.st_size) <= bytes_max) return {};
  return fail(ErrorKind::kUsage, path + " has more than " + std::to_string(bytes_max) + " bytes");
}

Result<std::string> read_at_most(const std::string& path, size_t bytes_max) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(errno, "open " + path);
  std::string text(bytes_max + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + path);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > bytes_max) {
    return fail(ErrorKind::kUsage, path + " has more than " + std::to_string(bytes_max) + " bytes");
  }
  text.resize(size);
  return text;
}

}  // namespace crashwright
