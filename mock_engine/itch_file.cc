#include "mock_engine/itch_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/file.h"

namespace crashwright::mock_engine::itch {
namespace {

constexpr size_t kWriteBufferBytes = 1 << 18;

}  // namespace

Result<ItchFileReader> ItchFileReader::open(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open feed " + path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno, "stat feed " + path);
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::kIo, "feed " + path + " is no regular file");
  ItchFileReader reader;
  reader.path_ = path;
  reader.size_ = static_cast<size_t>(info.st_size);
  if (reader.size_ == 0) return reader;
  void* mapping = ::mmap(nullptr, reader.size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (mapping == MAP_FAILED) return fail_errno(errno, "map feed " + path);
  ::madvise(mapping, reader.size_, MADV_SEQUENTIAL);
  reader.base_ = static_cast<const std::byte*>(mapping);
  return reader;
}

ItchFileReader::ItchFileReader(ItchFileReader&& other) noexcept
    : path_(std::move(other.path_)),
      base_(std::exchange(other.base_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      offset_(std::exchange(other.offset_, 0)),
      sequence_(std::exchange(other.sequence_, 0)) {}

ItchFileReader& ItchFileReader::operator=(ItchFileReader&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
  std::swap(offset_, other.offset_);
  std::swap(sequence_, other.sequence_);
  return *this;
}

ItchFileReader::~ItchFileReader() {
  if (base_ != nullptr) ::munmap(const_cast<std::byte*>(base_), size_);
}

void ItchFileReader::rewind() noexcept {
  offset_ = 0;
  sequence_ = 0;
}

bool ItchFileReader::ended_by_mark() const noexcept {
  return size_ - offset_ == 2 && load_big_endian<uint16_t>(base_ + offset_) == 0;
}

ReadState ItchFileReader::finish() const noexcept {
  return offset_ == size_ || ended_by_mark() ? ReadState::kEnd : ReadState::kDamaged;
}

Error ItchFileReader::error() const {
  const size_t rest = size_ - offset_;
  std::string what;
  if (rest < 2) {
    what = "the file ends inside a length field";
  } else if (const size_t length = load_big_endian<uint16_t>(base_ + offset_); length == 0) {
    what = std::to_string(rest - 2) + " bytes follow the end mark";
  } else {
    what = "a message of " + std::to_string(length) + " bytes is announced, " + std::to_string(rest - 2) + " are left";
  }
  return {ErrorKind::kCorrupt, "feed " + path_ + ", offset " + std::to_string(offset_) + ": " + what, {}};
}

Result<ItchFileWriter> ItchFileWriter::create(const std::string& path) {
  ItchFileWriter writer;
  writer.path_ = path;
  writer.fd_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!writer.fd_) return fail_errno(errno, "create feed " + path);
  writer.buffer_.reserve(kWriteBufferBytes);
  return writer;
}

Status ItchFileWriter::append(Bytes message) {
  CRASHWRIGHT_CHECK(!message.empty() && message.size() <= 0xffff, "the length field has two bytes, zero ends the file");
  if (buffer_.size() + 2 + message.size() > kWriteBufferBytes) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  const auto length = static_cast<uint16_t>(message.size());
  buffer_.push_back(static_cast<char>(length >> 8));
  buffer_.push_back(static_cast<char>(length & 0xff));
  buffer_.append(reinterpret_cast<const char*>(message.data()), message.size());
  return {};
}

Status ItchFileWriter::finish() {
  buffer_.append(2, '\0');
  if (auto flushed = flush(); !flushed) return flushed;
  fd_.reset();
  return {};
}

Status ItchFileWriter::flush() {
  auto written = write_all(fd_.get(), std::as_bytes(std::span(buffer_)));
  buffer_.clear();
  if (!written) return fail(written.error().kind, "feed " + path_ + ": " + written.error().message);
  return {};
}

}  // namespace crashwright::mock_engine::itch
