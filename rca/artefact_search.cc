#include "rca/artefact_search.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/unique_fd.h"
#include "postmortem/control_block.h"
#include "rca/crash_text.h"
#include "rca/file_part.h"
#include "rca/unpacked_file.h"

namespace crashwright::rca {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFilesMax = 4096;
constexpr int kDepthMax = 4;
constexpr size_t kLookedAt = 4096;  // bytes that tell what a file is

constexpr std::string_view kQuoting[] = {".json", ".jsonl", ".yaml", ".yml", ".html", ".xml", ".md",
                                         ".cc",   ".cpp",   ".h",    ".c",   ".py",   ".sh",  ".csv"};

constexpr std::string_view kCgroupFiles[] = {"memory.events", "memory.events.local", "memory.oom_control",
                                             "memory.failcnt"};

UniqueFd open_regular(const std::string& path, uint64_t& size) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return UniqueFd();
  size = static_cast<uint64_t>(info.st_size);
  return fd;
}

bool is_sanitizer_report(const std::string& name) {
  for (const std::string_view tool : {"asan.", "ubsan.", "tsan.", "msan.", "hwasan."}) {
    if (name.starts_with(tool)) return true;
  }
  return false;
}

FileKind kind_of_elf(const std::string& start) {
  uint16_t type = 0;
  if (start.size() < EI_NIDENT + sizeof type) return FileKind::kOther;
  std::memcpy(&type, start.data() + EI_NIDENT, sizeof type);
  if (start[EI_DATA] == ELFDATA2MSB) type = static_cast<uint16_t>(type << 8 | type >> 8);
  if (type == ET_CORE) return FileKind::kCore;
  return type == ET_EXEC || type == ET_DYN ? FileKind::kProgram : FileKind::kOther;
}

// What is called a core is meant to be one, even if a cut or damage left nothing of it.
bool is_called_core(const std::string& name) {
  if (name == "core" || name.ends_with(".core")) return true;
  return name.starts_with("core.") && name.find_first_not_of("0123456789", 5) == std::string::npos;
}

// "core.engine.1000.4f5e.4711.zst"
bool is_of_core_by_name(const std::string& name) { return name.find("core") != std::string::npos; }

bool is_binary_file(const std::string& path) {
  uint64_t size = 0;
  const UniqueFd fd = open_regular(path, size);
  return fd && is_binary(read_file_part(fd.get(), 0, kLookedAt));
}

bool is_control_block(const std::string& start) {
  uint64_t magic = 0;
  if (start.size() < sizeof magic) return false;
  std::memcpy(&magic, start.data(), sizeof magic);
  return magic == postmortem::kControlBlockMagic;
}

}  // namespace

FileKind kind_of_file(const std::string& path) {
  uint64_t size = 0;
  const UniqueFd fd = open_regular(path, size);
  if (!fd) return FileKind::kOther;
  const std::string start = read_file_part(fd.get(), 0, kLookedAt);
  const fs::path file(path);
  if (std::ranges::find(kCgroupFiles, file.filename().string()) != std::end(kCgroupFiles)) return FileKind::kCgroup;
  if (start.starts_with(ELFMAG)) return kind_of_elf(start);
  if (is_of_core_by_name(file.filename()) && !packer_of(path).empty()) return FileKind::kPackedCore;
  if (is_called_core(file.filename())) return FileKind::kCore;
  if (start.starts_with("CWSC")) return FileKind::kCrashRecord;
  if (is_control_block(start)) return FileKind::kControlBlock;
  if (start.empty() || is_binary(start)) return FileKind::kOther;
  if (std::ranges::find(kQuoting, file.extension().string()) != std::end(kQuoting)) return FileKind::kOther;
  return is_sanitizer_report(file.filename()) ? FileKind::kSanitizerReport : FileKind::kText;
}

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && walk != end && paths.size() < kFilesMax;
       walk.increment(error)) {
    std::error_code ignored;
    if (walk.depth() >= kDepthMax) walk.disable_recursion_pending();
    if (walk->is_regular_file(ignored)) paths.push_back(walk->path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

FoundFiles search_files(const std::string& folder) {
  std::vector<std::string> paths = files_below(folder);
  FoundFiles found;
  for (std::string& path : paths) {
    switch (kind_of_file(path)) {
      case FileKind::kCore:
        found.cores.push_back(std::move(path));
        break;
      case FileKind::kPackedCore:
        found.packed_cores.push_back(std::move(path));
        break;
      case FileKind::kProgram:
        found.programs.push_back(std::move(path));
        break;
      case FileKind::kCrashRecord:
        found.records.push_back(std::move(path));
        break;
      case FileKind::kControlBlock:
        found.control_blocks.push_back(std::move(path));
        break;
      case FileKind::kSanitizerReport:
        found.reports.push_back(std::move(path));
        break;
      case FileKind::kCgroup:
        found.cgroup.push_back(std::move(path));
        break;
      case FileKind::kText:
        found.texts.push_back(std::move(path));
        break;
      case FileKind::kOther:
        found.binaries += is_binary_file(path) ? 1 : 0;
        break;
    }
  }
  return found;
}

std::string read_text_ends(const std::string& path) {
  uint64_t size = 0;
  const UniqueFd fd = open_regular(path, size);
  if (!fd) return {};
  if (size <= kCrashTextMax) return read_file_part(fd.get(), 0, kCrashTextMax);
  constexpr size_t kHalf = kCrashTextMax / 2 - 1;
  return read_file_part(fd.get(), 0, kHalf) + "\n" + read_file_part(fd.get(), size - kHalf, kHalf);
}

bool is_binary(std::string_view start) { return start.substr(0, kLookedAt).find('\0') != std::string_view::npos; }

namespace {

// What has no size of its own: the beginning is kept, and as much of the end; no more is read than anyone waits for.
Result<std::string> read_stream_ends(int fd, const std::string& path) {
  constexpr size_t kHalf = kCrashTextMax / 2 - 1;
  constexpr uint64_t kReadMax = uint64_t{16} << 30;
  std::string head;
  std::string tail;
  std::string part(size_t{64} << 10, '\0');
  uint64_t size = 0;
  while (size < kReadMax) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + path);
    if (got == 0) break;
    size += static_cast<uint64_t>(got);
    const size_t to_head = std::min(kHalf - head.size(), static_cast<size_t>(got));
    head.append(part, 0, to_head);
    tail.append(part, to_head, static_cast<size_t>(got) - to_head);
    if (tail.size() > 2 * kHalf) tail.erase(0, tail.size() - kHalf);
  }
  if (tail.size() > kHalf) tail.erase(0, tail.size() - kHalf);
  return size > 2 * kHalf ? head + "\n" + tail : head + tail;
}

}  // namespace

Result<std::string> read_named_text(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail_errno(errno, "open " + path);
  if (S_ISREG(info.st_mode) && info.st_size > 0) return read_text_ends(path);
  const bool is_null = S_ISCHR(info.st_mode) && info.st_rdev == ::makedev(1, 3);
  const bool is_terminal = S_ISCHR(info.st_mode) && ::isatty(fd.get()) == 1;
  if (S_ISBLK(info.st_mode) || S_ISDIR(info.st_mode) || (S_ISCHR(info.st_mode) && !is_null && !is_terminal)) {
    return fail(ErrorKind::kUsage, path + ": neither a file nor a pipe", "give a text, a core or a folder");
  }
  return read_stream_ends(fd.get(), path);
}

}  // namespace crashwright::rca
