// The bytes of an ELF core file, shared by the two writers of one: the dying process itself (core_self_writer.h) and
// the harness from outside. What is in the file: core_format.md.
//
// Threads: types and pure functions only. Signal context: yes.
// Source:  elf(5), core(5), <sys/procfs.h>.
#pragma once

#include <elf.h>
#include <sys/procfs.h>
#include <sys/user.h>

#include <cstddef>
#include <cstdint>

namespace crashwright::postmortem::core_format {

inline constexpr uint64_t kPageBytes = 4096;
inline constexpr char kNoteName[8] = "CORE";  // padded to a multiple of four already
inline constexpr uint32_t kNoteNameBytes = 5;
// From this number of program headers on the count does not fit into e_phnum (PN_XNUM).
inline constexpr size_t kProgramHeadersMax = PN_XNUM - 1;

[[nodiscard]] constexpr uint64_t round_up(uint64_t value, uint64_t unit) noexcept {
  return (value + unit - 1) / unit * unit;
}

// What a note with `content` bytes takes in the file.
[[nodiscard]] constexpr uint64_t note_bytes(uint64_t content) noexcept {
  return sizeof(Elf64_Nhdr) + sizeof kNoteName + round_up(content, 4);
}

[[nodiscard]] inline Elf64_Ehdr file_header(size_t program_headers) noexcept {
  Elf64_Ehdr header{};
  for (size_t i = 0; i < SELFMAG; ++i) header.e_ident[i] = static_cast<unsigned char>(ELFMAG[i]);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = static_cast<Elf64_Half>(program_headers);
  return header;
}

}  // namespace crashwright::postmortem::core_format
