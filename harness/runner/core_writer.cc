#include "harness/runner/core_writer.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
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
#include "harness/runner/memory_map.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr size_t kChunkBytes = 1 << 20;
constexpr std::chrono::milliseconds kStopPatience{500};

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

template <typename T>
void append_bytes(std::string& text, const T& value) {
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_note(std::string& notes, uint32_t type, std::string_view data) {
  static constexpr char kName[] = "CORE";
  append_bytes(notes, Elf64_Nhdr{sizeof kName, static_cast<Elf64_Word>(data.size()), type});
  notes.append(kName, sizeof kName);
  notes.resize(round_up(notes.size(), 4));
  notes.append(data);
  notes.resize(round_up(notes.size(), 4));
}

template <typename T>
std::string_view as_view(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

void append_thread_notes(std::string& notes, int32_t pid, int32_t tid, int signal_number) {
  elf_prstatus status{};
  status.pr_info.si_signo = signal_number;
  status.pr_cursig = static_cast<short>(signal_number);
  status.pr_pid = tid;
  status.pr_pgrp = ::getpgid(pid);
  user_regs_struct registers{};
  iovec vector{&registers, sizeof registers};
  if (::ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &vector) != 0) return;
  static_assert(sizeof registers == sizeof status.pr_reg, "prstatus holds what ptrace reads");
  std::memcpy(&status.pr_reg, &registers, sizeof registers);
  user_fpregs_struct floating{};
  vector = {&floating, sizeof floating};
  status.pr_fpvalid = ::ptrace(PTRACE_GETREGSET, tid, NT_FPREGSET, &vector) == 0;
  append_note(notes, NT_PRSTATUS, as_view(status));
  if (status.pr_fpvalid != 0) append_note(notes, NT_FPREGSET, as_view(floating));
}

std::string process_info(int32_t pid) {
  prpsinfo_t info{};
  info.pr_pid = pid;
  info.pr_pgrp = ::getpgid(pid);
  info.pr_uid = ::getuid();
  info.pr_gid = ::getgid();
  if (const auto name = read_file("/proc/" + std::to_string(pid) + "/comm"); name) {
    std::strncpy(info.pr_fname, name->substr(0, name->find('\n')).c_str(), sizeof info.pr_fname - 1);
  }
  if (auto line = read_file("/proc/" + std::to_string(pid) + "/cmdline"); line) {
    std::replace(line->begin(), line->end(), '\0', ' ');
    std::strncpy(info.pr_psargs, line->c_str(), sizeof info.pr_psargs - 1);
  }
  return std::string(as_view(info));
}

// NT_FILE: count, page size, (begin, end, offset in pages) per mapping, then the names.
std::string file_note(const std::vector<Mapping>& mappings) {
  std::string ranges;
  std::string names;
  uint64_t count = 0;
  for (const Mapping& mapping : mappings) {
    if (mapping.inode == 0 || mapping.path.empty()) continue;
    append_bytes(ranges, mapping.begin);
    append_bytes(ranges, mapping.end);
    append_bytes(ranges, mapping.file_offset / kPageBytes);
    names.append(mapping.path.c_str(), mapping.path.size() + 1);
    ++count;
  }
  std::string note;
  append_bytes(note, count);
  append_bytes(note, uint64_t{kPageBytes});
  return note + ranges + names;
}

std::string all_notes(int32_t pid, const std::vector<int32_t>& tids, const siginfo_t* info,
                      const std::vector<Mapping>& mappings) {
  std::string notes;
  for (size_t i = 0; i < tids.size(); ++i) {
    append_thread_notes(notes, pid, tids[i], i == 0 && info != nullptr ? info->si_signo : 0);
    if (i > 0) continue;
    // As in the kernel's cores: what is of the whole process follows its first thread.
    append_note(notes, NT_PRPSINFO, process_info(pid));
    const siginfo_t none{};
    append_note(notes, NT_SIGINFO, as_view(info != nullptr ? *info : none));
    const auto auxv = read_file("/proc/" + std::to_string(pid) + "/auxv");
    if (auxv) append_note(notes, NT_AUXV, *auxv);
    append_note(notes, NT_FILE, file_note(mappings));
  }
  return notes;
}

// The first page of a mapped ELF file carries its build-id in most layouts; the kernel dumps it too (bit 4 of the
// filter).
bool is_elf_start(int memory_fd, const Mapping& mapping) {
  char magic[SELFMAG];
  return mapping.readable && !mapping.shared && mapping.inode != 0 && mapping.file_offset == 0 &&
         ::pread(memory_fd, magic, sizeof magic, static_cast<off_t>(mapping.begin)) == SELFMAG &&
         std::memcmp(magic, ELFMAG, SELFMAG) == 0;
}

Elf64_Ehdr file_header(size_t segments) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(segments);
  return header;
}

