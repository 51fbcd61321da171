// Writes drained segments: one file after the other, each with a header page, the oldest deleted where a limit is set.
//
// Durable: append() returns once the bytes are written, with Durability::kPowerLoss once they are synced to the device.
// Threads: one at a time. Signal context: no.
// Errors:  kIo with the path; after an error the writer is done (batch_pipeline.h says why).
// Format:  flight_recorder_format.md
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "postmortem/batch_pipeline.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::postmortem {

class FlightSegmentWriter {
 public:
  // Creates the first segment, behind any that stand there already.
  [[nodiscard]] static Result<std::unique_ptr<FlightSegmentWriter>> make(const FlightRecorderOptions& options,
                                                                         const FlightHeader& header);

  [[nodiscard]] Status append(std::span<const std::byte> bytes);
  // True when the segment has its size: the next append belongs into a new one.
  [[nodiscard]] bool full() const { return offset_ >= segment_bytes_; }
  [[nodiscard]] Status start_next();

 private:
  FlightSegmentWriter(const FlightRecorderOptions& options, const FlightHeader& header);
  // One write under way at a time: the drainer has nothing else to do meanwhile.
  [[nodiscard]] Status write(std::span<const std::byte> bytes);
  void delete_oldest() const;

  std::string path_;
  FlightHeader header_;
  Durability durability_;
  uint64_t segment_bytes_;
  uint32_t segments_max_;
  uint32_t first_ = 0;  // number of the first segment of this recorder
  uint32_t number_ = 0;
  uint64_t offset_ = 0;
  UniqueFd fd_;
  std::unique_ptr<BatchPipeline> pipeline_;
};

}  // namespace crashwright::postmortem
