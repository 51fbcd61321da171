#include "rca/unpacked_file.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "rca/file_part.h"

namespace crashwright::rca {
namespace {

constexpr size_t kBlock = size_t{256} << 10;

struct Packer {
  std::string_view magic;
  const char* tool;
};

constexpr Packer kPackers[] = {{"\x28\xb5\x2f\xfd", "zstd"},
                               {"\x1f\x8b\x08", "gzip"},
                               {{"\xfd\x37zXZ\0", 6}, "xz"},
                               {"\x04\x22\x4d\x18", "lz4"},
                               {"BZh", "bzip2"}};

// A file without a name, gone with its last descriptor.
Result<UniqueFd> nameless_file(uint64_t& room) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (error) folder = "/tmp";
  std::string name = (folder / "crashwright-unpacked-XXXXXX").string();
  UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return fail_errno(errno, "unpack into " + folder.string(), "make room there, or set TMPDIR");
  ::unlink(name.c_str());
  struct statvfs space {};
  room = ::fstatvfs(file.get(), &space) == 0 ? uint64_t{space.f_bavail} * space.f_frsize : 0;
  return file;
}

// The tool, reading `in` and writing into the pipe; its process id.
Result<pid_t> start_tool(const char* tool, int in, int out) {
  const char* const arguments[] = {tool, "-dc", nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int trouble = ::posix_spawnp(&pid, tool, &actions, nullptr, const_cast<char* const*>(arguments), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (trouble != 0) return fail(ErrorKind::kEnvironment, std::string(tool) + " is not installed here");
  return pid;
}

// What comes out of the pipe, up to `bytes_max`; false when it was more than that or cannot be stored.
bool copy_sparsely(int from, int to, uint64_t bytes_max) {
  std::vector<char> block(kBlock);
  uint64_t written = 0;
  bool whole = true;
  while (whole) {
    const ssize_t got = ::read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const size_t size = std::min<uint64_t>(static_cast<uint64_t>(got), bytes_max - written);
    whole = size == static_cast<size_t>(got);
    const bool hole =
        std::all_of(block.begin(), block.begin() + static_cast<ptrdiff_t>(size), [](char byte) { return byte == 0; });
    const bool stored = hole ? ::lseek(to, static_cast<off_t>(size), SEEK_CUR) >= 0
                             : write_all(to, std::as_bytes(std::span(block.data(), size))).has_value();
    whole = whole && stored;
    written += size;
  }
  return ::ftruncate(to, static_cast<off_t>(written)) == 0 && whole;
}

}  // namespace

std::string packer_of(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return {};
  const std::string start = read_file_part(file.get(), 0, 16);
  for (const Packer& packer : kPackers) {
    if (start.starts_with(packer.magic)) return packer.tool;
  }
  return {};
}

Result<UnpackedFile> UnpackedFile::open(const std::string& path, uint64_t bytes_max) {
  const std::string tool = packer_of(path);
  if (tool.empty()) return fail(ErrorKind::kUsage, path + " is not packed");
  const std::string remedy = "unpack it with: " + tool + " -dc " + path + " > core";
  const auto refused = [&](const std::string& why) {
    return fail(ErrorKind::kEnvironment, path + " is packed, and " + why, remedy);
  };
  const UniqueFd in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in) return fail_errno(errno, "open " + path);
  uint64_t room = 0;
  auto file = nameless_file(room);
  if (!file) return refused(file.error().message);
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "unpack " + path);
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  const auto pid = start_tool(tool.c_str(), in.get(), to.get());
  if (!pid) return refused(pid.error().message);
  to.reset();
  const bool whole = copy_sparsely(from.get(), file->get(), std::min(bytes_max, room / 2));
  if (!whole) ::kill(*pid, SIGKILL);  // a child of ours, not yet waited for
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return refused(tool + " is not installed here");
  UnpackedFile unpacked;
  unpacked.cut_off_ = !whole || status != 0;
  unpacked.file_ = std::move(*file);
  return unpacked;
}

std::string UnpackedFile::path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

}  // namespace crashwright::rca
