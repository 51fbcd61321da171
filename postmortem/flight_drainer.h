// The recorder's background thread: copies committed records out of the rings into segments.
//
// Promise: a ring's cursor moves only after the write of what lies before it has returned (and, to survive power loss,
//          is synced). So ring and segments together hold every committed record at any moment: in the modes that keep
//          all, because the writer never overwrites beyond the cursor; where the newest are kept, what the ring holds.
// Records: only those whose checksum fits are copied, so that a record that is being written is taken the next time. If
//          one stays bad while later ones are intact it was overwritten (or damaged): it is counted in the ring's
//          `missed` and passed over.
// Threads: make, start and destroy by whoever opens and closes; flush() by any. The thread takes no signals.
// Errors:  a failed write ends the draining: flush() says why, the file says that, and log calls drop their records
//          where there is no room. Signal context: no.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "postmortem/flight_recorder_state.h"
#include "postmortem/flight_segment_writer.h"

namespace crashwright::postmortem {

class FlightDrainer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<FlightDrainer>> make(const detail::OpenFlightFile& file,
                                                                   const FlightRecorderOptions& options);
  FlightDrainer(const FlightDrainer&) = delete;
  FlightDrainer& operator=(const FlightDrainer&) = delete;
  ~FlightDrainer();  // drains what there is, then stops the thread

  void start();
  [[nodiscard]] Status flush(std::chrono::nanoseconds timeout);

 private:
  struct Ring {
    uint64_t next_line = 0;      // cursor
    uint64_t next_sequence = 1;  // of the record there
    uint32_t stuck_passes = 0;   // the record there is committed and not intact
    uint32_t crc_seed = 0;
    // Of the pass under way: where the cursor goes once the batch is written.
    uint64_t batch_line = 0;
    uint64_t batch_sequence = 0;
  };

  FlightDrainer(const detail::OpenFlightFile& file, std::unique_ptr<FlightSegmentWriter> writer);
  void run();
  // Copies what is there; false when something committed is still to be copied.
  [[nodiscard]] bool pass();
  [[nodiscard]] bool collect(uint32_t number);
  // Appends the record at `line` to `batch_`; its lines, or 0 when there is no intact one.
  [[nodiscard]] uint64_t collect_record(uint32_t number, uint64_t line, uint64_t& sequence);
  void pass_over(uint32_t number);
  [[nodiscard]] Status write_batch();
  [[nodiscard]] Status start_segment();
  void add_sites(std::vector<std::byte>& bytes);
  void add_anchor(std::vector<std::byte>& bytes);
  void move_cursors();
  void give_up(const Error& error);
  void pause(bool idle);

  detail::OpenFlightFile file_;
  std::unique_ptr<FlightSegmentWriter> writer_;
  std::vector<Ring> rings_;
  std::vector<bool> sites_written_;  // into the current segment
  std::vector<std::byte> batch_;     // chunks of lines
  uint64_t anchored_ns_ = 0;
  uint64_t pause_ns_ = 0;
  std::atomic<uint32_t> flush_wanted_{0};
  std::atomic<uint32_t> flush_done_{0};
  std::atomic<bool> stopping_{false};
  std::mutex error_mutex_;
  Error error_;
  std::thread thread_;
};

}  // namespace crashwright::postmortem
