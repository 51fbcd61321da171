#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/unique_fd.h"

namespace crashwright {
namespace {

Status write_new(const std::string& path, std::string_view content, bool sync) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "create " + path);
  if (auto written = write_all(fd.get(), std::as_bytes(std::span(content))); !written) {
    return fail(written.error().kind, path + ": " + written.error().message);
  }
  if (sync && ::fsync(fd.get()) != 0) return fail_errno(errno, "fsync " + path);
  return {};
}

std::string parent_folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + path);
  std::string content;
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && info.st_size > 0) content.reserve(static_cast<size_t>(info.st_size));
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got == 0) return content;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + path);
    content.append(buffer, static_cast<size_t>(got));
  }
}

Status write_file(const std::string& path, std::string_view content) { return write_new(path, content, false); }

Status write_file_atomic(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".new";
  auto written = write_new(temporary, content, true);  // where this fails nothing is left behind
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = fail_errno(errno, "rename " + temporary);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  const UniqueFd folder(::open(parent_folder(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return fail_errno(errno, "fsync the folder of " + path);
  return {};
}

Status write_named_output(const std::string& path, std::string_view content) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return write_file_atomic(path, content);
  if (!S_ISREG(info.st_mode)) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open " + path);
    auto written = write_all(fd.get(), std::as_bytes(std::span(content.data(), content.size())));
    if (!written) written.error().message += " " + path;
    return written;
  }
  const std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr), &std::free);
  return target ? write_file_atomic(target.get(), content) : fail_errno(errno, path);
}

Status write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno(errno, "write");
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return {};
}

}  // namespace crashwright
