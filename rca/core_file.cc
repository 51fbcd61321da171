#include "rca/core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace crashwright::rca {
namespace {

constexpr uint64_t kHeadersMax = 1 << 20;    // program headers
constexpr uint64_t kNotesMax = 64ULL << 20;  // bytes of all notes
constexpr size_t kThreadsMax = 1 << 14;
constexpr size_t kMappingsMax = 1 << 18;
constexpr size_t kBlock = 4096;
constexpr size_t kBlocks = 256;

size_t read_at(int fd, void* to, size_t size, uint64_t offset) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, static_cast<char*>(to) + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

template <typename T>
std::optional<T> take(std::span<const std::byte> bytes, size_t offset = 0) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

uint64_t aligned(uint64_t size) { return (size + 3) & ~uint64_t{3}; }

// `a + b`, or the largest number: headers of a damaged file must not wrap.
uint64_t saturated_sum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

}  // namespace

// Direct-mapped blocks of the core file: unwinding reads word by word.
struct CoreFile::Cache {
  struct Block {
    uint64_t number = UINT64_MAX;
    size_t size = 0;
    std::array<std::byte, kBlock> bytes;
  };
  std::array<std::unique_ptr<Block>, kBlocks> blocks;  // made when first needed: most of a core is never read
  std::map<std::string, UniqueFd> files;
};

CoreFile::CoreFile() : cache_(std::make_unique<Cache>()) {}
CoreFile::CoreFile(CoreFile&&) noexcept = default;
CoreFile& CoreFile::operator=(CoreFile&&) noexcept = default;
CoreFile::~CoreFile() = default;

Result<CoreFile> CoreFile::open(const std::string& path) {
  CoreFile core;
  if (auto loaded = core.load(path); !loaded) return tl::unexpected(loaded.error());
  return core;
}

Status CoreFile::load(const std::string& path) {
  fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_) return fail_errno(errno, "open " + path);
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) return fail_errno(errno, "stat " + path);
  file_size_ = static_cast<uint64_t>(info.st_size);

  Elf64_Ehdr header{};
  if (read_at(fd_.get(), &header, sizeof header, 0) != sizeof header) {
    return fail(ErrorKind::kCorrupt, path + ": too short for a core (" + std::to_string(file_size_) + " bytes)");
  }
  const bool is_core = std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
                       header.e_type == ET_CORE && header.e_machine == EM_X86_64 &&
                       header.e_phentsize == sizeof(Elf64_Phdr);
  if (!is_core) return fail(ErrorKind::kCorrupt, path + ": no core file of x86-64");
  uint64_t count = header.e_phnum;
  if (count == PN_XNUM) {  // more than 65,534: the number is in the first section header
    Elf64_Shdr first{};
    count = read_at(fd_.get(), &first, sizeof first, header.e_shoff) == sizeof first ? first.sh_info : 0;
  }
  std::vector<Elf64_Phdr> entries(std::min<uint64_t>({count, file_size_ / sizeof(Elf64_Phdr), kHeadersMax}));
  entries.resize(read_at(fd_.get(), entries.data(), entries.size() * sizeof(Elf64_Phdr), header.e_phoff) /
                 sizeof(Elf64_Phdr));
  uint64_t promised = saturated_sum(header.e_phoff, count * sizeof(Elf64_Phdr));
  for (const Elf64_Phdr& entry : entries) {
    promised = std::max(promised, saturated_sum(entry.p_offset, entry.p_filesz));
    if (entry.p_type == PT_NOTE) load_notes(entry.p_offset, entry.p_filesz);
    if (entry.p_type != PT_LOAD || entry.p_memsz == 0) continue;
    const uint64_t there = entry.p_offset < file_size_ ? file_size_ - entry.p_offset : 0;
    segments_.push_back({.begin = entry.p_vaddr,
                         .end = saturated_sum(entry.p_vaddr, entry.p_memsz),
                         .offset = entry.p_offset,
                         .saved = std::min({entry.p_filesz, entry.p_memsz, there}),
                         .readable = (entry.p_flags & PF_R) != 0,
                         .writable = (entry.p_flags & PF_W) != 0,
                         .executable = (entry.p_flags & PF_X) != 0});
  }
  missing_bytes_ = promised > file_size_ ? promised - file_size_ : 0;
  std::ranges::sort(segments_, {}, &CoreSegment::begin);
  return {};
}

