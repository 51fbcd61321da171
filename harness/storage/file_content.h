// The content of one file as pieces of other memory (a mapped record): building, copying and comparing it costs by the
// number of pieces, not by the number of bytes.
//
// The pieces' memory is not owned and must outlive the content. What no piece covers below size() reads as zero.
// Threads: values. Errors: write_to() and equals() report system errors. Units: bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "base/result.h"

namespace crashwright::harness {

class FileContent {
 public:
  using Pieces = std::map<uint64_t, std::span<const std::byte>>;  // by offset; never overlap, never reach behind size()

  void write(uint64_t offset, std::span<const std::byte> data);
  void zero(uint64_t offset, uint64_t size);  // within size(); the rest is ignored
  void resize(uint64_t size);

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] const Pieces& pieces() const { return pieces_; }
  [[nodiscard]] std::string text() const;  // a copy of all bytes

  // Writes the pieces into the empty file `fd` and sets its size.
  [[nodiscard]] Status write_to(int fd) const;
  // Whether the file `fd` holds exactly this; it is read block by block.
  [[nodiscard]] Result<bool> equals(int fd) const;

 private:
  void clear(uint64_t begin, uint64_t end);

  Pieces pieces_;
  uint64_t size_ = 0;
};

}  // namespace crashwright::harness
