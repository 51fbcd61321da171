// One engine per data folder: an exclusive flock on the folder itself and on data/lock in it, held until the process
// ends. The file says who holds it (lock_holder.h); unlike the file, the folder cannot be taken away from an engine.
//
// A predecessor that was killed can still hold its locks for tens of milliseconds after it was reaped (registered
// io_uring files outlive it), and for as long as its device takes when that hangs. So while the holder is dying,
// acquire() tries for as long as the kernel holds the locks, and says so once; a living holder, or one that is not
// known, has a second.
// Threads: one owner. Signal context: no.
// Errors:  kLocked when another engine holds the folder; kStorageSealed when the folder or the file cannot be written,
//          kUsage when there is no such place.
#pragma once

#include <string>

#include "base/unique_fd.h"
#include "mock_engine/stop_reason.h"

namespace crashwright::mock_engine {

class DataLock {
 public:
  // `path`: of the lock file; its folder is made where it is missing.
  [[nodiscard]] static tl::expected<DataLock, StopReason> acquire(const std::string& path);

 private:
  DataLock(UniqueFd file, UniqueFd folder) : file_(std::move(file)), folder_(std::move(folder)) {}
  UniqueFd file_;
  UniqueFd folder_;
};

}  // namespace crashwright::mock_engine
