// A core file of a 64-bit Linux process on x86-64: what the kernel noted, and the memory as far as it was saved.
//
// Every offset is checked against the file's size, so a core that was cut anywhere, or is damaged, still gives what is
// in it. Memory that the kernel leaves out because a file holds it (code, read-only data) is read from that file.
// Threads: one owner (reading keeps a small cache). Signal context: no.
// Errors:  open() refuses what is no core of this architecture; a read beyond what is known is short, not an error.
// Source:  elf(5), core(5), <sys/procfs.h>.
#pragma once

#include <sys/procfs.h>
#include <sys/user.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::rca {

struct CoreThread {
  int32_t tid = 0;
  int32_t signal = 0;  // pr_cursig: what the thread died of
  uint64_t cpu_time_ns = 0;
  user_regs_struct registers{};
  std::vector<uint64_t> xmm{};  // lower halves of xmm0 to xmm15; empty when the core does not have them
};

// One PT_LOAD: [begin, end), of which the first `saved` bytes lie at `offset` of the core.
struct CoreSegment {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t offset = 0;
  uint64_t saved = 0;
  bool readable = false;
  bool writable = false;
  bool executable = false;
};

// One entry of NT_FILE.
struct CoreMapping {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t file_offset = 0;
  std::string path;
};

class CoreFile {
 public:
  [[nodiscard]] static Result<CoreFile> open(const std::string& path);

  CoreFile(CoreFile&&) noexcept;
  CoreFile& operator=(CoreFile&&) noexcept;
  ~CoreFile();

  [[nodiscard]] int32_t pid() const { return pid_; }
  [[nodiscard]] const std::string& program() const { return program_; }  // 15 characters, as the kernel keeps it
  // The faulting thread is the first.
  [[nodiscard]] const std::vector<CoreThread>& threads() const { return threads_; }
  [[nodiscard]] const std::optional<siginfo_t>& signal_info() const { return signal_info_; }
  [[nodiscard]] const std::vector<CoreSegment>& segments() const { return segments_; }  // in order of address
  [[nodiscard]] const std::vector<CoreMapping>& mappings() const { return mappings_; }
  // An entry of the auxiliary vector (AT_ENTRY), 0 for none.
  [[nodiscard]] uint64_t auxiliary(uint64_t type) const;
  // Bytes that the program headers promise and the file does not have; 0 for a complete core.
  [[nodiscard]] uint64_t missing_bytes() const { return missing_bytes_; }

  // Reads as many of the bytes at `address` as are known, from the core or a mapped file; returns how many.
  size_t read(uint64_t address, void* to, size_t size) const;
  [[nodiscard]] std::optional<uint64_t> read_word(uint64_t address) const;
  // A zero-terminated text of at most `limit` bytes; empty when the first byte cannot be read.
  [[nodiscard]] std::string read_text(uint64_t address, size_t limit) const;
  [[nodiscard]] const CoreSegment* segment_of(uint64_t address) const;
  [[nodiscard]] const CoreMapping* mapping_of(uint64_t address) const;

 private:
  struct Cache;

  CoreFile();
  [[nodiscard]] Status load(const std::string& path);
  void load_notes(uint64_t offset, uint64_t size);
  void take_note(uint32_t type, std::span<const std::byte> content);
  void take_file_note(std::span<const std::byte> content);
  [[nodiscard]] int mapped_file(const std::string& path) const;
  size_t read_segment(const CoreSegment& segment, uint64_t address, void* to, size_t size) const;
  size_t read_mapping(uint64_t address, void* to, size_t size) const;

  UniqueFd fd_;
  uint64_t file_size_ = 0;
  uint64_t notes_read_ = 0;  // bytes
  uint64_t missing_bytes_ = 0;
  int32_t pid_ = 0;
  std::string program_;
  std::vector<CoreThread> threads_;
  std::optional<siginfo_t> signal_info_;
  std::vector<CoreSegment> segments_;
  std::vector<CoreMapping> mappings_;
  std::map<uint64_t, uint64_t> auxiliary_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace crashwright::rca
