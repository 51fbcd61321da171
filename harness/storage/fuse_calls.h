// The table of libfuse's callbacks over a StorageCore.
//
// Threads: the callbacks run on the file system's workers. Errors: each call answers its request, always once.
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include <string>
#include <vector>

#include "harness/storage/fs_core.h"

namespace crashwright::harness {

// Behind fuse_file_info::fh of an open file.
struct OpenFile {
  ServedNode* node = nullptr;
  bool direct = false;
};

// Behind fuse_file_info::fh of an open folder: what it held when reading began.
struct OpenFolder {
  std::vector<std::pair<std::string, NodeId>> entries;
};

// Everything passes through the mount, so that what the kernel remembers never ages.
inline constexpr double kRememberSeconds = 86400;

[[nodiscard]] inline NodeId node_id(fuse_ino_t inode) { return static_cast<NodeId>(inode - 1); }
[[nodiscard]] inline StorageCore& core_of(fuse_req_t request) {
  return *static_cast<StorageCore*>(fuse_req_userdata(request));
}
[[nodiscard]] inline Caller caller_of(fuse_req_t request) {
  const fuse_ctx* const context = fuse_req_ctx(request);
  return {context->pid, context->uid, context->gid};
}

[[nodiscard]] fuse_entry_param entry_for(const struct stat& info);

void add_name_calls(fuse_lowlevel_ops& table);    // fuse_name_calls.cc
void add_folder_calls(fuse_lowlevel_ops& table);  // fuse_folder_calls.cc
void add_file_calls(fuse_lowlevel_ops& table);    // fuse_file_calls.cc

}  // namespace crashwright::harness
