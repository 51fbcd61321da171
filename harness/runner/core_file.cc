#include "harness/runner/core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kNotesBytesMax = 16 << 20;

template <typename T>
bool read_at(int fd, uint64_t offset, T* items, size_t count = 1) {
  const size_t bytes = sizeof(T) * count;
  return ::pread(fd, items, bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes);
}

struct ElfHeaders {
  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments;
};

Result<ElfHeaders> read_headers(int fd, const std::string& path) {
  ElfHeaders elf;
  if (!read_at(fd, 0, &elf.header) || std::memcmp(elf.header.e_ident, ELFMAG, SELFMAG) != 0 ||
      elf.header.e_ident[EI_CLASS] != ELFCLASS64 || elf.header.e_phentsize != sizeof(Elf64_Phdr)) {
    return fail(ErrorKind::kCorrupt, path + ": no 64-bit ELF file");
  }
  size_t count = elf.header.e_phnum;
  if (count == PN_XNUM) {
    // More segments than the field can hold: the number is in the first section header.
    Elf64_Shdr first{};
    if (!read_at(fd, elf.header.e_shoff, &first)) return fail(ErrorKind::kCorrupt, path + ": headers cut off");
    count = first.sh_info;
  }
  elf.segments.resize(std::min<size_t>(count, 1 << 20));
  if (!read_at(fd, elf.header.e_phoff, elf.segments.data(), elf.segments.size())) {
    return fail(ErrorKind::kCorrupt, path + ": program headers cut off");
  }
  return elf;
}

// Calls `visit` with each note of the file until it answers true.
bool find_note(int fd, const ElfHeaders& elf,
               const std::function<bool(uint32_t type, std::string_view name, std::string_view data)>& visit) {
  for (const Elf64_Phdr& segment : elf.segments) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > kNotesBytesMax) continue;
    std::string notes(segment.p_filesz, '\0');
    if (!read_at(fd, segment.p_offset, notes.data(), notes.size())) continue;
    size_t at = 0;
    while (at + sizeof(Elf64_Nhdr) <= notes.size()) {
      Elf64_Nhdr note{};
      std::memcpy(&note, notes.data() + at, sizeof note);
      const size_t name_at = at + sizeof note;
      const size_t data_at = name_at + ((static_cast<size_t>(note.n_namesz) + 3) & ~size_t{3});
      const size_t next = data_at + ((static_cast<size_t>(note.n_descsz) + 3) & ~size_t{3});
      if (data_at + note.n_descsz > notes.size()) break;
      const std::string_view name(notes.data() + name_at, note.n_namesz == 0 ? 0 : note.n_namesz - 1);
      if (visit(note.n_type, name, std::string_view(notes).substr(data_at, note.n_descsz))) return true;
      at = next;
    }
  }
  return false;
}

struct OpenElf {
  UniqueFd fd;
  ElfHeaders elf;
};

Result<OpenElf> open_elf(const std::string& path) {
  OpenElf file{UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), {}};
  if (!file.fd) return fail_errno(errno, "open " + path);
  auto elf = read_headers(file.fd.get(), path);
  if (!elf) return tl::unexpected(elf.error());
  file.elf = std::move(*elf);
  return file;
}

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
  const auto file = open_elf(path);
  if (!file) return tl::unexpected(file.error());
  if (file->elf.header.e_type != ET_CORE) return fail(ErrorKind::kCorrupt, path + ": an ELF file, but no core");
  struct stat info {};
  if (::fstat(file->fd.get(), &info) != 0) return fail_errno(errno, path);
  uint64_t wanted = 0;
  for (const Elf64_Phdr& segment : file->elf.segments) {
    wanted = std::max<uint64_t>(wanted, segment.p_offset + segment.p_filesz);
  }
  const auto size = static_cast<uint64_t>(info.st_size);
  if (size < wanted) {
    return fail(ErrorKind::kCorrupt,
                path + ": truncated, " + std::to_string(size) + " of " + std::to_string(wanted) + " bytes");
  }
  return {};
}

Result<int32_t> core_pid(const std::string& path) {
  const auto file = open_elf(path);
  if (!file) return tl::unexpected(file.error());
  int32_t pid = 0;
  find_note(file->fd.get(), file->elf, [&pid](uint32_t type, std::string_view, std::string_view data) {
    if (type != NT_PRPSINFO || data.size() < sizeof(prpsinfo_t)) return false;
    prpsinfo_t info{};
    std::memcpy(&info, data.data(), sizeof info);
    pid = info.pr_pid;
    return true;
  });
  if (pid == 0) return fail(ErrorKind::kCorrupt, path + ": no process information");
  return pid;
}

std::string read_build_id(const std::string& path) {
  const auto file = open_elf(path);
  if (!file) return {};
  std::string hex;
  find_note(file->fd.get(), file->elf, [&hex](uint32_t type, std::string_view name, std::string_view data) {
    if (type != NT_GNU_BUILD_ID || name != "GNU") return false;
    constexpr const char* kDigits = "0123456789abcdef";
    for (const char c : data) {
      hex += kDigits[static_cast<uint8_t>(c) >> 4];
      hex += kDigits[static_cast<uint8_t>(c) & 15];
    }
    return true;
  });
  return hex;
}

}  // namespace crashwright::harness
