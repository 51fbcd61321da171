// Bytes of one file of a mount. Threads: values. Units: bytes.
#pragma once

#include <cstdint>

#include "harness/storage/operation.h"

namespace crashwright::harness {

struct FileRange {
  NodeId node = kNoNode;
  uint64_t offset = 0;
  uint64_t size = 0;
};

}  // namespace crashwright::harness