std::vector<Elf64_Phdr> lay_out(const std::vector<Mapping>& mappings, size_t notes_bytes, int memory_fd) {
  std::vector<Elf64_Phdr> segments(1);
  uint64_t offset = sizeof(Elf64_Ehdr) + (mappings.size() + 1) * sizeof(Elf64_Phdr);
  segments[0].p_type = PT_NOTE;
  segments[0].p_offset = offset;
  segments[0].p_filesz = notes_bytes;
  segments[0].p_align = 4;
  offset = round_up(offset + notes_bytes, kPageBytes);
  for (const Mapping& mapping : mappings) {
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_flags =
        (mapping.readable ? PF_R : 0U) | (mapping.writable ? PF_W : 0U) | (mapping.executable ? PF_X : 0U);
    segment.p_offset = offset;
    segment.p_vaddr = mapping.begin;
    segment.p_memsz = mapping.size();
    if (belongs_in_core(mapping)) {
      segment.p_filesz = mapping.size();
    } else if (is_elf_start(memory_fd, mapping)) {
      segment.p_filesz = kPageBytes;
    }
    segment.p_align = kPageBytes;
    offset += segment.p_filesz;
    segments.push_back(segment);
  }
  return segments;
}

bool all_zero(const char* bytes, size_t size) { return bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0; }

Status copy_segment(int memory_fd, int core_fd, const Elf64_Phdr& segment, std::string& buffer) {
  for (uint64_t done = 0; done < segment.p_filesz;) {
    const size_t want = std::min<uint64_t>(buffer.size(), segment.p_filesz - done);
    const ssize_t got = ::pread(memory_fd, buffer.data(), want, static_cast<off_t>(segment.p_vaddr + done));
    if (got <= 0) {
      // A page that cannot be read (beyond the end of a truncated file) stays a hole.
      done += kPageBytes;
      continue;
    }
    for (size_t at = 0; at < static_cast<size_t>(got); at += kPageBytes) {
      const size_t bytes = std::min<size_t>(kPageBytes, static_cast<size_t>(got) - at);
      if (all_zero(buffer.data() + at, bytes)) continue;
      if (::pwrite(core_fd, buffer.data() + at, bytes, static_cast<off_t>(segment.p_offset + done + at)) < 0) {
        return fail_errno(errno, "write the core");
      }
    }
    done += static_cast<uint64_t>(got);
  }
  return {};
}

Status write_at(int fd, uint64_t offset, std::string_view bytes) {
  if (::lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0) return fail_errno(errno, "lseek");
  return write_all(fd, std::as_bytes(std::span(bytes)));
}

Status write_file_content(int memory_fd, int core_fd, const std::vector<Elf64_Phdr>& segments,
                          const std::string& notes) {
  if (auto put = write_at(core_fd, 0, as_view(file_header(segments.size()))); !put) return put;
  const std::string_view table(reinterpret_cast<const char*>(segments.data()), segments.size() * sizeof(Elf64_Phdr));
  if (auto put = write_at(core_fd, sizeof(Elf64_Ehdr), table); !put) return put;
  if (auto put = write_at(core_fd, segments[0].p_offset, notes); !put) return put;
  std::string buffer(kChunkBytes, '\0');
  for (size_t i = 1; i < segments.size(); ++i) {
    if (auto copied = copy_segment(memory_fd, core_fd, segments[i], buffer); !copied) return copied;
  }
  const Elf64_Phdr& last = segments.back();
  // The holes at the end count too: readers compare the size with the program headers.
  if (::ftruncate(core_fd, static_cast<off_t>(last.p_offset + last.p_filesz)) != 0) {
    return fail_errno(errno, "size the core");
  }
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
  if (mappings->size() + 1 >= PN_XNUM) return fail(ErrorKind::kIo, "too many mappings for a core");
  const UniqueFd memory(::open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  if (!memory) return fail_errno(errno, "open the memory of process " + std::to_string(pid));
  const UniqueFd core(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!core) return fail_errno(errno, "create " + path);
  const std::string notes = all_notes(pid, tids, info, *mappings);
  const auto written =
      write_file_content(memory.get(), core.get(), lay_out(*mappings, notes.size(), memory.get()), notes);
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
