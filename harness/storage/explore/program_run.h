// Runs a program inside a fresh power-loss file system and keeps the record of what it did.
//
//   working folder        the mount: empty, or a copy of `copy_of`
//   acknowledgements      lines `ack TOKEN` on its standard output, or on the descriptor in CRASHWRIGHT_ACK_FD
//   standard output       ends in `output_path`, standard error is the caller's own
// It runs until it ends or its time is over; after a fault it may end as it likes. Whatever it left running is killed
// then, and the layer's record is compared with its files byte for byte.
// Threads: any, several runs at once; the program dies with the thread that calls. Errors: kUsage when the program does
// not exist or does not end well, kEnvironment without FUSE, kInternal when the record is not what the folder holds.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/storage/storage_record.h"

namespace crashwright::harness {

struct ProgramRun {
  std::vector<std::string> argv;
  std::string copy_of;  // folder whose content is there at the beginning; empty: none
  std::string work;     // existing empty folder for mount, backing and record
  std::chrono::milliseconds patience{60'000};
  std::vector<std::string> environment;  // entries for it beside those of this process
  std::vector<std::string> faults;       // in the words of storage_fault_rule.h
};

struct RecordedRun {
  std::unique_ptr<StorageRecord> record;
  uint64_t operations = 0;  // so many of them happened before a fault took the power, or all
  std::string seen_at;      // where the folder was, if a file of it says so and an image must be seen there; else empty
  std::string note;         // for people: that its time was over, or how it ended after a fault
  std::string faults;       // a line for each: its name, "armed", "fired" or "confirmed", what was seen of it
  bool all_fired = true;
  std::string output_path;  // what it printed

  // By itself, with exit status 0, and nothing was made to go wrong.
  [[nodiscard]] bool ended_well() const { return note.empty() && faults.empty(); }
};

[[nodiscard]] Result<RecordedRun> record_program(const ProgramRun& run);

}  // namespace crashwright::harness
