// libfuse's callbacks for the content of files.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "harness/storage/fuse_calls.h"

namespace crashwright::harness {
namespace {

// All that is known of an open file is in its handle: nothing is left behind where a mount ends before they are closed.
constexpr uint64_t kDirectBit = 1;
static_assert(alignof(ServedNode) > kDirectBit);

OpenFile file_of(const fuse_file_info* info) {
  return {reinterpret_cast<ServedNode*>(info->fh & ~kDirectBit), (info->fh & kDirectBit) != 0};
}

void answer(fuse_req_t request, int64_t result) { fuse_reply_err(request, result < 0 ? static_cast<int>(-result) : 0); }

int open_file(fuse_req_t request, NodeId node, fuse_file_info* info) {
  OpenFile file;
  // Direct I/O of the program stays direct here: then a short write stays one. Everything else is cached, which shared
  // mappings need; the cache is never stale, for nothing changes a file but through the mount.
  file.direct = (info->flags & O_DIRECT) != 0;
  const bool truncated = (info->flags & O_TRUNC) != 0;
  const int result = core_of(request).open(caller_of(request), node, truncated, file.direct, file.node);
  if (result < 0) return result;
  info->direct_io = file.direct ? 1 : 0;
  info->keep_cache = file.node->direct ? 0 : 1;
  info->fh = reinterpret_cast<uint64_t>(file.node) | (file.direct ? kDirectBit : 0);
  return 0;
}

void close_file(fuse_req_t request, const fuse_file_info* info) { core_of(request).close(*file_of(info).node); }

void call_open(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  const int result = open_file(request, node_id(inode), info);
  if (result < 0) return answer(request, result);
  if (fuse_reply_open(request, info) != 0) close_file(request, info);  // interrupted: no release will come
}

void call_create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* info) {
  struct stat made {};
  int result = core_of(request).make(caller_of(request), node_id(parent), name, (mode & 07777) | S_IFREG, made);
  // Somebody was quicker; without O_EXCL his file is as good.
  if (result == -EEXIST && (info->flags & O_EXCL) == 0) result = core_of(request).lookup(node_id(parent), name, made);
  if (result == 0) result = open_file(request, node_id(made.st_ino), info);
  if (result < 0) return answer(request, result);
  const fuse_entry_param entry = entry_for(made);
  if (fuse_reply_create(request, &entry, info) != 0) close_file(request, info);
}

void call_read(fuse_req_t request, fuse_ino_t, size_t size, off_t offset, fuse_file_info* info) {
  const OpenFile file = file_of(info);
  static thread_local std::vector<std::byte> buffer;
  if (buffer.size() < size) buffer.resize(size);
  const int64_t got = core_of(request).read(*file.node, static_cast<uint64_t>(offset), std::span(buffer).first(size));
  if (got < 0) return answer(request, got);
  fuse_reply_buf(request, reinterpret_cast<const char*>(buffer.data()), static_cast<size_t>(got));
}

void call_write(fuse_req_t request, fuse_ino_t, const char* data, size_t size, off_t offset, fuse_file_info* info) {
  const OpenFile file = file_of(info);
  FileWrite write;
  write.offset = static_cast<uint64_t>(offset);
  write.data = std::as_bytes(std::span(data, size));
  write.synchronous = (info->flags & (O_DSYNC | O_SYNC)) != 0 && info->writepage == 0;
  write.from_mapping = info->writepage != 0;
  write.with_attributes = write.synchronous && (info->flags & O_SYNC) == O_SYNC;
  write.direct = file.direct;
  write.uncached = (info->flags & O_DIRECT) != 0 && info->writepage == 0;
  const int64_t result = core_of(request).write(caller_of(request), *file.node, write);
  if (result < 0) return answer(request, result);
  fuse_reply_write(request, static_cast<size_t>(result));
}

void call_release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  close_file(request, info);
  fuse_reply_err(request, 0);
}

void call_fsync(fuse_req_t request, fuse_ino_t, int data_only, fuse_file_info* info) {
  const OpenFile file = file_of(info);
  answer(request, core_of(request).sync(caller_of(request), *file.node, data_only != 0));
}

void call_fallocate(fuse_req_t request, fuse_ino_t, int mode, off_t offset, off_t size, fuse_file_info* info) {
  const OpenFile file = file_of(info);
  answer(request, core_of(request).allocate(caller_of(request), *file.node, mode, static_cast<uint64_t>(offset),
                                            static_cast<uint64_t>(size)));
}

void call_lseek(fuse_req_t request, fuse_ino_t, off_t offset, int whence, fuse_file_info* info) {
  const OpenFile file = file_of(info);
  const off_t at = ::lseek(file.node->fd.get(), offset, whence);  // of no other use: all else names its offset
  if (at < 0) return answer(request, -errno);
  fuse_reply_lseek(request, at);
}

void call_copy(fuse_req_t request, fuse_ino_t, off_t from_offset, fuse_file_info* from_info, fuse_ino_t,
               off_t to_offset, fuse_file_info* to_info, size_t size, int) {
  const OpenFile from = file_of(from_info);
  const OpenFile to = file_of(to_info);
  const int64_t result = core_of(request).copy(caller_of(request), *from.node, static_cast<uint64_t>(from_offset),
                                               *to.node, static_cast<uint64_t>(to_offset), size);
  if (result < 0) return answer(request, result);
  fuse_reply_write(request, static_cast<size_t>(result));
}

}  // namespace

void add_file_calls(fuse_lowlevel_ops& table) {
  table.open = call_open;
  table.create = call_create;
  table.read = call_read;
  table.write = call_write;
  // No `flush`: on close the kernel writes back what was stored to mappings, and there is nothing else to do.
  table.release = call_release;
  table.fsync = call_fsync;
  table.fallocate = call_fallocate;
  table.lseek = call_lseek;
  table.copy_file_range = call_copy;
}

}  // namespace crashwright::harness
