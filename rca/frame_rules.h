// Which frame of a stack is to blame, and what a stack says about the cause.
//
// The faulting frame is the innermost one in half of all crashes only: allocator, libc, sanitizer, assertion, terminate
// and crash handler frames lie above the guilty one. Which ones is data (frame_rules.cc).
// Threads: any. Signal context: no. Errors: an empty answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::rca {

struct BlamedFrame {
  std::string function;  // short: "OrderGateway::send"; empty when no frame is the project's
  std::string reason;    // "first frame after 3 of libc and the sanitizer"
  size_t index = 0;      // in the stack
};

// Why the frame cannot be to blame ("allocator"), or null for a frame of the project.
[[nodiscard]] const char* why_skipped(const Frame& frame);

[[nodiscard]] BlamedFrame blame(const std::vector<Frame>& frames);

// Where the project's function with this short name stands in the stack, the innermost of several.
[[nodiscard]] std::optional<size_t> frame_of(const std::vector<Frame>& frames, const std::string& function);

// The short names of the first `count` project frames, one for a run of equal ones.
[[nodiscard]] std::vector<std::string> project_frames(const std::vector<Frame>& frames, size_t count);

// What the stack itself tells (a frame of std::terminate: EXCEPTION), at most one entry per cause; tier kFrames.
[[nodiscard]] std::vector<Evidence> stack_evidence(const std::vector<Frame>& frames, const std::string& source);

}  // namespace crashwright::rca
