#include "harness/runner/core_writer.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <span>

#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "harness/runner/core_memory.h"
#include "harness/runner/core_notes.h"
#include "harness/runner/memory_map.h"
#include "postmortem/core_format.h"

namespace crashwright::harness {
namespace {

using postmortem::core_format::kPageBytes;
using postmortem::core_format::kProgramHeadersMax;
using postmortem::core_format::round_up;

constexpr std::chrono::milliseconds kStopPatience{500};

bool is_elf_start(const CoreMemory& memory, const Mapping& mapping) {
  char magic[SELFMAG];
  return mapping.readable && !mapping.shared && !mapping.do_not_dump && mapping.inode != 0 &&
         mapping.file_offset == 0 && memory.read(mapping.begin, magic, sizeof magic) == SELFMAG &&
         std::memcmp(magic, ELFMAG, SELFMAG) == 0;
}

Elf64_Phdr load_segment(const Mapping& mapping, const CoreMemory& memory) {
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_flags = (mapping.readable ? PF_R : 0U) | (mapping.writable ? PF_W : 0U) | (mapping.executable ? PF_X : 0U);
  segment.p_vaddr = mapping.begin;
  segment.p_memsz = mapping.size();
  if (belongs_in_core(mapping)) {
    segment.p_filesz = mapping.size();
  } else if (is_elf_start(memory, mapping)) {
    // It carries the build-id in most layouts; the kernel dumps it too (bit 4 of the filter).
    segment.p_filesz = kPageBytes;
  }
  segment.p_align = kPageBytes;
  return segment;
}

// The core before its memory: headers and notes, with every segment's place decided.
struct Layout {
  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments;
  std::vector<Elf64_Shdr> sections;  // one, where the header cannot hold the number of segments
  uint64_t bytes = 0;                // of the whole file
};

Layout lay_out(const std::vector<Mapping>& mappings, size_t notes_bytes, const CoreMemory& memory) {
  Layout layout;
  const size_t count = mappings.size() + 1;
  layout.header = postmortem::core_format::file_header(std::min<size_t>(count, PN_XNUM));
  uint64_t offset = sizeof(Elf64_Ehdr) + count * sizeof(Elf64_Phdr);
  if (count > kProgramHeadersMax) {
    Elf64_Shdr section{};
    section.sh_info = static_cast<Elf64_Word>(count);
    layout.sections.push_back(section);
    layout.header.e_shoff = offset;
    layout.header.e_shentsize = sizeof section;
    layout.header.e_shnum = 1;
    offset += sizeof section;
  }
  Elf64_Phdr notes{};
  notes.p_type = PT_NOTE;
  notes.p_offset = offset;
  notes.p_filesz = notes_bytes;
  notes.p_align = 4;
  layout.segments.push_back(notes);
  offset = round_up(offset + notes_bytes, kPageBytes);
  for (const Mapping& mapping : mappings) {
    layout.segments.push_back(load_segment(mapping, memory));
    layout.segments.back().p_offset = offset;
    offset += layout.segments.back().p_filesz;
  }
  layout.bytes = offset;
  return layout;
}

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& items) {
  return std::as_bytes(std::span(items));
}

// The file's descriptor stands at its beginning.
Status write_content(const std::vector<Mapping>& mappings, const std::string& notes, CoreMemory& memory, int core_fd) {
  const Layout layout = lay_out(mappings, notes.size(), memory);
  for (const auto part : {std::as_bytes(std::span(&layout.header, 1)), bytes_of(layout.segments),
                          bytes_of(layout.sections), std::as_bytes(std::span(notes))}) {
    if (auto put = write_all(core_fd, part); !put) return put;
  }
  for (size_t i = 0; i < mappings.size(); ++i) {
    const Elf64_Phdr& segment = layout.segments[i + 1];
    if (auto copied =
            memory.copy(segment.p_vaddr, segment.p_filesz, segment.p_offset, mappings[i].zero_until_touched());
        !copied) {
      return copied;
    }
  }
  // Last of all, holes at the end included: readers take a file that is shorter than its headers say for truncated.
  if (::ftruncate(core_fd, static_cast<off_t>(layout.bytes)) != 0) return fail_errno(errno, "size the core");
  return {};
}

// Waits until `tid` is in a ptrace stop.
bool wait_for_stop(int32_t tid) {
  const Deadline deadline(kStopPatience);
  for (;;) {
    int status = 0;
    const pid_t got = ::waitpid(tid, &status, __WALL | WNOHANG);
    if (got == tid) return WIFSTOPPED(status);
    if (got < 0 || deadline.passed()) return false;
    const timespec pause{0, 100'000};
    ::nanosleep(&pause, nullptr);
  }
}

// Seizes and stops every thread, those that are born meanwhile too.
std::vector<int32_t> stop_all(int32_t pid, int& error_number) {
  std::vector<int32_t> seized;
  std::vector<int32_t> stopped;
  for (bool grown = true; grown;) {
    grown = false;
    for (const int32_t tid : list_threads(pid)) {
      if (std::find(seized.begin(), seized.end(), tid) != seized.end()) continue;
      if (::ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) != 0) {
        if (errno != ESRCH) error_number = errno;
        continue;
      }
      seized.push_back(tid);
      grown = true;
      if (::ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) == 0 && wait_for_stop(tid)) stopped.push_back(tid);
    }
  }
  return stopped;
}

}  // namespace

void reap_traced_threads(int32_t pid) {
  for (const int32_t tid : list_threads(pid)) {
    if (tid == pid) continue;
    siginfo_t info{};
    static_cast<void>(::waitid(P_PID, static_cast<id_t>(tid), &info, WEXITED | WNOHANG | __WALL));
  }
}

std::vector<int32_t> list_threads(int32_t pid) {
  std::vector<int32_t> tids;
  DIR* const folder = ::opendir(("/proc/" + std::to_string(pid) + "/task").c_str());
  if (folder == nullptr) return tids;
  while (const dirent* const entry = ::readdir(folder)) {
    const int32_t tid = std::atoi(entry->d_name);
    if (tid > 0) tids.push_back(tid);
  }
  ::closedir(folder);
  std::sort(tids.begin(), tids.end());
  return tids;
}

Status write_core_of_stopped(int32_t pid, const std::vector<int32_t>& tids, const siginfo_t* info,
                             const std::string& path) {
  const auto mappings = read_memory_map(pid);
  if (!mappings) return tl::unexpected(mappings.error());
  const UniqueFd core(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!core) return fail_errno(errno, "create " + path);
  auto memory = CoreMemory::open(pid, core.get());
  const Status written = memory ? write_content(*mappings, core_notes(pid, tids, info, *mappings), *memory, core.get())
                                : Status(tl::unexpected(memory.error()));
  if (!written) ::unlink(path.c_str());
  return written;
}

Status write_core_from_outside(int32_t pid, const std::string& path) {
  int error_number = 0;
  const std::vector<int32_t> stopped = stop_all(pid, error_number);
  if (stopped.empty()) {
    return fail_errno(error_number == 0 ? ESRCH : error_number, "stop process " + std::to_string(pid) + " by ptrace",
                      "allow ptrace of own processes (kernel.yama.ptrace_scope, seccomp of the container)");
  }
  const Status written = write_core_of_stopped(pid, stopped, nullptr, path);
  for (const int32_t tid : stopped) ::ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
  return written;
}

}  // namespace crashwright::harness
