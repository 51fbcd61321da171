#include "rca/foreign_core.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "base/unique_fd.h"
#include "rca/file_part.h"

namespace crashwright::rca {
namespace {

constexpr uint64_t kNotesMax = 16U << 20;
constexpr size_t kHeadersMax = 1 << 16;
constexpr size_t kThreadsMax = 1 << 14;
constexpr size_t kFilesMax = 1 << 16;

struct MachineName {
  uint16_t machine;
  const char* name;
};
constexpr MachineName kMachines[] = {
    {EM_386, "i386"},     {EM_X86_64, "x86-64"}, {EM_ARM, "ARM"},         {EM_AARCH64, "AArch64"},
    {EM_PPC, "PowerPC"},  {EM_MIPS, "MIPS"},     {EM_PPC64, "PowerPC64"}, {EM_S390, "S/390"},
    {EM_RISCV, "RISC-V"}, {EM_SPARCV9, "SPARC"}, {EM_IA_64, "IA-64"},     {EM_LOONGARCH, "LoongArch"},
};

std::string name_of_machine(uint16_t machine) {
  for (const MachineName& known : kMachines) {
    if (known.machine == machine) return known.name;
  }
  return "machine " + std::to_string(machine);
}

// Numbers of the core's own width and byte order; what lies beyond the end is 0.
class Bytes {
 public:
  Bytes(std::string_view bytes, bool wide, bool big) : bytes_(bytes), wide_(wide), big_(big) {}

  [[nodiscard]] uint64_t number(uint64_t at, size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(bytes_[at + (big_ ? i : size - 1 - i)]);
      value = value << 8 | byte;
    }
    return value;
  }
  [[nodiscard]] int32_t integer(uint64_t at) const { return static_cast<int32_t>(number(at, 4)); }
  [[nodiscard]] uint64_t word(uint64_t at) const { return number(at, word_size()); }
  [[nodiscard]] size_t word_size() const { return wide_ ? 8 : 4; }
  [[nodiscard]] std::string text(uint64_t at, size_t limit) const {
    if (at >= bytes_.size()) return {};
    const std::string_view rest = bytes_.substr(at, limit);
    return std::string(rest.substr(0, rest.find('\0')));
  }
  [[nodiscard]] Bytes part(uint64_t at, uint64_t size) const {
    return {at >= bytes_.size() ? std::string_view() : bytes_.substr(at, size), wide_, big_};
  }
  [[nodiscard]] uint64_t size() const { return bytes_.size(); }
  [[nodiscard]] bool wide() const { return wide_; }

 private:
  std::string_view bytes_;
  bool wide_;
  bool big_;
};

// struct elf_prstatus: three integers, the signal, two words of signal masks, the tid.
void take_status(const Bytes& note, ForeignCore& core) {
  if (note.size() < 16 || core.tids.size() >= kThreadsMax) return;
  if (core.tids.empty() && core.signal == 0) core.signal = static_cast<int>(note.number(12, 2));
  core.tids.push_back(note.integer(16 + 2 * note.word_size()));
}

// struct elf_prpsinfo: 136 bytes with 64-bit words; with 32-bit ones the ids of user and group have two bytes (124 in
// all) or four (128).
void take_process(const Bytes& note, ForeignCore& core) {
  const uint64_t pid_at = note.wide() ? 24 : note.size() <= 124 ? 12 : 16;
  core.pid = note.integer(pid_at);
  core.program = note.text(pid_at + 16, 16);
  core.arguments = note.text(pid_at + 32, 80);
}

void take_signal(const Bytes& note, uint16_t machine, ForeignCore& core) {
  if (note.size() < 12) return;
  core.signal = note.integer(0);
  core.code = note.integer(machine == EM_MIPS ? 4 : 8);
  const uint64_t union_at = note.wide() ? 16 : 12;
  if (core.code > 0 && core.signal != SIGTRAP) core.address = note.word(union_at);
  if (core.code <= 0) core.sender = note.integer(union_at);
}

void take_files(const Bytes& note, ForeignCore& core) {
  const uint64_t count = std::min<uint64_t>(note.word(0), kFilesMax);
  uint64_t at = note.word_size() * (2 + 3 * count);
  for (uint64_t i = 0; i < count && at < note.size(); ++i) {
    std::string path = note.text(at, 4096);
    at += path.size() + 1;
    if (std::ranges::find(core.mapped, path) == core.mapped.end()) core.mapped.push_back(std::move(path));
  }
}

void take_notes(const Bytes& notes, uint16_t machine, ForeignCore& core) {
  const auto aligned = [](uint64_t size) { return (size + 3) & ~uint64_t{3}; };
  uint64_t at = 0;
  while (at + 12 <= notes.size()) {
    const uint64_t size = notes.number(at + 4, 4);
    const uint64_t type = notes.number(at + 8, 4);
    at += 12 + aligned(notes.number(at, 4));
    const Bytes note = notes.part(at, size);
    if (type == NT_PRSTATUS) take_status(note, core);
    if (type == NT_PRPSINFO) take_process(note, core);
    if (type == NT_SIGINFO) take_signal(note, machine, core);
    if (type == NT_FILE) take_files(note, core);
    at += aligned(size);
  }
}

}  // namespace

Result<ForeignCore> read_foreign_core(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const std::string head = fd ? read_file_part(fd.get(), 0, sizeof(Elf64_Ehdr)) : std::string();
  if (head.size() < sizeof(Elf32_Ehdr) || !head.starts_with(ELFMAG)) {
    return fail(ErrorKind::kCorrupt, path + ": no ELF file");
  }
  const bool wide = head[EI_CLASS] == ELFCLASS64;
  const bool big = head[EI_DATA] == ELFDATA2MSB;
  const Bytes header(head, wide, big);
  if (header.number(16, 2) != ET_CORE) return fail(ErrorKind::kCorrupt, path + ": no core file");
  const auto machine = static_cast<uint16_t>(header.number(18, 2));
  ForeignCore core;
  core.machine = name_of_machine(machine);
  const uint64_t table_at = header.word(24 + header.word_size());
  const uint64_t count = std::min<uint64_t>(header.number(wide ? 56 : 44, 2), kHeadersMax);
  const uint64_t entry_size = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
  const std::string table = read_file_part(fd.get(), table_at, count * entry_size);
  uint64_t notes_left = kNotesMax;
  for (uint64_t i = 0; i < count; ++i) {
    const Bytes entry = Bytes(table, wide, big).part(i * entry_size, entry_size);
    if (entry.size() < entry_size || entry.number(0, 4) != PT_NOTE) continue;
    const uint64_t offset = entry.word(wide ? 8 : 4);
    const std::string notes = read_file_part(fd.get(), offset, std::min(entry.word(wide ? 32 : 16), notes_left));
    notes_left -= notes.size();
    take_notes(Bytes(notes, wide, big), machine, core);
  }
  return core;
}

}  // namespace crashwright::rca
