// Bytes of one file of a mount, and what may be asked for them beside a sync. Threads: values. Units: bytes.
#pragma once

#include <cstdint>

#include "harness/storage/operation.h"

namespace crashwright::harness {

struct FileRange {
  NodeId node = kNoNode;
  uint64_t offset = 0;
  uint64_t size = 0;
};

// None of them makes anything durable.
enum class WriteBackRequest : uint8_t {
  kSomeTime,   // msync with MS_ASYNC: the kernel does nothing
  kNow,        // sync_file_range with SYNC_FILE_RANGE_WRITE: write-back begins, of these bytes before others
  kDropCache,  // posix_fadvise(POSIX_FADV_DONTNEED): the same, of one who does not ask for anything to last
};

}  // namespace crashwright::harness
