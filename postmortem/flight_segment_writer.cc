#include "postmortem/flight_segment_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/checksum.h"
#include "postmortem/flight_segment_format.h"

namespace crashwright::postmortem {
namespace {

constexpr size_t kSegmentBytesMin = 64 << 10;
constexpr std::chrono::nanoseconds kForever{-1};

// The name of a new file is durable only once its folder is synced.
Status sync_folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno(errno, "sync " + folder);
  return {};
}

}  // namespace

FlightSegmentWriter::FlightSegmentWriter(const FlightRecorderOptions& options, const FlightHeader& header)
    : path_(options.path),
      header_(header),
      durability_(options.survives),
      segment_bytes_(std::max(options.segment_bytes, kSegmentBytesMin)),
      segments_max_(static_cast<uint32_t>(options.segments_max)) {
  header_.magic = kFlightSegmentMagic;
}

Result<std::unique_ptr<FlightSegmentWriter>> FlightSegmentWriter::make(const FlightRecorderOptions& options,
                                                                       const FlightHeader& header) {
  std::unique_ptr<FlightSegmentWriter> writer(new FlightSegmentWriter(options, header));
  while (::access(flight_segment_path(options.path, writer->number_ + 1).c_str(), F_OK) == 0) ++writer->number_;
  writer->first_ = writer->number_ + 1;
  if (auto good = writer->start_next(); !good) return tl::unexpected<Error>(std::move(good.error()));
  return writer;
}

Status FlightSegmentWriter::start_next() {
  const std::string path = flight_segment_path(path_, ++number_);
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!fd) return fail_errno(errno, "create " + path);
  auto pipeline = BatchPipeline::make(fd.get(), durability_, false);
  if (!pipeline) return tl::unexpected<Error>(std::move(pipeline.error()));
  pipeline_ = std::move(*pipeline);
  fd_ = std::move(fd);
  offset_ = 0;
  alignas(8) std::byte page[kFlightPageBytes] = {};
  FlightHeader header = header_;
  header.segment = number_;
  header.crc = crc32c(&header, offsetof(FlightHeader, crc));
  std::memcpy(page, &header, sizeof header);
  std::memcpy(page + kFlightHeaderCopyOffset, &header, sizeof header);
  if (auto good = append(page); !good) return good;
  if (durability_ == Durability::kPowerLoss) {
    if (auto good = sync_folder(path); !good) return good;
  }
  delete_oldest();
  return {};
}

void FlightSegmentWriter::delete_oldest() const {
  if (segments_max_ == 0 || number_ < first_ + segments_max_) return;
  ::unlink(flight_segment_path(path_, number_ - segments_max_).c_str());
}

Status FlightSegmentWriter::write(std::span<const std::byte> bytes) {
  pipeline_->start(bytes, offset_);
  for (;;) {
    if (auto good = pipeline_->reap(); !good) return good;
    if (pipeline_->retire() > 0) return {};
    pipeline_->sleep(kForever);
  }
}

Status FlightSegmentWriter::append(std::span<const std::byte> bytes) {
  if (auto good = write(bytes); !good) {
    return fail(good.error().kind, flight_segment_path(path_, number_) + ": " + good.error().message);
  }
  offset_ += bytes.size();
  return {};
}

}  // namespace crashwright::postmortem
