// Where a storage fault that fired in the engine meets the next matching operation in the file system.
//
// The engine passes its fault point and sets the fault to kFired; the file system asks here before each write and sync.
// Taking a fault confirms it: the storage layer is the witness of what the engine's write met.
// Threads: one owner (the file system's loop).
#pragma once

#include <chrono>
#include <string>

#include "postmortem/control_block.h"

namespace crashwright::harness {

class FaultGate {
 public:
  // `block` may be null: then nothing is ever armed.
  explicit FaultGate(postmortem::ControlBlock* block) : block_(block) {}

  // The fired, not yet confirmed fault of `action` for the file named `file`, or null.
  [[nodiscard]] postmortem::ArmedFault* fired(postmortem::FaultAction action, const std::string& file) const;

  // Marks `fault` as observed with `detail` (bytes kept, or an errno).
  void confirm(postmortem::ArmedFault& fault, int64_t detail) const;

  // Asks the harness to kill the engine for `fault` and waits until it has; false when nobody answers in time.
  [[nodiscard]] bool request_kill(const postmortem::ArmedFault& fault, std::chrono::milliseconds patience) const;

 private:
  postmortem::ControlBlock* block_;
};

}  // namespace crashwright::harness
