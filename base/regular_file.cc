#include "base/regular_file.h"

#include <sys/stat.h>

#include <cerrno>

namespace crashwright {

Status expect_regular_file(const std::string& path, uint64_t bytes_max) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno(errno, "open " + path);
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::kUsage, path + " is no regular file");
  if (static_cast<uint64_t>(info.st_size) <= bytes_max) return {};
  return fail(ErrorKind::kUsage, path + " has more than " + std::to_string(bytes_max) + " bytes");
}

}  // namespace crashwright
