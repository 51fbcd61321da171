// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/crash_stack_walk.h"

#include <ucontext.h>

#include "postmortem/crash_frame_step.h"
#include "postmortem/crash_modules.h"
#include "postmortem/crash_stack_reader.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kScanBytes = 64 * 1024;
constexpr uint64_t kFrameBytesMax = 16 * 1024 * 1024;
constexpr int kBridgesMax = 8;
constexpr uint32_t kFramesWalkedMax = 1'000'000;

StackReader g_reader;
// Frames of the walk under way; those beyond kFramesMax go round in the outer part.
uint64_t g_pushed = 0;

void push(crash_format::Frames& frames, uint64_t pc) noexcept {
  constexpr size_t kOuter = crash_format::kFramesMax - crash_format::kFramesInner;
  const size_t at = g_pushed < crash_format::kFramesMax
                        ? g_pushed
                        : crash_format::kFramesInner + (g_pushed - crash_format::kFramesInner) % kOuter;
  frames.pcs[at] = pc;
  ++g_pushed;
  if (g_pushed <= crash_format::kFramesMax) {
    frames.count = static_cast<uint32_t>(g_pushed);
  } else {
    frames.truncated = 1;
  }
}

bool is_code(uint64_t address) noexcept { return find_code_module(address) >= 0; }

// A return address has a call in front of it: e8 and four bytes, or ff /2 of two to seven bytes.
bool follows_call(uint64_t address) noexcept {
  uint64_t before = 0;
  uint64_t after = 0;
  const uint64_t aligned = (address - 8) & ~uint64_t{7};
  if (!g_reader.word(aligned, before) || !g_reader.word(aligned + 8, after)) return false;
  uint8_t bytes[16];
  signal_safe::copy_bytes(bytes, &before, 8);
  signal_safe::copy_bytes(bytes + 8, &after, 8);
  const size_t end = address - aligned;  // 8 to 15
  if (bytes[end - 5] == 0xe8) return true;
  for (size_t length = 2; length <= 7; ++length) {
    if (bytes[end - length] == 0xff && (bytes[end - length + 1] & 0x38) == 0x10) return true;
  }
  return false;
}

// A frame record is a saved frame pointer further up the stack, then a return address.
bool frame_record_at(uint64_t address, uint64_t& next, uint64_t& return_address) noexcept {
  return g_reader.word(address, next) && g_reader.word(address + 8, return_address) && is_code(return_address);
}

// From library code to the next frame of the executable: pushes its return address, and leaves `frame_pointer` at that
// frame's own record (0: not found). Returns where the return address was, 0 when there is none.
uint64_t bridge_library(uint64_t stack_pointer, uint64_t& frame_pointer, uint64_t& last,
                        crash_format::Frames& frames) noexcept {
  uint64_t address = stack_pointer & ~uint64_t{7};
  const uint64_t limit = address + kScanBytes;
  uint64_t value = 0;
  for (;; address += 8) {
    if (address >= limit || !g_reader.word(address, value)) return 0;
    if (find_code_module(value) == 0 && follows_call(value)) break;
  }
  push(frames, value);
  last = value;
  const uint64_t found = address;
  uint64_t next = 0;
  uint64_t return_address = 0;
  // Most library functions leave the register alone.
  if (frame_pointer > found && frame_pointer < limit && frame_record_at(frame_pointer, next, return_address))
    return found;
  frame_pointer = 0;
  for (address += 8; address < limit && frame_pointer == 0 && g_reader.word(address, value); address += 8) {
    if (!frame_record_at(address, next, return_address)) continue;
    if (next > address && next - address < kFrameBytesMax && next % 8 == 0) frame_pointer = address;
  }
  return found;
}

// Follows frame records from `frame_pointer` as long as they lead up the stack; returns the last one followed.
uint64_t follow_records(uint64_t below, uint64_t& frame_pointer, uint64_t& last,
                        crash_format::Frames& frames) noexcept {
  for (uint32_t walked = 0; walked < kFramesWalkedMax; ++walked) {
    uint64_t next = 0;
    uint64_t return_address = 0;
    if (frame_pointer < below || frame_pointer - below > kFrameBytesMax) break;
    if (!frame_record_at(frame_pointer, next, return_address)) break;
    push(frames, return_address);
    last = return_address;
    below = frame_pointer + 16;
    frame_pointer = next;
  }
  return below;
}

