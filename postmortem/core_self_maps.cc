// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/core_self_maps.h"

#include "postmortem/core_format.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem::core_self {
namespace {

// A part of the text that is read, moved forward as it is understood.
struct Text {
  const char* at;
  const char* end;

  [[nodiscard]] bool empty() const noexcept { return at >= end; }
  [[nodiscard]] size_t size() const noexcept { return static_cast<size_t>(end - at); }
  bool skip(char c) noexcept {
    if (empty() || *at != c) return false;
    ++at;
    return true;
  }
  void skip_blanks() noexcept {
    while (!empty() && (*at == ' ' || *at == '\t')) ++at;
  }
  void skip_word() noexcept {
    while (!empty() && *at != ' ') ++at;
    skip_blanks();
  }
};

int digit_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return 16;
}

uint64_t take_number(Text& text, int base) noexcept {
  uint64_t value = 0;
  while (!text.empty() && digit_value(*text.at) < base) {
    value = value * static_cast<uint64_t>(base) + static_cast<uint64_t>(digit_value(*text.at++));
  }
  return value;
}

bool starts_with(const Text& text, const char* word) noexcept {
  for (size_t i = 0; word[i] != '\0'; ++i) {
    if (i >= text.size() || text.at[i] != word[i]) return false;
  }
  return true;
}

bool ends_with(const Text& text, const char* word, size_t size) noexcept {
  return text.size() >= size && starts_with({text.end - size, text.end}, word);
}

// One mapping as it is gathered from its lines.
struct Mapping {
  uint64_t begin;
  uint64_t end;
  uint64_t file_offset;
  uint64_t inode;
  bool readable;
  bool writable;
  bool executable;
  bool shared;
  bool nameless;  // the file behind it has no name any more, or never had one
  bool special;   // of the kernel, not memory of the process
  bool vdso;
  uint64_t written_kib;  // Anonymous, Swap and private huge pages
  bool excluded;         // MADV_DONTDUMP, or a device
};

class Reader {
 public:
  explicit Reader(Scratch& scratch) noexcept : scratch_(scratch) {}

  void take_line(Text line) noexcept {
    const bool head = !line.empty() && digit_value(*line.at) < 16;
    if (head) {
      finish_mapping();
      take_head(line);
    } else {
      take_detail(line);
    }
  }

  // kernel: fs/coredump.c, vma_dump_size(), with the default filter of core(5).
  void finish_mapping() noexcept {
    if (mapping_.end == 0) return;
    if (scratch_.mapping_count == kMappingsMax) {
      ++scratch_.mappings_left_out;
      mapping_ = {};
      return;
    }
    Elf64_Phdr& segment = scratch_.segments[++scratch_.mapping_count];
    segment = {};
    segment.p_type = PT_LOAD;
    segment.p_flags =
        (mapping_.readable ? PF_R : 0U) | (mapping_.writable ? PF_W : 0U) | (mapping_.executable ? PF_X : 0U);
    segment.p_vaddr = mapping_.begin;
    segment.p_memsz = mapping_.end - mapping_.begin;
    segment.p_align = core_format::kPageBytes;
    if (is_saved()) {
      segment.p_filesz = segment.p_memsz;
    } else if (is_start_of_file()) {
      segment.p_filesz = core_format::kPageBytes;
    }
    scratch_.anonymous[scratch_.mapping_count] = mapping_.inode == 0 && !mapping_.shared && !mapping_.vdso;
    mapping_ = {};
  }

 private:
  [[nodiscard]] bool is_saved() const noexcept {
    if (!mapping_.readable || mapping_.excluded || mapping_.special) return false;
    if (mapping_.vdso) return true;
    return mapping_.shared ? mapping_.inode == 0 || mapping_.nameless : mapping_.written_kib > 0;
  }
  [[nodiscard]] bool is_start_of_file() const noexcept {
    return mapping_.readable && !mapping_.shared && !mapping_.excluded && mapping_.inode != 0 &&
           mapping_.file_offset == 0;
  }

  void take_head(Text line) noexcept {
    mapping_.begin = take_number(line, 16);
    if (!line.skip('-')) return;
    mapping_.end = take_number(line, 16);
    line.skip_blanks();
    if (line.size() < 4) return;
    mapping_.readable = line.at[0] == 'r';
    mapping_.writable = line.at[1] == 'w';
    mapping_.executable = line.at[2] == 'x';
    mapping_.shared = line.at[3] == 's';
    line.skip_word();
    mapping_.file_offset = take_number(line, 16);
    line.skip_blanks();
    line.skip_word();  // device
    mapping_.inode = take_number(line, 10);
    line.skip_blanks();
    mapping_.vdso = starts_with(line, "[vdso]");
    mapping_.special = starts_with(line, "[vvar") || starts_with(line, "[vsyscall]");
    static constexpr char kGone[] = " (deleted)";
    mapping_.nameless = ends_with(line, kGone, sizeof kGone - 1);
    if (mapping_.inode != 0 && !line.empty()) take_file(line);
  }

  void take_file(const Text& path) noexcept {
    const size_t bytes = path.size() + 1;
    if (scratch_.file_count == kMappingsMax || scratch_.names_bytes + bytes > kNamesBytesMax) return;
    scratch_.files[scratch_.file_count++] = {mapping_.begin, mapping_.end,
                                             mapping_.file_offset / core_format::kPageBytes};
    signal_safe::copy_bytes(scratch_.names + scratch_.names_bytes, path.at, path.size());
    scratch_.names[scratch_.names_bytes + path.size()] = '\0';
    scratch_.names_bytes += bytes;
  }

  void take_detail(Text line) noexcept {
    if (starts_with(line, "VmFlags:")) {
      for (line.skip_word(); !line.empty(); line.skip_word()) {
        if (starts_with(line, "dd") || starts_with(line, "io")) mapping_.excluded = true;
      }
    } else if (starts_with(line, "Anonymous:") || starts_with(line, "Swap:") || starts_with(line, "Private_Hugetlb:")) {
      line.skip_word();
      mapping_.written_kib += take_number(line, 10);
    }
  }

  Scratch& scratch_;
  Mapping mapping_{};
};

}  // namespace

bool read_own_maps(int smaps_fd, Scratch& scratch) noexcept {
  scratch.mapping_count = scratch.mappings_left_out = scratch.file_count = scratch.names_bytes = 0;
  if (::syscall(SYS_lseek, smaps_fd, 0, SEEK_SET) != 0) return false;
  Reader reader(scratch);
  size_t kept = 0;  // the beginning of a line whose end is still to come
  for (;;) {
    const long got = ::syscall(SYS_read, smaps_fd, scratch.text + kept, kTextBytes - kept);
    if (got <= 0) break;
    const char* const end = scratch.text + kept + got;
    const char* line = scratch.text;
    for (const char* at = line; at < end; ++at) {
      if (*at != '\n') continue;
      reader.take_line({line, at});
      line = at + 1;
    }
    kept = static_cast<size_t>(end - line);
    if (kept == kTextBytes) kept = 0;  // no line is that long
    signal_safe::copy_bytes(scratch.text, line, kept);
  }
  reader.finish_mapping();
  return scratch.mapping_count > 0;
}

}  // namespace crashwright::postmortem::core_self
