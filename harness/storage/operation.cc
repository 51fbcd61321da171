#include "harness/storage/operation.h"

namespace crashwright::harness {

const char* operation_name(OperationKind kind) noexcept {
  switch (kind) {
    case OperationKind::kCreate:
      return "create";
    case OperationKind::kMakeFolder:
      return "mkdir";
    case OperationKind::kMakeSymlink:
      return "symlink";
    case OperationKind::kMakeSpecial:
      return "mknod";
    case OperationKind::kLink:
      return "link";
    case OperationKind::kRename:
      return "rename";
    case OperationKind::kExchange:
      return "exchange";
    case OperationKind::kUnlink:
      return "unlink";
    case OperationKind::kRemoveFolder:
      return "rmdir";
    case OperationKind::kSetMode:
      return "chmod";
    case OperationKind::kSetOwner:
      return "chown";
    case OperationKind::kSetTimes:
      return "utimens";
    case OperationKind::kWrite:
      return "write";
    case OperationKind::kZero:
      return "zero";
    case OperationKind::kTruncate:
      return "truncate";
    case OperationKind::kAllocate:
      return "allocate";
    case OperationKind::kSyncFile:
      return "fsync";
    case OperationKind::kSyncData:
      return "fdatasync";
    case OperationKind::kSyncRange:
      return "synchronous write";
    case OperationKind::kSyncFolder:
      return "fsync of the folder";
    case OperationKind::kSyncFailed:
      return "failed fsync";
    case OperationKind::kSyncAll:
      return "sync";
    case OperationKind::kAskedFor:
      return "asynchronous sync";
    case OperationKind::kDropCache:
      return "dropping from the cache";
    case OperationKind::kAcknowledge:
      return "acknowledge";
  }
  return "unknown";
}

}  // namespace crashwright::harness
