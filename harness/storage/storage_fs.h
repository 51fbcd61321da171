// The power-loss file system: serves a backing folder through libfuse3 below the VFS, records every change, and makes
// planned storage faults happen. It never syncs by itself, not on close either.
//
// What it serves: files (write, shared mappings, io_uring, direct I/O), folders, hard and symbolic links, fifos and
// sockets, rename with NOREPLACE and EXCHANGE, truncate, fallocate (also punch hole and zero range), copy_file_range,
// SEEK_DATA and SEEK_HOLE; flock and POSIX locks are the kernel's own. Pages are cached and writes go through at once;
// stores to a mapping arrive when the kernel writes them back: at msync, fsync, close, or when it likes to.
// Refused as by a file system that does not have them: extended attributes, devices, O_TMPFILE, fallocate's collapse
// and insert.
// Threads: kWorkers serve; everything here is for any thread. Errors: mounting reports the system's text with a remedy.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "harness/storage/fs_core.h"

namespace crashwright::harness {

struct StorageFsOptions {
  StorageCoreOptions core;
  std::string mount_point;  // existing empty folder
};

class StorageFs {
 public:
  // Returns once the mount serves.
  [[nodiscard]] static Result<std::unique_ptr<StorageFs>> mount(const StorageFsOptions& options);
  virtual ~StorageFs() = default;  // unmounts
  StorageFs(const StorageFs&) = delete;
  StorageFs& operator=(const StorageFs&) = delete;

  [[nodiscard]] virtual StorageCore& core() = 0;
  // Readable when the mount was taken away by somebody else.
  [[nodiscard]] virtual int end_descriptor() const = 0;
  // Lets the kernel hand over what it still holds of shared mappings: what process death alone would keep.
  virtual void flush() = 0;

 protected:
  StorageFs() = default;
};

}  // namespace crashwright::harness
