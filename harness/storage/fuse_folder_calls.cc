// libfuse's callbacks for reading folders.
#include <cerrno>
#include <memory>

#include "harness/storage/fuse_calls.h"

namespace crashwright::harness {
namespace {

OpenFolder& folder_of(const fuse_file_info* info) { return *reinterpret_cast<OpenFolder*>(info->fh); }

void call_opendir(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  auto folder = std::make_unique<OpenFolder>();
  const int result = core_of(request).list(node_id(inode), folder->entries);
  if (result < 0) {
    fuse_reply_err(request, -result);
    return;
  }
  info->fh = reinterpret_cast<uint64_t>(folder.release());
  if (fuse_reply_open(request, info) != 0) delete &folder_of(info);  // interrupted: no release will come
}

void call_releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  delete &folder_of(info);
  fuse_reply_err(request, 0);
}

// Adds one entry; 0 when it has no room. With attributes (`plus`) the kernel remembers the node from here on.
size_t add_entry(fuse_req_t request, std::span<char> room, const std::pair<std::string, NodeId>& entry, off_t next,
                 bool plus) {
  const auto& [name, id] = entry;
  const bool dots = name == "." || name == "..";
  fuse_entry_param param{};
  param.attr.st_ino = id + 1;
  if (!plus) {
    struct stat info {};
    if (core_of(request).attributes(id, info) == 0) param.attr.st_mode = info.st_mode;
    const size_t used = fuse_add_direntry(request, room.data(), room.size(), name.c_str(), &param.attr, next);
    return used > room.size() ? 0 : used;
  }
  const size_t needed = fuse_add_direntry_plus(request, nullptr, 0, name.c_str(), &param, next);
  if (needed > room.size()) return 0;
  struct stat info {};
  if (core_of(request).attributes(id, info, !dots) == 0) {
    param = entry_for(info);
    if (dots) param.ino = 0;
  }
  return fuse_add_direntry_plus(request, room.data(), room.size(), name.c_str(), &param, next);
}

void answer_listing(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info* info, bool plus) {
  OpenFolder& folder = folder_of(info);
  if (offset == 0) static_cast<void>(core_of(request).list(node_id(inode), folder.entries));  // as after rewinddir
  std::vector<char> buffer(size);
  size_t filled = 0;
  for (auto at = static_cast<size_t>(offset); at < folder.entries.size(); ++at) {
    const size_t used =
        add_entry(request, std::span(buffer).subspan(filled), folder.entries[at], static_cast<off_t>(at + 1), plus);
    if (used == 0) break;
    filled += used;
  }
  fuse_reply_buf(request, buffer.data(), filled);
}

void call_readdir(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info* info) {
  answer_listing(request, inode, size, offset, info, false);
}

void call_readdirplus(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info* info) {
  answer_listing(request, inode, size, offset, info, true);
}

void call_fsyncdir(fuse_req_t request, fuse_ino_t inode, int, fuse_file_info*) {
  const int result = core_of(request).sync_folder(caller_of(request), node_id(inode));
  fuse_reply_err(request, -result);
}

}  // namespace

void add_folder_calls(fuse_lowlevel_ops& table) {
  table.opendir = call_opendir;
  table.releasedir = call_releasedir;
  table.readdir = call_readdir;
  table.readdirplus = call_readdirplus;
  table.fsyncdir = call_fsyncdir;
}

}  // namespace crashwright::harness
