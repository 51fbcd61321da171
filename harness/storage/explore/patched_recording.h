// A recording with syncs added, to see what would be different had the program made them.
//
// Threads: pure function. Errors: none. The patched recording holds views into the storage record, as the old one does.
#pragma once

#include <vector>

#include "harness/storage/explore/recording.h"

namespace crashwright::harness {

enum class SyncPlace : uint8_t {
  kBehindEach,   // operation of the kind
  kBehindRow,    // of operations of the kind with nothing else between them
  kBeforeToken,  // the next acknowledgement after them
};

// A sync wherever a kind of operation happens on a kind of path.
struct SyncRule {
  uint64_t kind = 0;    // operation_class
  bool folder = false;  // of the folder that holds the name, instead of the file
  SyncPlace place = SyncPlace::kBehindEach;
  uint32_t example = 0;  // one such operation
};

struct PatchedRecording {
  Recording recording;
  std::vector<uint32_t> place;      // of each old index, and of the old end
  std::vector<uint32_t> added;      // how many syncs, for each rule
  std::vector<std::string> synced;  // for each rule: what its sync for the example is about, as it is named by then
};

// `kinds`: operation_class of each operation.
[[nodiscard]] PatchedRecording add_syncs(const Recording& recording, const std::vector<uint64_t>& kinds,
                                         const std::vector<SyncRule>& rules);

}  // namespace crashwright::harness
