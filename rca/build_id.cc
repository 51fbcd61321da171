#include "rca/build_id.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/unique_fd.h"

namespace crashwright::rca {
namespace {

constexpr int kHeadersMax = 64;
constexpr uint64_t kNotesMax = 4096;
constexpr size_t kBuildIdMax = 64;

std::string hex(const unsigned char* bytes, size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

uint64_t padded(uint64_t size) { return (size + 3) & ~uint64_t{3}; }

// `read(position, to, size)` says whether all bytes were there.
template <typename Read>
std::string find_in_notes(const Read& read, uint64_t position, uint64_t size) {
  const uint64_t end = position + std::min(size, kNotesMax);
  while (position + sizeof(Elf64_Nhdr) <= end) {
    Elf64_Nhdr header{};
    if (!read(position, &header, sizeof header)) return {};
    const uint64_t content = position + sizeof header + padded(header.n_namesz);
    unsigned char bytes[kBuildIdMax];
    if (header.n_type == NT_GNU_BUILD_ID && header.n_descsz <= sizeof bytes && read(content, bytes, header.n_descsz)) {
      return hex(bytes, header.n_descsz);
    }
    position = content + padded(header.n_descsz);
  }
  return {};
}

// `place(header, entry)` is the position of a segment's first byte.
template <typename Read, typename Place>
std::string find_build_id(const Read& read, uint64_t base, const Place& place) {
  Elf64_Ehdr header{};
  if (!read(base, &header, sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return {};
  for (uint64_t i = 0; i < header.e_phnum && i < kHeadersMax; ++i) {
    Elf64_Phdr entry{};
    if (!read(base + header.e_phoff + i * sizeof entry, &entry, sizeof entry)) return {};
    if (entry.p_type != PT_NOTE) continue;
    if (std::string id = find_in_notes(read, place(header, entry), entry.p_filesz); !id.empty()) return id;
  }
  return {};
}

}  // namespace

std::string build_id_in_core(const CoreFile& core, uint64_t base) {
  const auto read = [&](uint64_t at, void* to, size_t size) { return core.read(at, to, size) == size; };
  return find_build_id(read, base, [base](const Elf64_Ehdr& header, const Elf64_Phdr& entry) {
    return (header.e_type == ET_EXEC ? 0 : base) + entry.p_vaddr;
  });
}

std::optional<uint64_t> load_bias_in_core(const CoreFile& core, uint64_t base) {
  constexpr uint64_t kPageMask = 0xfff;
  const auto read = [&](uint64_t at, void* to, size_t size) { return core.read(at, to, size) == size; };
  Elf64_Ehdr header{};
  if (!read(base, &header, sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return std::nullopt;
  if (header.e_type == ET_EXEC) return 0;
  for (uint64_t i = 0; i < header.e_phnum && i < kHeadersMax; ++i) {
    Elf64_Phdr entry{};
    if (!read(base + header.e_phoff + i * sizeof entry, &entry, sizeof entry)) return std::nullopt;
    if (entry.p_type == PT_LOAD) return base - (entry.p_vaddr & ~kPageMask);
  }
  return std::nullopt;
}

std::string build_id_of_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return {};
  const auto read = [&](uint64_t at, void* to, size_t size) {
    return ::pread(fd.get(), to, size, static_cast<off_t>(at)) == static_cast<ssize_t>(size);
  };
  return find_build_id(read, 0, [](const Elf64_Ehdr&, const Elf64_Phdr& entry) { return entry.p_offset; });
}

}  // namespace crashwright::rca
