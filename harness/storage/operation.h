// What the storage layer records: one entry per change of the tree that reached the file system, in order.
//
// Nodes are numbered in order of creation; 0 is the root folder. Offsets and sizes are bytes.
// Threads: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace crashwright::harness {

using NodeId = uint32_t;
inline constexpr NodeId kRootNode = 0;

enum class OperationKind : uint8_t {
  kCreate,        // node, parent, name: an empty file
  kMakeFolder,    // node, parent, name
  kLink,          // node, parent, name: one more name of an existing file
  kWrite,         // node, offset, data
  kTruncate,      // node, size (fallocate without KEEP_SIZE counts as one, too)
  kRename,        // parent, name -> new_parent, new_name; replaces what was there
  kUnlink,        // parent, name
  kRemoveFolder,  // parent, name
  kSyncFile,      // node: fsync, fdatasync, O_DSYNC or RWF_DSYNC
  kSyncFolder,    // node
};

struct Operation {
  OperationKind kind = OperationKind::kWrite;
  NodeId node = kRootNode;
  NodeId parent = kRootNode;
  NodeId new_parent = kRootNode;
  std::string name;
  std::string new_name;
  uint64_t offset = 0;
  uint64_t size = 0;
  std::vector<std::byte> data;
  // A failed fsync dropped it: readable until the cache goes, never durable, not even by a later fsync that succeeds.
  bool dropped = false;
};

[[nodiscard]] constexpr bool changes_data(OperationKind kind) noexcept { return kind == OperationKind::kWrite; }
[[nodiscard]] constexpr bool is_sync(OperationKind kind) noexcept {
  return kind == OperationKind::kSyncFile || kind == OperationKind::kSyncFolder;
}

}  // namespace crashwright::harness