void CoreFile::load_notes(uint64_t offset, uint64_t size) {
  if (offset >= file_size_) return;
  size = std::min({size, file_size_ - offset, kNotesMax - notes_read_});
  notes_read_ += size;
  std::vector<std::byte> bytes(size);
  bytes.resize(read_at(fd_.get(), bytes.data(), bytes.size(), offset));
  std::span<const std::byte> rest(bytes);
  while (const auto header = take<Elf64_Nhdr>(rest)) {
    const uint64_t content_at = sizeof(Elf64_Nhdr) + aligned(header->n_namesz);
    if (content_at > rest.size()) return;
    const std::span<const std::byte> after = rest.subspan(content_at);
    // A note that the end of the file cuts is still passed on: its first fields may be there.
    take_note(header->n_type, after.first(std::min<size_t>(header->n_descsz, after.size())));
    rest = after.subspan(std::min<size_t>(aligned(header->n_descsz), after.size()));
  }
}

void CoreFile::take_note(uint32_t type, std::span<const std::byte> content) {
  if (type == NT_PRSTATUS) {
    const auto status = take<elf_prstatus>(content);
    if (!status || threads_.size() >= kThreadsMax) return;
    CoreThread thread;
    thread.tid = status->pr_pid;
    thread.signal = status->pr_cursig;
    const auto nanoseconds = [](const auto& time) {
      return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(time.tv_usec) * 1000U;
    };
    thread.cpu_time_ns = nanoseconds(status->pr_utime) + nanoseconds(status->pr_stime);
    static_assert(sizeof thread.registers == sizeof status->pr_reg);
    std::memcpy(&thread.registers, &status->pr_reg, sizeof thread.registers);
    threads_.push_back(thread);
  } else if (type == NT_FPREGSET) {  // of the thread whose status came last
    const auto state = take<user_fpregs_struct>(content);
    if (!state || threads_.empty()) return;
    constexpr size_t kVectors = 16;
    threads_.back().xmm.resize(kVectors);
    for (size_t i = 0; i < kVectors; ++i) std::memcpy(&threads_.back().xmm[i], &state->xmm_space[4 * i], 8);
  } else if (type == NT_PRPSINFO) {
    const auto process = take<elf_prpsinfo>(content);
    if (!process) return;
    pid_ = process->pr_pid;
    program_.assign(process->pr_fname, ::strnlen(process->pr_fname, sizeof process->pr_fname));
  } else if (type == NT_SIGINFO) {
    signal_info_ = take<siginfo_t>(content);
  } else if (type == NT_AUXV) {
    for (size_t at = 0; const auto entry = take<Elf64_auxv_t>(content, at); at += sizeof(Elf64_auxv_t)) {
      auxiliary_[entry->a_type] = entry->a_un.a_val;
    }
  } else if (type == NT_FILE) {
    take_file_note(content);
  }
}

// Count and page size, then (begin, end, offset in pages) for each, then the paths.
void CoreFile::take_file_note(std::span<const std::byte> content) {
  const auto count = take<uint64_t>(content);
  const auto page = take<uint64_t>(content, 8);
  if (!count || !page || *count > kMappingsMax || *page == 0) return;
  size_t name_at = 16 + *count * 24;
  for (uint64_t i = 0; i < *count && name_at < content.size(); ++i) {
    const auto range = take<std::array<uint64_t, 3>>(content, 16 + i * 24);
    if (!range) return;
    const char* const name = reinterpret_cast<const char*>(content.data()) + name_at;
    const size_t length = ::strnlen(name, content.size() - name_at);
    if (name_at + length == content.size()) return;  // cut inside the name
    mappings_.push_back({(*range)[0], (*range)[1], (*range)[2] * *page, std::string(name, length)});
    name_at += length + 1;
  }
}

