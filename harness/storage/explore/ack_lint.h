// Acknowledge-before-durable lint: reads one recorded run, in which no power was lost, and reports each acknowledgement
// that left before what justifies it was durable.
//
// What justifies an acknowledgement is not written anywhere, so it is taken to be every change that the program made
// before it. A change is early when it may still be lost at that moment under the profile and one of these holds:
//   - its file is one that the program makes durable at some time in the run (or it changes a name of such a file), or
//     asks to be written some time, which promises nothing (msync with MS_ASYNC, sync_file_range);
//   - nothing at all that was done since the acknowledgement before is durable yet;
//   - it is a store through a mapping that no sync ever saved, and nothing done since then is durable.
// A file that the run never syncs, written beside others that it does sync, is taken for scratch (an index that is
// built anew at each start, a log for people) and listed once, not reported. So is a file that is stored to through a
// shared mapping and synced at no time in the run (memory that processes share, a table of locks), beside any other
// change that was early. Where all that was early is in such files, they are reported, as a weaker suspicion.
// Times of files are left out.
// A thread answers for its own changes alone: what another thread or process has changed and not yet synced may be the
// next acknowledgement's, so it is listed and not blamed, whoever that is (a group commit, LevelDB's compaction), as
// long as its process does anything later. The record names who acknowledges where the program is watched; otherwise
// changes are blamed only where one thread made them all. Of a store through a mapping nobody knows the thread: it is
// taken for one of the acknowledging thread's where no other one changes or syncs the file.
// Acknowledgements with nothing between them count as one. What is done after an acknowledgement is never held against
// it, though it may stand for that; one that came with nothing done since the one before is counted.
// The lint asks less than an exploration, needs no checker and takes no time; what it reports is a suspicion.
// Threads: free functions. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "harness/storage/explore/recording.h"

namespace crashwright::harness {

// Changes of one kind to one kind of path that were early.
struct EarlyChange {
  std::string operation;     // of the first: "write of 4096 bytes at 0 of data.db-wal"
  std::string missing_sync;  // "fsync of data.db-wal before the acknowledgement"
  std::string durable_by;    // the sync that saved it, too late, in words; empty: none did
  std::string first_token;   // acknowledged too early for the first time
  uint32_t acknowledgements = 0;
  uint32_t operations = 0;
  bool perhaps_memory =
      false;  // weaker: a file that nothing of the run asks to last may be memory that processes share

  bool operator==(const EarlyChange&) const = default;
};

struct AckLint {
  std::string profile;
  uint32_t acknowledgements = 0;
  uint32_t early = 0;           // acknowledgements
  uint32_t without_change = 0;  // acknowledgements with nothing written, cut, renamed or removed since the one before
  std::vector<EarlyChange> changes;           // most acknowledgements first
  std::vector<std::string> scratch;           // paths that the run never made durable, and that were taken for scratch
  std::vector<std::string> of_other_threads;  // paths of changes that were early, but another thread's: not blamed
};

// `ignored`: patterns of fnmatch(3) for paths.
[[nodiscard]] AckLint lint_acknowledgements(const Recording& recording, const StorageProfile& profile,
                                            const std::vector<std::string>& ignored);

}  // namespace crashwright::harness
