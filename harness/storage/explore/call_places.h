// Which source line issued an operation, from the places that the storage layer noted during the run
// (harness/storage/caller_stacks.h).
//
// Works out a place when it is asked for, once; programs and debug files are looked at where they were then.
// Threads: one owner. Errors: kCorrupt for a file of places that is none; what has no symbols has no text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "rca/stack_sample.h"

namespace crashwright::harness {

// In the text of a place within an interpreter, which says nothing of the script.
inline constexpr const char* kNoLines = "whose lines have no symbols";

class CallPlaces {
 public:
  // A record without places is no error: then none is known.
  [[nodiscard]] static Result<std::unique_ptr<CallPlaces>> read(const std::string& record_folder);

  // "append at writer.cc:42, from main at writer.cc:90"; empty when unknown.
  [[nodiscard]] const std::string& text(uint16_t number);
  [[nodiscard]] size_t size() const { return samples_.size(); }

 private:
  CallPlaces() = default;

  std::unordered_map<uint16_t, rca::StackSample> samples_;
  std::unordered_map<uint16_t, std::string> texts_;
  rca::SampleReader reader_;
};

}  // namespace crashwright::harness
