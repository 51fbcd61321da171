// Feed files in NASDAQ's BinaryFILE framing: two bytes of big-endian length, then the message, and so on.
//
// A length of zero marks the end of the session; what follows it is an error. A file that ends after a whole message
// without the mark is accepted (downloads often lack it), ended_by_mark() tells. A message's sequence number is its
// index in the file, from 1. The content of the messages is not looked at.
// Threads: one owner. Errors: open() as kIo; next() returns kDamaged once for a torn length or message, and error()
//          says at which offset. The file is mapped: shrinking it while it is read is SIGBUS.
// Speed:   no copy, no allocation per message. Signal context: no.
// Source:  Nasdaq BinaryFILE specification 1.00.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "mock_engine/itch.h"

namespace crashwright::mock_engine::itch {

enum class ReadState : uint8_t { kMessage, kEnd, kDamaged };

class ItchFileReader {
 public:
  [[nodiscard]] static Result<ItchFileReader> open(const std::string& path);
  ItchFileReader(ItchFileReader&& other) noexcept;
  ItchFileReader& operator=(ItchFileReader&& other) noexcept;
  ~ItchFileReader();

  // Fills `message` on kMessage only. After kEnd or kDamaged every call returns the same.
  [[nodiscard]] ReadState next(FeedMessage& message) noexcept {
    if (size_ - offset_ >= 2) {
      const size_t length = load_big_endian<uint16_t>(base_ + offset_);
      if (length != 0 && size_ - offset_ - 2 >= length) {
        message.sequence = ++sequence_;
        message.bytes = {base_ + offset_ + 2, length};
        offset_ += 2 + length;
        return ReadState::kMessage;
      }
    }
    return finish();
  }
  // Back to the first message.
  void rewind() noexcept;

  [[nodiscard]] bool ended_by_mark() const noexcept;
  // Only after kDamaged: kCorrupt with path and offset.
  [[nodiscard]] Error error() const;
  [[nodiscard]] uint64_t sequence() const noexcept { return sequence_; }  // of the last message handed out, or 0
  [[nodiscard]] size_t offset() const noexcept { return offset_; }

 private:
  ItchFileReader() = default;
  [[nodiscard]] ReadState finish() const noexcept;

  std::string path_;
  const std::byte* base_ = nullptr;
  size_t size_ = 0;
  size_t offset_ = 0;
  uint64_t sequence_ = 0;
};

// Writes such a file through a buffer. finish() writes the end mark; without it the file lacks the mark.
// Makes nothing durable.
class ItchFileWriter {
 public:
  [[nodiscard]] static Result<ItchFileWriter> create(const std::string& path);

  // `message` must have 1 to 65,535 bytes.
  [[nodiscard]] Status append(Bytes message);
  [[nodiscard]] Status finish();

 private:
  ItchFileWriter() = default;
  [[nodiscard]] Status flush();

  std::string path_;
  UniqueFd fd_;
  std::string buffer_;
};

}  // namespace crashwright::mock_engine::itch