uint64_t CoreFile::auxiliary(uint64_t type) const {
  const auto found = auxiliary_.find(type);
  return found == auxiliary_.end() ? 0 : found->second;
}

const CoreSegment* CoreFile::segment_of(uint64_t address) const {
  const auto after = std::ranges::upper_bound(segments_, address, {}, &CoreSegment::begin);
  if (after == segments_.begin()) return nullptr;
  const CoreSegment& segment = *std::prev(after);
  return address < segment.end ? &segment : nullptr;
}

const CoreMapping* CoreFile::mapping_of(uint64_t address) const {
  for (const CoreMapping& mapping : mappings_) {
    if (address >= mapping.begin && address < mapping.end) return &mapping;
  }
  return nullptr;
}

size_t CoreFile::read_segment(const CoreSegment& segment, uint64_t address, void* to, size_t size) const {
  const uint64_t from = address - segment.begin;
  if (from >= segment.saved) return 0;
  size = std::min<uint64_t>(size, segment.saved - from);
  const uint64_t at = segment.offset + from;
  if (size > kBlock) return read_at(fd_.get(), to, size, at);
  size_t done = 0;
  while (done < size) {
    const uint64_t number = (at + done) / kBlock;
    std::unique_ptr<Cache::Block>& place = cache_->blocks[number % kBlocks];
    if (place == nullptr) place = std::make_unique_for_overwrite<Cache::Block>();
    Cache::Block& block = *place;
    if (block.number != number) {
      block.size = read_at(fd_.get(), block.bytes.data(), kBlock, number * kBlock);
      block.number = number;
    }
    const size_t inside = (at + done) % kBlock;
    if (inside >= block.size) break;
    const size_t part = std::min(size - done, block.size - inside);
    std::memcpy(static_cast<char*>(to) + done, block.bytes.data() + inside, part);
    done += part;
  }
  return done;
}

int CoreFile::mapped_file(const std::string& path) const {
  const auto [entry, fresh] = cache_->files.try_emplace(path);
  struct stat info {};
  // Only regular files: opening a device or a pipe that the process had mapped could block or do harm.
  if (fresh && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
    entry->second.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  }
  return entry->second.get();
}

size_t CoreFile::read_mapping(uint64_t address, void* to, size_t size) const {
  const CoreMapping* const mapping = mapping_of(address);
  if (mapping == nullptr) return 0;
  const int fd = mapped_file(mapping->path);
  if (fd < 0) return 0;
  size = std::min<uint64_t>(size, mapping->end - address);
  return read_at(fd, to, size, mapping->file_offset + (address - mapping->begin));
}

size_t CoreFile::read(uint64_t address, void* to, size_t size) const {
  size_t done = 0;
  while (done < size && address <= UINT64_MAX - done) {
    const CoreSegment* const segment = segment_of(address + done);
    char* const rest = static_cast<char*>(to) + done;
    size_t got = segment == nullptr ? 0 : read_segment(*segment, address + done, rest, size - done);
    // What a writable mapping held at death is in the core or lost: the file says nothing about it.
    if (got == 0 && (segment == nullptr || !segment->writable)) got = read_mapping(address + done, rest, size - done);
    if (got == 0) break;
    done += got;
  }
  return done;
}

std::optional<uint64_t> CoreFile::read_word(uint64_t address) const {
  uint64_t word = 0;
  if (read(address, &word, sizeof word) != sizeof word) return std::nullopt;
  return word;
}

std::string CoreFile::read_text(uint64_t address, size_t limit) const {
  std::string text(limit, '\0');
  text.resize(read(address, text.data(), limit));
  return text.substr(0, text.find('\0'));
}

}  // namespace crashwright::rca
