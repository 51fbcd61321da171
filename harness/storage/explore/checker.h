// A checker program: run in the image, told what was acknowledged, answers by its exit status.
//
//   working folder       the image, which it may change (recovery)
//   CRASHWRIGHT_ACKED    path of a file with the tokens acknowledged before the power loss, one a line
//   exit 0 consistent and nothing acknowledged is missing, 1 violated, anything else: an error of the checker; and 1
//   with the traceback of a Python program that is broken whatever it judges (uncaught_exception.h)
// What it leaves running is killed. Threads: one owner, the one that runs it. Errors: as ImageJudge.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "harness/storage/explore/judge.h"

namespace crashwright::harness {

struct CheckerOptions {
  std::vector<std::string> argv;  // argv[0] a path or a name to look for in PATH
  std::chrono::milliseconds patience{30'000};
  std::string seen_at = {};  // RecordedRun::seen_at
};

// `tokens` outlives the factory.
[[nodiscard]] JudgeFactory checker_judges(const CheckerOptions& options, const std::vector<std::string>& tokens);

}  // namespace crashwright::harness
