// What a storage profile promises: which sync makes what durable, and how the rest may be lost.
//
// The three built-in ones (design: "Storage profiles"):
//   K  process death: everything that reached the file system survives.
//   E  ext4-like: a folder's sync commits all metadata before it; a file's sync saves its data and commits where the
//      file has something to commit (journal_commits.h). Metadata that is not committed is lost as a suffix, data in
//      any subset of its tear units; what fills blocks that held nothing before comes with them, as a whole and in
//      order (fresh_blocks.h).
//   S  strict POSIX: a file's sync saves its bytes and its size, a folder's sync the changes of its entries. Each other
//      change may be lost or kept by itself, one rename being one change.
// A custom one is `storage: {custom}` of a scenario, or a file with the same keys.
// Threads: values. Errors: kUsage with what is wrong in the file. Units: bytes.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "harness/scenario/scenario.h"

namespace crashwright::harness {

struct StorageProfile {
  std::string name = "E";
  bool keeps_everything = false;             // K
  bool metadata_in_order = true;             // what is not committed is lost as a suffix; otherwise change by change
  bool file_sync_commits_metadata = true;    // all of it, where it commits; not only the file's size
  bool folder_sync_commits_metadata = true;  // all of it, not only the folder's entries
  bool size_follows_data = true;             // FreshBlocks; otherwise a size may survive what it should reach over
  uint32_t tear_unit_bytes = 512;
};

[[nodiscard]] StorageProfile storage_profile(Profile profile);
[[nodiscard]] StorageProfile storage_profile(const CustomProfile& custom);
// "K", "E", "S", or the path of a custom profile.
[[nodiscard]] Result<StorageProfile> load_storage_profile(const std::string& name_or_path);

// True when every loss that `weaker` allows is allowed by `stronger` too; K is the weakest.
[[nodiscard]] bool allows_no_more(const StorageProfile& weaker, const StorageProfile& stronger);

}  // namespace crashwright::harness
