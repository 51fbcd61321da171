// One engine per data folder: an exclusive flock on data/lock, held until the process ends.
//
// A predecessor that was killed can still hold its lock for tens of milliseconds after it was reaped (registered
// io_uring files outlive it), so acquire() tries for a second before it calls the folder taken.
// Threads: one owner. Errors: kEnvironment when taken, kIo when the file cannot be made. Signal context: no.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::mock_engine {

class DataLock {
 public:
  [[nodiscard]] static Result<DataLock> acquire(const std::string& path);

 private:
  explicit DataLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// Makes what a crashed predecessor wrote durable before anything is built on it. A missing file is no error.
[[nodiscard]] Status sync_file(const std::string& path);

}  // namespace crashwright::mock_engine
