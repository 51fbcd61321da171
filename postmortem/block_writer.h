// Writes at an offset of one file and says when the bytes have the durability that was asked for.
//
// Through io_uring, the write and its fdatasync as one linked submission; where io_uring is forbidden (containers with
// a seccomp profile) through pwrite and fdatasync. A short write goes on at the rest; it cancels the linked sync, which
// is then submitted again with the rest.
// Threads: one at a time, moved between threads only with a happens-before. Signal context: no.
// Errors:  "write: <text>" and "fdatasync: <text>". After an error the caller stops for good: a second sync of the same
//          pages would report success for data that is gone (Rebello et al., "Can Applications Recover from fsync
//          Failures?", USENIX ATC 2020).
// Alignment: with `direct` the bytes, their size and the offset are multiples of 4,096.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "postmortem/audit_log.h"

namespace crashwright::postmortem {

class BlockWriter {
 public:
  // Borrows `fd`. `direct`: it was opened with O_DIRECT.
  [[nodiscard]] static std::unique_ptr<BlockWriter> make(int fd, Durability durability, bool direct);
  BlockWriter(const BlockWriter&) = delete;
  BlockWriter& operator=(const BlockWriter&) = delete;
  virtual ~BlockWriter() = default;

  // Returns once the bytes are durable, or have failed to become so.
  [[nodiscard]] Status write(std::span<const std::byte> bytes, uint64_t offset);

 protected:
  BlockWriter(Durability durability, bool direct) : durability_(durability), direct_(direct) {}

  struct Outcome {
    int64_t written;  // bytes, or a negative errno
    int sync;         // 0, or a negative errno; meaningless unless all was written
  };
  // One write, followed by a sync when `sync` is set and everything was written.
  virtual Outcome attempt(std::span<const std::byte> bytes, uint64_t offset, bool sync) = 0;

 private:
  Durability durability_;
  bool direct_;
};

}  // namespace crashwright::postmortem
