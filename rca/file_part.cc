#include "rca/file_part.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace crashwright::rca {

std::string read_file_part(int fd, uint64_t offset, uint64_t size) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || info.st_size <= 0 || offset >= static_cast<uint64_t>(info.st_size)) return {};
  std::string bytes(std::min(size, static_cast<uint64_t>(info.st_size) - offset), '\0');
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

}  // namespace crashwright::rca
