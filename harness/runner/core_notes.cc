#include "harness/runner/core_notes.h"

#include <elf.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/file.h"
#include "base/harness_bug.h"
#include "postmortem/core_format.h"

namespace crashwright::harness {
namespace {

using postmortem::core_format::kNoteName;
using postmortem::core_format::kNoteNameBytes;
using postmortem::core_format::kPageBytes;
using postmortem::core_format::round_up;

template <typename T>
void append_bytes(std::string& text, const T& value) {
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_note(std::string& notes, uint32_t type, std::string_view data) {
  append_bytes(notes, Elf64_Nhdr{kNoteNameBytes, static_cast<Elf64_Word>(data.size()), type});
  notes.append(kNoteName, sizeof kNoteName);
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
  struct stat owner {};
  if (::stat(("/proc/" + std::to_string(pid)).c_str(), &owner) == 0) {
    info.pr_uid = owner.st_uid;
    info.pr_gid = owner.st_gid;
  }
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

}  // namespace

std::string core_notes(int32_t pid, const std::vector<int32_t>& tids, const siginfo_t* info,
                       const std::vector<Mapping>& mappings) {
  std::string notes;
  const size_t shift = harness_bug_active("core_of_the_wrong_thread_first") ? 1 : 0;
  for (size_t i = 0; i < tids.size(); ++i) {
    append_thread_notes(notes, pid, tids[(i + shift) % tids.size()], i == 0 && info != nullptr ? info->si_signo : 0);
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

}  // namespace crashwright::harness
