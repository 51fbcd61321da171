// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/core_self_writer.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <sys/procfs.h>

#include <cerrno>

#include "postmortem/core_format.h"
#include "postmortem/core_self_maps.h"
#include "postmortem/core_self_state.h"
#include "postmortem/core_self_threads.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem {

namespace core_self {

State g_own_core{};

namespace {

using core_format::kPageBytes;
using core_format::note_bytes;
using core_format::round_up;

// Larger writes make the kernel look for larger pages of its cache, which can take half a second.
constexpr uint64_t kWriteBytesMax = 512 << 10;
constexpr uint64_t kPagePresentOrSwapped = (uint64_t{1} << 63) | (uint64_t{1} << 62);

// Writes at a position of its own, in order.
struct Output {
  int fd;
  uint64_t position;
  bool failed;

  void put(const void* bytes, size_t size) noexcept {
    const auto* from = static_cast<const char*>(bytes);
    while (size > 0 && !failed) {
      const long put = ::syscall(SYS_pwrite64, fd, from, size, position);
      if (put <= 0) {
        failed = true;
        return;
      }
      from += put;
      position += static_cast<uint64_t>(put);
      size -= static_cast<size_t>(put);
    }
  }
  void put_note_header(uint32_t type, size_t content) noexcept {
    const Elf64_Nhdr header{core_format::kNoteNameBytes, static_cast<Elf64_Word>(content), type};
    put(&header, sizeof header);
    put(core_format::kNoteName, sizeof core_format::kNoteName);
  }
  void pad_note(size_t content) noexcept {
    static constexpr char kZeros[4] = {};
    put(kZeros, round_up(content, 4) - content);
  }
  void put_note(uint32_t type, const void* content, size_t size) noexcept {
    put_note_header(type, size);
    put(content, size);
    pad_note(size);
  }
};

void put_thread(Output& out, const ThreadNotes& thread, const siginfo_t* info) noexcept {
  static elf_prstatus status;
  fill_status(status, thread, info);
  out.put_note(NT_PRSTATUS, &status, sizeof status);
}

void put_floating(Output& out, const ThreadNotes& thread) noexcept {
  if (thread.floating != nullptr) out.put_note(NT_FPREGSET, thread.floating, sizeof(user_fpregs_struct));
}

size_t file_note_content(const Scratch& scratch) noexcept {
  return 2 * sizeof(uint64_t) + scratch.file_count * sizeof(FileRange) + scratch.names_bytes;
}

void put_file_note(Output& out, const Scratch& scratch) noexcept {
  const size_t content = file_note_content(scratch);
  const uint64_t head[] = {scratch.file_count, kPageBytes};
  out.put_note_header(NT_FILE, content);
  out.put(head, sizeof head);
  out.put(scratch.files, scratch.file_count * sizeof(FileRange));
  out.put(scratch.names, scratch.names_bytes);
  out.pad_note(content);
}

void put_notes(Output& out, const Scratch& scratch, const ThreadList& threads, const siginfo_t* info) noexcept {
  for (size_t i = 0; i < threads.count; ++i) {
    put_thread(out, threads.notes[i], i == 0 ? info : nullptr);
    if (i == 0) {
      out.put_note(NT_PRPSINFO, &g_own_core.process, sizeof g_own_core.process);
      out.put_note(NT_SIGINFO, info, kSiginfoNoteBytes);
      out.put_note(NT_AUXV, g_own_core.auxiliary, g_own_core.auxiliary_bytes);
      put_file_note(out, scratch);
    }
    put_floating(out, threads.notes[i]);
  }
}

uint64_t notes_bytes(const Scratch& scratch, const ThreadList& threads) noexcept {
  uint64_t bytes = note_bytes(sizeof g_own_core.process) + note_bytes(kSiginfoNoteBytes) +
                   note_bytes(g_own_core.auxiliary_bytes) + note_bytes(file_note_content(scratch));
  for (size_t i = 0; i < threads.count; ++i) {
    bytes += note_bytes(sizeof(elf_prstatus));
    if (threads.notes[i].floating != nullptr) bytes += note_bytes(sizeof(user_fpregs_struct));
  }
  return bytes;
}

// Gives every segment its place; returns the size of the whole file.
uint64_t lay_out(Scratch& scratch, uint64_t notes) noexcept {
  uint64_t offset = sizeof(Elf64_Ehdr) + (scratch.mapping_count + 1) * sizeof(Elf64_Phdr);
  scratch.segments[0] = {};
  scratch.segments[0].p_type = PT_NOTE;
  scratch.segments[0].p_offset = offset;
  scratch.segments[0].p_filesz = notes;
  scratch.segments[0].p_align = 4;
  offset = round_up(offset + notes, kPageBytes);
  for (size_t i = 1; i <= scratch.mapping_count; ++i) {
    scratch.segments[i].p_offset = offset;
    offset += scratch.segments[i].p_filesz;
  }
  return offset;
}

// The kernel copies from where the memory lies. A page that it cannot read (beyond the end of a truncated file) stays a
// hole. False when the file takes no more.
bool copy_range(int fd, uint64_t address, uint64_t size, uint64_t offset) noexcept {
  while (size > 0) {
    const uint64_t part = size < kWriteBytesMax ? size : kWriteBytesMax;
    const long put = ::syscall(SYS_pwrite64, fd, address, part, offset);
    uint64_t done = put > 0 ? static_cast<uint64_t>(put) : 0;
    if (put < 0) {
      if (errno != EFAULT) return false;
      done = kPageBytes - address % kPageBytes;
    }
    if (put == 0) return false;
    if (done > size) return true;
    address += done;
    offset += done;
    size -= done;
  }
  return true;
}

// The pages of anonymous memory that exist; the others would be zeros.
bool copy_present(int fd, Scratch& scratch, const Elf64_Phdr& segment) noexcept {
  constexpr uint64_t kPagesAtOnce = sizeof scratch.page_map / sizeof scratch.page_map[0];
  const uint64_t pages = segment.p_filesz / kPageBytes;
  for (uint64_t first = 0; first < pages; first += kPagesAtOnce) {
    const uint64_t count = pages - first < kPagesAtOnce ? pages - first : kPagesAtOnce;
    const uint64_t page = segment.p_vaddr / kPageBytes + first;
    const long got = ::syscall(SYS_pread64, g_own_core.pagemap_fd, scratch.page_map, count * 8, page * 8);
    const bool known = got == static_cast<long>(count * 8);
    for (uint64_t i = 0; i < count;) {
      uint64_t end = i;
      while (end < count && (!known || (scratch.page_map[end] & kPagePresentOrSwapped) != 0)) ++end;
      const uint64_t at = (first + i) * kPageBytes;
      if (end > i && !copy_range(fd, segment.p_vaddr + at, (end - i) * kPageBytes, segment.p_offset + at)) return false;
      i = end + 1;
    }
  }
  return true;
}

bool copy_memory(int fd, Scratch& scratch) noexcept {
  for (size_t i = 1; i <= scratch.mapping_count; ++i) {
    const Elf64_Phdr& segment = scratch.segments[i];
    if (segment.p_filesz == 0) continue;
    const bool copied = scratch.anonymous[i] ? copy_present(fd, scratch, segment)
                                             : copy_range(fd, segment.p_vaddr, segment.p_filesz, segment.p_offset);
    if (!copied) return false;
  }
  return true;
}

int create_core() noexcept {
  return static_cast<int>(
      ::syscall(SYS_openat, g_own_core.folder_fd, g_own_core.name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
}

}  // namespace
}  // namespace core_self

bool own_core_prepared() noexcept { return core_self::g_own_core.scratch != nullptr; }

OwnCoreOutcome write_own_core(const OwnCoreDeath& death) noexcept {
  using namespace core_self;
  if (!own_core_prepared()) return OwnCoreOutcome::kNotPrepared;
  Scratch& scratch = *g_own_core.scratch;
  ThreadList& threads = *g_own_core.threads;
  // A slot in the table of descriptors, kept free for this moment.
  ::syscall(SYS_close, g_own_core.spare_fd);
  list_threads(death, g_own_core.task_fd, threads);
  if (!read_own_maps(g_own_core.smaps_fd, scratch)) return OwnCoreOutcome::kNoMemoryMap;
  const int fd = create_core();
  if (fd < 0) return OwnCoreOutcome::kNotCreated;
  const uint64_t bytes = lay_out(scratch, notes_bytes(scratch, threads));
  Output out{fd, 0, false};
  const Elf64_Ehdr header = core_format::file_header(scratch.mapping_count + 1);
  out.put(&header, sizeof header);
  out.put(scratch.segments, (scratch.mapping_count + 1) * sizeof(Elf64_Phdr));
  put_notes(out, scratch, threads, death.info);
  const bool written = !out.failed && copy_memory(fd, scratch) && ::syscall(SYS_ftruncate, fd, bytes) == 0;
  ::syscall(SYS_close, fd);
  return written ? OwnCoreOutcome::kWritten : OwnCoreOutcome::kTruncated;
}

}  // namespace crashwright::postmortem
