// Where the modules of a dead process lay, whether their files are at hand or not: what tells a frame without a name.
//
// Threads: one owner. Signal context: no. Errors: an address of no module is left as it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "postmortem/crash_record_reader.h"
#include "rca/autopsy.h"
#include "rca/core_file.h"

namespace crashwright::rca {

class ModuleExtents {
 public:
  void take(const CoreFile& core);
  void take(const postmortem::CrashRecord& record);
  // Module and offset of the frame's address.
  void name(Frame& frame) const;

 private:
  struct Extent {
    uint64_t begin = 0;
    uint64_t end = 0;
    uint64_t bias = 0;  // address in memory minus address in the file
    std::string path;
  };
  std::vector<Extent> extents_;
};

}  // namespace crashwright::rca
