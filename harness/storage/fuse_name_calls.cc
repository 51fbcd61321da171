// libfuse's callbacks for names and attributes.
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "harness/storage/fuse_calls.h"

namespace crashwright::harness {

fuse_entry_param entry_for(const struct stat& info) {
  fuse_entry_param entry{};
  entry.ino = info.st_ino;
  entry.attr = info;
  entry.attr_timeout = kRememberSeconds;
  entry.entry_timeout = kRememberSeconds;
  return entry;
}

namespace {

void answer_entry(fuse_req_t request, int result, const struct stat& info) {
  if (result < 0) {
    fuse_reply_err(request, -result);
    return;
  }
  const fuse_entry_param entry = entry_for(info);
  fuse_reply_entry(request, &entry);
}

void answer(fuse_req_t request, int result) { fuse_reply_err(request, result < 0 ? -result : 0); }

void call_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  struct stat info {};
  const int result = core_of(request).lookup(node_id(parent), name, info);
  if (result != -ENOENT) return answer_entry(request, result, info);
  fuse_entry_param absent{};  // inode 0: the kernel remembers that there is nothing
  absent.entry_timeout = kRememberSeconds;
  fuse_reply_entry(request, &absent);
}

void call_forget(fuse_req_t request, fuse_ino_t inode, uint64_t lookups) {
  core_of(request).forget(node_id(inode), lookups);
  fuse_reply_none(request);
}

void call_forget_multi(fuse_req_t request, size_t count, fuse_forget_data* forgets) {
  for (size_t i = 0; i < count; ++i) {
    core_of(request).forget(node_id(forgets[i].ino), forgets[i].nlookup);
  }
  fuse_reply_none(request);
}

void answer_attributes(fuse_req_t request, fuse_ino_t inode) {
  struct stat info {};
  const int result = core_of(request).attributes(node_id(inode), info);
  if (result < 0) return answer(request, result);
  fuse_reply_attr(request, &info, kRememberSeconds);
}

void call_getattr(fuse_req_t request, fuse_ino_t inode, fuse_file_info*) { answer_attributes(request, inode); }

timespec time_to_set(int what, int given, int now, const timespec& time) {
  if ((what & now) != 0) return {0, UTIME_NOW};
  return (what & given) != 0 ? time : timespec{0, UTIME_OMIT};
}

int set_attributes(StorageCore& core, const Caller& caller, NodeId node, const struct stat& wanted, int what) {
  int result = 0;
  if ((what & FUSE_SET_ATTR_MODE) != 0) result = core.set_mode(caller, node, wanted.st_mode);
  if (result == 0 && (what & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) != 0) {
    const uid_t uid = (what & FUSE_SET_ATTR_UID) != 0 ? wanted.st_uid : static_cast<uid_t>(-1);
    const gid_t gid = (what & FUSE_SET_ATTR_GID) != 0 ? wanted.st_gid : static_cast<gid_t>(-1);
    result = core.set_owner(caller, node, uid, gid);
  }
  if (result == 0 && (what & FUSE_SET_ATTR_SIZE) != 0) {
    result = core.truncate(caller, node, static_cast<uint64_t>(wanted.st_size));
  }
  constexpr int kTimes = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW;
  if (result == 0 && (what & kTimes) != 0) {
    const timespec times[2] = {time_to_set(what, FUSE_SET_ATTR_ATIME, FUSE_SET_ATTR_ATIME_NOW, wanted.st_atim),
                               time_to_set(what, FUSE_SET_ATTR_MTIME, FUSE_SET_ATTR_MTIME_NOW, wanted.st_mtim)};
    result = core.set_times(caller, node, times);
  }
  return result;
}

void call_setattr(fuse_req_t request, fuse_ino_t inode, struct stat* wanted, int what, fuse_file_info*) {
  const int result = set_attributes(core_of(request), caller_of(request), node_id(inode), *wanted, what);
  if (result < 0) return answer(request, result);
  answer_attributes(request, inode);
}

void call_readlink(fuse_req_t request, fuse_ino_t inode) {
  std::string target;
  const int result = core_of(request).read_link(node_id(inode), target);
  if (result < 0) return answer(request, result);
  fuse_reply_readlink(request, target.c_str());
}

void call_mknod(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, dev_t) {
  struct stat info {};
  answer_entry(request, core_of(request).make(caller_of(request), node_id(parent), name, mode, info), info);
}

void call_mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  struct stat info {};
  answer_entry(request, core_of(request).make(caller_of(request), node_id(parent), name, mode | S_IFDIR, info), info);
}

void call_symlink(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  struct stat info {};
  answer_entry(request, core_of(request).make_symlink(caller_of(request), node_id(parent), name, target, info), info);
}

void call_link(fuse_req_t request, fuse_ino_t inode, fuse_ino_t parent, const char* name) {
  struct stat info {};
  answer_entry(request, core_of(request).link(caller_of(request), node_id(inode), node_id(parent), name, info), info);
}

void call_unlink(fuse_req_t request, fuse_ino_t parent, const char* name) {
  answer(request, core_of(request).remove(caller_of(request), node_id(parent), name, false));
}

void call_rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) {
  answer(request, core_of(request).remove(caller_of(request), node_id(parent), name, true));
}

void call_rename(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_ino_t new_parent, const char* new_name,
                 unsigned flags) {
  answer(request,
         core_of(request).rename(caller_of(request), node_id(parent), name, node_id(new_parent), new_name, flags));
}

// As of a file system without extended attributes: none is there. To set or read one libfuse answers for us.
void call_listxattr(fuse_req_t request, fuse_ino_t, size_t size) {
  if (size == 0) {
    fuse_reply_xattr(request, 0);
  } else {
    fuse_reply_buf(request, nullptr, 0);
  }
}

void call_statfs(fuse_req_t request, fuse_ino_t) {
  struct statvfs info {};
  if (::statvfs(core_of(request).backing().c_str(), &info) != 0) return answer(request, -errno);
  fuse_reply_statfs(request, &info);
}

}  // namespace

void add_name_calls(fuse_lowlevel_ops& table) {
  table.lookup = call_lookup;
  table.forget = call_forget;
  table.forget_multi = call_forget_multi;
  table.getattr = call_getattr;
  table.setattr = call_setattr;
  table.readlink = call_readlink;
  table.mknod = call_mknod;
  table.mkdir = call_mkdir;
  table.symlink = call_symlink;
  table.link = call_link;
  table.unlink = call_unlink;
  table.rmdir = call_rmdir;
  table.rename = call_rename;
  table.statfs = call_statfs;
  table.listxattr = call_listxattr;
}

}  // namespace crashwright::harness