// By frame pointers and return addresses alone, from the registers that the tables could not get beyond.
void follow_frame_pointers(uint64_t pc, uint64_t stack_pointer, uint64_t frame_pointer,
                           crash_format::Frames& frames) noexcept {
  uint64_t return_address = 0;
  uint64_t below = stack_pointer;
  uint64_t last = pc;
  // A call through a bad pointer, or a leaf function without a frame of its own.
  if (find_code_module(pc) <= 0 && g_reader.word(below, return_address) && is_code(return_address) &&
      follows_call(return_address)) {
    push(frames, return_address);
    last = return_address;
    below += 8;
  }
  for (int bridges = 0; bridges < kBridgesMax; ++bridges) {
    if (bridges > 0 || find_code_module(pc) > 0) {
      const uint64_t found = bridge_library(below, frame_pointer, last, frames);
      if (found == 0) return;
      below = found + 8;
    }
    below = follow_records(below, frame_pointer, last, frames);
    const bool outermost = frame_pointer <= 1;  // what the start-up code leaves in the register
    if (outermost && find_code_module(last) <= 0) return;
  }
}

FrameRegisters frame_registers(const uint64_t* g) noexcept {
  return {{g[REG_RAX], g[REG_RDX], g[REG_RCX], g[REG_RBX], g[REG_RSI], g[REG_RDI], g[REG_RBP], g[REG_RSP], g[REG_R8],
           g[REG_R9], g[REG_R10], g[REG_R11], g[REG_R12], g[REG_R13], g[REG_R14], g[REG_R15], g[REG_RIP]}};
}

// True when the tables led to the outermost frame; otherwise `registers` are those of the last frame that was sure.
bool follow_tables(FrameRegisters& registers, crash_format::Frames& frames) noexcept {
  bool exact = true;
  for (uint32_t walked = 0; walked < kFramesWalkedMax; ++walked) {
    FrameRegisters caller = registers;
    const StepResult result = step_to_caller(caller, exact, g_reader);
    if (result == StepResult::kOutermost) return true;
    if (result == StepResult::kUnknown || !is_code(caller.values[kReturnAddress] - (exact ? 0 : 1))) return false;
    registers = caller;
    push(frames, registers.values[kReturnAddress]);
  }
  return true;
}

// A call through a bad pointer: its return address is on top, and the caller's tables take over from there.
void return_from_bad_call(FrameRegisters& registers, crash_format::Frames& frames) noexcept {
  uint64_t return_address = 0;
  if (is_code(registers.values[kReturnAddress]) || !g_reader.word(registers.values[kRsp], return_address)) return;
  if (!is_code(return_address) || !follows_call(return_address)) return;
  push(frames, return_address);
  registers.values[kReturnAddress] = return_address;
  registers.values[kRsp] += 8;
}

}  // namespace

void walk_stack(const uint64_t* registers, WalkTables tables, crash_format::Frames& frames) noexcept {
  g_reader.reset();
  g_pushed = 0;
  frames.count = 0;
  frames.truncated = 0;
  FrameRegisters at = frame_registers(registers);
  push(frames, at.values[kReturnAddress]);
  if (tables == WalkTables::kUse) {
    return_from_bad_call(at, frames);
    if (follow_tables(at, frames)) return settle_frames(frames);
  }
  follow_frame_pointers(at.values[kReturnAddress], at.values[kRsp], at.values[kRbp], frames);
  settle_frames(frames);
}

void settle_frames(crash_format::Frames& frames) noexcept {
  constexpr size_t kOuter = crash_format::kFramesMax - crash_format::kFramesInner;
  if (g_pushed <= crash_format::kFramesMax) return;
  const size_t first = (g_pushed - crash_format::kFramesInner) % kOuter;  // the oldest one in the outer part
  uint64_t outer[kOuter];
  for (size_t i = 0; i < kOuter; ++i) outer[i] = frames.pcs[crash_format::kFramesInner + (first + i) % kOuter];
  for (size_t i = 0; i < kOuter; ++i) frames.pcs[crash_format::kFramesInner + i] = outer[i];
  g_pushed = crash_format::kFramesMax;
}

}  // namespace crashwright::postmortem
