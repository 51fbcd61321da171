#include "harness/runner/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/unique_fd.h"

namespace crashwright::harness {
namespace {

constexpr size_t kBlockBytes = 64 << 10;

Status io_error(const std::error_code& error, const std::string& what) { return fail_errno(error.value(), what); }

bool all_zero(const std::vector<char>& block, size_t size) {
  return block[0] == 0 && std::memcmp(block.data(), block.data() + 1, size - 1) == 0;
}

}  // namespace

Status make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return io_error(error, "make the folder " + path);
  return {};
}

Status remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return io_error(error, "remove " + path);
  return {};
}

Status copy_file(const std::string& from, const std::string& to) {
  const UniqueFd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) return fail_errno(errno, "open " + from);
  const UniqueFd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!target) return fail_errno(errno, "create " + to);
  std::vector<char> block(kBlockBytes);
  off_t at = 0;
  for (;;) {
    const ssize_t got = ::pread(source.get(), block.data(), block.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + from);
    if (got == 0) break;
    const auto bytes = static_cast<size_t>(got);
    if (!all_zero(block, bytes) && ::pwrite(target.get(), block.data(), bytes, at) != got) {
      return fail_errno(errno, "write " + to);
    }
    at += got;
  }
  if (::ftruncate(target.get(), at) != 0) return fail_errno(errno, "size " + to);
  return {};
}

Status copy_files(const std::string& from, const std::string& to) {
  if (auto made = make_folder(to); !made) return made;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(from, error)) {
    if (!entry.is_regular_file(error)) continue;
    if (auto copied = copy_file(entry.path().string(), to + "/" + entry.path().filename().string()); !copied) {
      return copied;
    }
  }
  if (error) return io_error(error, "list " + from);
  return {};
}

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace crashwright::harness
