#include "postmortem/block_writer.h"

#include <liburing.h>
#include <unistd.h>

#include <cerrno>

#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kSectorBytes = 512;
constexpr int kFruitlessAttemptsMax = 64;  // a device that takes nothing 64 times in a row takes nothing

class PlainWriter final : public BlockWriter {
 public:
  PlainWriter(int fd, Durability durability, bool direct) : BlockWriter(durability, direct), fd_(fd) {}

 protected:
  Outcome attempt(std::span<const std::byte> bytes, uint64_t offset, bool sync) override {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) return {-errno, 0};
    if (!sync || static_cast<size_t>(written) < bytes.size()) return {written, 0};
    return {written, ::fdatasync(fd_) == 0 ? 0 : -errno};
  }

 private:
  int fd_;
};

class RingWriter final : public BlockWriter {
 public:
  RingWriter(int fd, Durability durability, bool direct) : BlockWriter(durability, direct), fd_(fd) {}
  ~RingWriter() override {
    if (usable_) ::io_uring_queue_exit(&ring_);
  }
  // The file is not registered with the ring: a registered one would keep its locks beyond the death of the process.
  [[nodiscard]] bool start() {
    usable_ = ::io_uring_queue_init(kEntries, &ring_, 0) == 0;
    return usable_;
  }

 protected:
  Outcome attempt(std::span<const std::byte> bytes, uint64_t offset, bool sync) override {
    io_uring_sqe* const write = ::io_uring_get_sqe(&ring_);
    ::io_uring_prep_write(write, fd_, bytes.data(), static_cast<unsigned>(bytes.size()), offset);
    write->user_data = kWrite;
    if (sync) {
      write->flags |= IOSQE_IO_LINK;
      io_uring_sqe* const flush = ::io_uring_get_sqe(&ring_);
      ::io_uring_prep_fsync(flush, fd_, IORING_FSYNC_DATASYNC);
      flush->user_data = kSync;
    }
    return collect(sync ? 2 : 1);
  }

 private:
  static constexpr unsigned kEntries = 8;
  static constexpr uint64_t kWrite = 1;
  static constexpr uint64_t kSync = 2;

  // Waits for all completions of this attempt, so that none is left for the next one.
  Outcome collect(unsigned expected) {
    Outcome outcome{0, 0};
    unsigned submitted = 0;
    while (submitted < expected) {
      const int count = ::io_uring_submit_and_wait(&ring_, expected);
      if (count > 0) submitted += static_cast<unsigned>(count);
      // Nothing was taken and nothing is in flight: the kernel refuses the submission itself.
      if (count < 0 && count != -EINTR && count != -EAGAIN && submitted == 0) return {count, 0};
    }
    for (unsigned seen = 0; seen < expected;) {
      io_uring_cqe* completion = nullptr;
      if (::io_uring_wait_cqe(&ring_, &completion) != 0) continue;
      if (completion->user_data == kWrite) outcome.written = completion->res;
      if (completion->user_data == kSync) outcome.sync = completion->res;
      ::io_uring_cqe_seen(&ring_, completion);
      ++seen;
    }
    return outcome;
  }

  int fd_;
  io_uring ring_{};
  bool usable_ = false;
};

}  // namespace

std::unique_ptr<BlockWriter> BlockWriter::make(int fd, Durability durability, bool direct) {
  auto ring = std::make_unique<RingWriter>(fd, durability, direct);
  if (ring->start()) return ring;
  return std::make_unique<PlainWriter>(fd, durability, direct);
}

Status BlockWriter::write(std::span<const std::byte> bytes, uint64_t offset) {
  const bool sync = durability_ == Durability::kPowerLoss && !CRASHWRIGHT_PLANTED("no_fsync");
  int fruitless = 0;
  for (;;) {
    const Outcome outcome = attempt(bytes, offset, sync);
    if (outcome.written == static_cast<int64_t>(bytes.size())) {
      if (outcome.sync < 0) return fail_errno(-outcome.sync, "fdatasync");
      return {};
    }
    const bool again = outcome.written == -EINTR || outcome.written == -EAGAIN || outcome.written >= 0;
    if (!again) return fail_errno(static_cast<int>(-outcome.written), "write");
    auto taken = static_cast<uint64_t>(outcome.written > 0 ? outcome.written : 0);
    if (direct_) taken -= taken % kSectorBytes;  // the rest must stay aligned; the part of a sector is written again
    fruitless = taken == 0 ? fruitless + 1 : 0;
    if (fruitless == kFruitlessAttemptsMax) return fail(ErrorKind::kIo, "write: the device takes no data");
    bytes = bytes.subspan(taken);
    offset += taken;
  }
}

}  // namespace crashwright::postmortem
