// Which syncs of a record commit the journal, on a file system that keeps one for all its metadata (ext4).
//
// A commit saves every change of metadata before it. The sync of a folder commits always, and so does sync(2); that of
// a file only where its inode is part of what is not committed yet:
//   fsync, O_SYNC       since the last commit it was changed in any way: made, linked, renamed, unlinked, written to,
//                       its size, blocks, mode, owner or times
//   fdatasync, O_DSYNC, RWF_DSYNC, msync
//                       since then it was made, its size changed or blocks were given out to it
// Otherwise such a sync writes the bytes and nothing else, and what another file went through before it stays unsafe.
// Blocks that held nothing are given out when they are written back (fresh_blocks.h), so by the file's own sync at the
// latest, which then commits, and at once by O_DIRECT, sync_file_range and posix_fadvise(POSIX_FADV_DONTNEED); an
// append within the last block changes the size at once. A punched hole, and a range that is zeroed, waits for blocks
// anew.
// Not counted: commits that the kernel makes every few seconds, and that a write within the same tick of the clock as
// the one before it changes no time.
// Threads: immutable once made. Errors: none.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/storage/fresh_blocks.h"
#include "harness/storage/operation_list.h"

namespace crashwright::harness {

class JournalCommits {
 public:
  JournalCommits(const OperationList& operations, const FreshBlocks& fresh);
  // Of the sync with this number.
  [[nodiscard]] bool at(size_t sync) const { return commits_[sync]; }

 private:
  std::vector<bool> commits_;
};

}  // namespace crashwright::harness
