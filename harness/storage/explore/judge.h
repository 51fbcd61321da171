// Who says whether an image is what a power loss may leave of a correct program.
//
// Threads: one owner each. Errors: judge() when the question could not even be put (no process, no disk); trouble of
// the checker itself is a verdict, kError, and never a clean one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "harness/runner/uncaught_exception.h"

namespace crashwright::harness {

struct ImageVerdict {
  enum class Kind { kConsistent, kViolated, kError };
  Kind kind = Kind::kConsistent;
  std::string output;  // what the judge printed, at its beginning
  // What it says is wrong: the first line of it, or the exception that ended the checker.
  [[nodiscard]] std::string reason() const { return reason_given(output); }
};

class ImageJudge {
 public:
  virtual ~ImageJudge() = default;
  // `acked`: so many of the tokens were acknowledged; `point`: the crash point. May change the image.
  [[nodiscard]] virtual Result<ImageVerdict> judge(const std::string& image, uint32_t acked, uint32_t point) = 0;
};

// Makes the judge of one worker, whose own existing folder is `scratch`.
using JudgeFactory = std::function<Result<std::unique_ptr<ImageJudge>>(const std::string& scratch)>;

}  // namespace crashwright::harness
