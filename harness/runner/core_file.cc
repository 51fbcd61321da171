#include "harness/runner/core_file.h"

#include <filesystem>

#include "base/file.h"
#include "rca/core_file.h"

namespace crashwright::harness {
namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string core_pattern() {
  const auto text = read_file("/proc/sys/kernel/core_pattern");
  return text ? trimmed(*text) : std::string();
}

// Cores of `pid` in `folder`, by name first, by their own note then.
std::string core_in(const std::string& folder, int32_t pid, bool by_name_only) {
  std::error_code error;
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.find("core") == std::string::npos || !entry.is_regular_file(error)) continue;
    if (by_name_only && name.find(std::to_string(pid)) == std::string::npos) continue;
    const auto owner = core_pid(entry.path().string());
    if (owner && *owner == pid) found = entry.path().string();
  }
  return found;
}

}  // namespace

CorePattern classify_core_pattern(const std::string& pattern) {
  if (pattern.starts_with("|")) return CorePattern::kPipe;
  return pattern.find('/') == std::string::npos ? CorePattern::kWorkingFolder : CorePattern::kAbsolute;
}

CoreSearch find_core(const std::string& folder, int32_t pid) {
  const std::string pattern = core_pattern();
  std::string path = core_in(folder, pid, false);
  if (path.empty() && classify_core_pattern(pattern) == CorePattern::kAbsolute) {
    const std::string shared = pattern.substr(0, pattern.rfind('/'));
    const std::string there = core_in(shared, pid, true);
    std::error_code error;
    path = folder + "/core." + std::to_string(pid);
    if (!there.empty()) std::filesystem::rename(there, path, error);
    if (there.empty() || error) path.clear();
  }
  if (path.empty()) {
    if (classify_core_pattern(pattern) == CorePattern::kPipe) {
      return {"", "the kernel hands cores to a program: core_pattern is " + pattern};
    }
    return {"", "no core of process " + std::to_string(pid) + " in its working folder, core_pattern is " + pattern};
  }
  if (const auto complete = check_core_complete(path); !complete) return {"", complete.error().message};
  return {path, ""};
}

Status check_core_complete(const std::string& path) {
  const auto core = rca::CoreFile::open(path);
  if (!core) return tl::unexpected(core.error());
  if (const uint64_t missing = core->missing_bytes(); missing > 0) {
    return fail(ErrorKind::kCorrupt, path + ": truncated, " + std::to_string(missing) + " bytes are missing");
  }
  return {};
}

Result<int32_t> core_pid(const std::string& path) {
  const auto core = rca::CoreFile::open(path);
  if (!core) return tl::unexpected(core.error());
  if (core->pid() == 0) return fail(ErrorKind::kCorrupt, path + ": no process information");
  return core->pid();
}

}  // namespace crashwright::harness
