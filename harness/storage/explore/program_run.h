// Runs a program inside a fresh power-loss file system and keeps the record of what it did.
//
//   working folder        the mount: empty, or a copy of `copy_of`
//   acknowledgements      lines `ack TOKEN` on its standard output, or on the descriptor in CRASHWRIGHT_ACK_FD
//   standard output       ends in `output_path`, standard error is the caller's own
// It runs until it ends or its time is over; whatever it left running is killed then, and the layer's record is
// compared with its files byte for byte.
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
};

struct RecordedRun {
  std::unique_ptr<StorageRecord> record;
  std::string note;         // for people: that its time was over
  std::string output_path;  // what it printed
};

[[nodiscard]] Result<RecordedRun> record_program(const ProgramRun& run);

}  // namespace crashwright::harness
