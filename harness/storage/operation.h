// What the storage layer records: one entry per operation that reached the file system, in the order of their effects.
//
// Nodes are numbered in order of creation and never reused; 0 is the root folder. Offsets and sizes are bytes.
// Names, link targets and data are views into the record that gave the operation (storage_record.h); they live as long
// as it does. Which operation makes what durable is for the profile to say (power_loss.h).
// Not modelled, passed through: times of access and of change, KEEP_SIZE preallocation. Refused: extended attributes,
// O_TMPFILE. Never
// seen below the VFS: syncfs and sync (the kernel keeps them from FUSE servers); of a program that is explored they are
// seen by other means (explore/call_watch.h), otherwise they make nothing durable here.
// Threads: values.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <span>
#include <string_view>

namespace crashwright::harness {

using NodeId = uint32_t;
inline constexpr NodeId kRootNode = 0;
inline constexpr NodeId kNoNode = UINT32_MAX;

// Stored; append only.
enum class OperationKind : uint8_t {
  // Changes of the tree.
  kCreate = 1,        // node, parent, name, size = mode: an empty file
  kMakeFolder = 2,    // node, parent, name, size = mode
  kMakeSymlink = 3,   // node, parent, name, data = its target
  kMakeSpecial = 4,   // node, parent, name, size = mode: a fifo or a socket
  kLink = 5,          // node, parent, name: one more name of an existing file
  kRename = 6,        // node: parent, name -> new_parent, new_name; `replaced` is what had the new name, or kNoNode
  kExchange = 7,      // node: parent, name <-> new_parent, new_name, which is `replaced`
  kUnlink = 8,        // node: parent, name
  kRemoveFolder = 9,  // node: parent, name
  kSetMode = 10,      // node, size = mode
  kSetOwner = 11,     // node, size = user << 32 | group
  kSetTimes = 12,     // node, size.offset = seconds.nanoseconds: its time of modification, until it is changed again;
                      // offset = UTIME_NOW: the present, whenever that is
  // Changes of a file's content.
  kWrite = 16,     // node, offset, data
  kZero = 17,      // node, offset, size: punch hole and zero range, the file's size stays
  kTruncate = 18,  // node, size
  kAllocate = 19,  // node, size: fallocate made it the file's size, which grew
  // What makes durable, or fails to.
  kSyncFile = 32,    // node: fsync
  kSyncData = 33,    // node: fdatasync, or msync with MS_SYNC
  kSyncRange = 34,   // node, offset, size: what O_SYNC, O_DSYNC and RWF_DSYNC promise for one write, and msync for its
                     // bytes (kFromMapping), where the program is watched
  kSyncFolder = 35,  // node: fsync or fdatasync of a folder
  kSyncFailed = 36,  // node: the sync failed and what it should have made durable never will be, though it can be read
                     // until the cache goes; a later sync that succeeds does not bring it back
  kSyncAll = 37,     // sync and syncfs: everything before it
  kAskedFor = 38,    // node, offset, size: msync with MS_ASYNC or sync_file_range, which make nothing durable, but tell
                     // that the program wants these bytes to last; where it is watched
  kDropCache = 39,   // node, offset, size: posix_fadvise(POSIX_FADV_DONTNEED): asks for nothing to last, but the kernel
                     // begins to write these bytes; where the program is watched
  // Marks.
  kAcknowledge = 48,  // pid and tid = who wrote it, where the program is watched; name = the token, or "audit_durable"
                      // or "last_sent_sequence" with size = the engine's counter
};

// How an operation came about. Bits of Operation::flags; stored.
inline constexpr uint8_t kFromMapping =
    1;  // write-back of pages stored to through mmap; pid and tid are the writer-back, `place` is that of the call
        // before which it came down, where the program is watched
inline constexpr uint8_t kSynchronous = 2;      // the write was issued with O_SYNC, O_DSYNC or RWF_DSYNC
inline constexpr uint8_t kInitial = 4;          // was there when the file system was mounted
inline constexpr uint8_t kByFault = 8;          // made, or made otherwise than asked for, by a storage fault
inline constexpr uint8_t kWithAttributes = 16;  // of kSyncRange: as much as fsync (O_SYNC), not only as fdatasync

inline constexpr uint8_t kDirect = 32;      // of kWrite: issued with O_DIRECT
inline constexpr uint8_t kWritesBack = 64;  // of kAskedFor: the kernel begins to write these bytes

struct Operation {
  OperationKind kind = OperationKind::kWrite;
  uint8_t flags = 0;
  NodeId node = kRootNode;
  NodeId parent = kRootNode;
  NodeId new_parent = kRootNode;  // of kRename and kExchange; otherwise as parent
  NodeId replaced = kNoNode;
  int32_t pid = 0;  // who asked; 0 when the kernel wrote back on its own
  int32_t tid = 0;
  uint16_t place = 0;    // where in its program the caller stood (caller_stacks.h), 0: unknown
  uint64_t time_ns = 0;  // CLOCK_MONOTONIC, when it took effect
  uint64_t offset = 0;
  uint64_t size = 0;  // see the kinds; of kWrite the bytes of data
  std::string_view name;
  std::string_view new_name;
  std::span<const std::byte> data;
};

[[nodiscard]] constexpr bool changes_content(OperationKind kind) noexcept {
  return kind >= OperationKind::kWrite && kind <= OperationKind::kAllocate;
}
[[nodiscard]] constexpr bool changes_data(OperationKind kind) noexcept {
  return kind == OperationKind::kWrite || kind == OperationKind::kZero;
}
[[nodiscard]] constexpr bool changes_tree(OperationKind kind) noexcept { return kind <= OperationKind::kSetTimes; }
// Of the tree, but of no name in it.
[[nodiscard]] constexpr bool changes_attributes(OperationKind kind) noexcept {
  return kind >= OperationKind::kSetMode && kind <= OperationKind::kSetTimes;
}
[[nodiscard]] constexpr bool changes_names(OperationKind kind) noexcept {
  return changes_tree(kind) && !changes_attributes(kind);
}
// A sync that succeeded.
[[nodiscard]] constexpr bool is_sync(OperationKind kind) noexcept {
  return (kind >= OperationKind::kSyncFile && kind <= OperationKind::kSyncFolder) || kind == OperationKind::kSyncAll;
}
// The kernel writes these bytes, [offset, offset + size), before others of the file that were written earlier.
[[nodiscard]] constexpr bool begins_write_back(const Operation& operation) noexcept {
  if (operation.kind == OperationKind::kWrite) return (operation.flags & kDirect) != 0;
  if (operation.kind == OperationKind::kAskedFor) return (operation.flags & kWritesBack) != 0;
  return operation.kind == OperationKind::kDropCache;
}
// Of kSetTimes; none: the present.
[[nodiscard]] inline std::optional<timespec> time_set_by(const Operation& operation) noexcept {
  if (operation.offset == UTIME_NOW) return std::nullopt;
  return timespec{static_cast<time_t>(operation.size), static_cast<long>(operation.offset)};
}
// Whose time of modification becomes the present: the file, or one or two folders.
[[nodiscard]] inline std::array<NodeId, 2> nodes_modified_by(const Operation& operation) noexcept {
  if (changes_content(operation.kind)) return {operation.node, kNoNode};
  if (!changes_names(operation.kind)) return {kNoNode, kNoNode};
  return {operation.parent, operation.new_parent};
}
[[nodiscard]] const char* operation_name(OperationKind kind) noexcept;  // "rename"

}  // namespace crashwright::harness
