// A packed file (systemd-coredump packs cores with zstd), unpacked for as long as this object lives.
//
// The tools that pack do the work: zstd, gzip, xz, lz4, bzip2. What comes out goes into a file without a name in the
// folder for temporary files, blocks of zeros as holes, and never takes more than half of the room there.
// Threads: one owner. Signal context: no.
// Errors:  kEnvironment where the tool is not installed or room is short, with the command that unpacks as the remedy.
//          A packed file that was cut gives what came before the cut, and says so (`cut_off`).
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::rca {

// "zstd", by how the file begins; empty for one that is not packed.
[[nodiscard]] std::string packer_of(const std::string& path);

class UnpackedFile {
 public:
  // `bytes_max` bytes at most: a beginning is enough to tell what it is.
  [[nodiscard]] static Result<UnpackedFile> open(const std::string& path, uint64_t bytes_max = ~uint64_t{0});

  // To be opened while this object lives.
  [[nodiscard]] std::string path() const;
  [[nodiscard]] bool cut_off() const { return cut_off_; }

 private:
  UniqueFd file_;
  bool cut_off_ = false;
};

}  // namespace crashwright::rca
