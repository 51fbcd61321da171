// A temporary folder that is removed with its owner, and, when it stands in a ledger, after its owner was killed.
//
// Threads: one owner. Errors: kEnvironment when none can be made; that of a ledger which cannot be written.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "harness/runner/ledger.h"

namespace crashwright::harness {

class ScratchFolder {
 public:
  enum class Place {
    kDisk,    // TMPDIR or /tmp
    kMemory,  // /dev/shm for few bytes where there is one with room, otherwise as kDisk; may be overridden by
              // CRASHWRIGHT_IMAGES
  };
  // `bytes`: about how much it will hold.
  [[nodiscard]] static Result<ScratchFolder> create(Place place, uint64_t bytes = 0);
  // Written into the ledger, with all that will be mounted in it, before it exists.
  [[nodiscard]] static Result<ScratchFolder> create(Place place, Ledger& ledger, uint64_t bytes = 0);
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace crashwright::harness
