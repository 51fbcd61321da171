#include "rca/artefact_search.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/unique_fd.h"
#include "postmortem/control_block.h"
#include "rca/crash_text.h"
#include "rca/file_part.h"

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
  if (is_called_core(file.filename())) return FileKind::kCore;
  if (start.starts_with("CWSC")) return FileKind::kCrashRecord;
  if (is_control_block(start)) return FileKind::kControlBlock;
  if (start.empty() || start.find('\0') != std::string::npos) return FileKind::kOther;
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

}  // namespace crashwright::rca
