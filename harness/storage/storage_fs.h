// The power-loss file system: serves a backing folder through libfuse3 below the VFS, records every change, and makes
// planned storage faults happen. It never syncs by itself, not on close either.
//
// Threads: one; poll() it from the daemon's loop. Errors: mounting reports the system's text with a remedy.
// What it serves: files, folders, hard links, rename, truncate, fallocate, fsync, fsyncdir, O_DSYNC and RWF_DSYNC.
// Symbolic links, devices and extended attributes are refused (ENOSYS).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/storage/fault_gate.h"
#include "harness/storage/operation.h"

namespace crashwright::harness {

struct StorageFsOptions {
  std::string backing;                        // existing folder; what it holds at mount counts as durable
  std::string mount_point;                    // existing empty folder
  postmortem::ControlBlock* block = nullptr;  // of the case; null: no faults
};

class StorageFs {
 public:
  [[nodiscard]] static Result<std::unique_ptr<StorageFs>> mount(const StorageFsOptions& options);
  virtual ~StorageFs() = default;  // unmounts
  StorageFs(const StorageFs&) = delete;
  StorageFs& operator=(const StorageFs&) = delete;

  // Readable when a request waits.
  [[nodiscard]] virtual int descriptor() const = 0;
  // Serves one request; false once the mount is gone.
  virtual bool serve() = 0;
  // Looks for a power loss that fired while no operation came in; the engine is then killed and the record is cut.
  virtual void check_power_loss() = 0;
  // Everything recorded up to the power loss, or up to now.
  [[nodiscard]] virtual std::vector<Operation> record() const = 0;
  // The whole record replayed equals the backing folder, byte for byte.
  [[nodiscard]] virtual Status record_equals_backing() const = 0;

 protected:
  StorageFs() = default;
};

}  // namespace crashwright::harness
