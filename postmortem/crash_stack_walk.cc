// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/crash_stack_walk.h"

#include <errno.h>

#include "postmortem/crash_modules.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kScanBytes = 64 * 1024;
constexpr uint64_t kFrameBytesMax = 16 * 1024 * 1024;
constexpr int kBridgesMax = 8;
constexpr uint32_t kFramesWalkedMax = 1'000'000;

// A window of the stack, read page by page.
class StackReader {
 public:
  // The word at `address`; false when it cannot be read.
  bool word(uint64_t address, uint64_t& value) noexcept {
    if (address % sizeof value != 0 || address < kPageBytes) return false;
    if ((address < begin_ || address + sizeof value > end_) && !load(address)) return false;
    signal_safe::copy_bytes(&value, window_ + (address - begin_), sizeof value);
    return true;
  }

 private:
  bool load(uint64_t address) noexcept {
    const uint64_t size = kPageBytes - address % kPageBytes;
    const iovec here{window_, size};
    const iovec there{reinterpret_cast<void*>(address), size};
    begin_ = end_ = 0;
    const long got = ::syscall(SYS_process_vm_readv, signal_safe::process_id(), &here, 1, &there, 1, 0);
    if (got < 0 && (errno == EPERM || errno == ENOSYS)) {
      signal_safe::copy_bytes(window_, reinterpret_cast<const void*>(address), size);
    } else if (got != static_cast<long>(size)) {
      return false;
    }
    begin_ = address;
    end_ = address + size;
    return true;
  }

  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  uint8_t window_[kPageBytes];
};

StackReader g_reader;

void push(crash_format::Frames& frames, uint64_t pc) noexcept {
  if (frames.count < crash_format::kFramesMax) {
    frames.pcs[frames.count] = pc;
    ++frames.count;
    return;
  }
  // Too deep: keep the inner end as it is and let the outer end move along.
  frames.truncated = 1;
  for (size_t i = crash_format::kFramesInner; i + 1 < crash_format::kFramesMax; ++i) frames.pcs[i] = frames.pcs[i + 1];
  frames.pcs[crash_format::kFramesMax - 1] = pc;
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
uint64_t bridge_library(uint64_t stack_pointer, uint64_t& frame_pointer, crash_format::Frames& frames) noexcept {
  uint64_t address = stack_pointer & ~uint64_t{7};
  const uint64_t limit = address + kScanBytes;
  uint64_t value = 0;
  for (;; address += 8) {
    if (address >= limit || !g_reader.word(address, value)) return 0;
    if (find_code_module(value) == 0 && follows_call(value)) break;
  }
  push(frames, value);
  const uint64_t found = address;
  uint64_t next = 0;
  uint64_t return_address = 0;
  // Most library functions leave the register alone.
  if (frame_pointer > found && frame_pointer < limit && frame_record_at(frame_pointer, next, return_address))
    return found;
  frame_pointer = 0;
  for (address += 8; address < limit && frame_pointer == 0; address += 8) {
    if (!frame_record_at(address, next, return_address)) continue;
    if (next > address && next - address < kFrameBytesMax && next % 8 == 0) frame_pointer = address;
  }
  return found;
}

// Follows frame records from `frame_pointer` as long as they lead up the stack; returns the last one followed.
uint64_t follow_records(uint64_t below, uint64_t& frame_pointer, crash_format::Frames& frames) noexcept {
  for (uint32_t walked = 0; walked < kFramesWalkedMax; ++walked) {
    uint64_t next = 0;
    uint64_t return_address = 0;
    if (frame_pointer < below || frame_pointer - below > kFrameBytesMax) break;
    if (!frame_record_at(frame_pointer, next, return_address)) break;
    push(frames, return_address);
    below = frame_pointer + 16;
    frame_pointer = next;
  }
  return below;
}

}  // namespace

void walk_stack(uint64_t pc, uint64_t stack_pointer, uint64_t frame_pointer, crash_format::Frames& frames) noexcept {
  frames.count = 0;
  frames.truncated = 0;
  push(frames, pc);
  uint64_t return_address = 0;
  uint64_t below = stack_pointer;
  // A call through a bad pointer, or a leaf function without a frame of its own.
  if (find_code_module(pc) <= 0 && g_reader.word(below, return_address) && is_code(return_address) &&
      follows_call(return_address)) {
    push(frames, return_address);
    below += 8;
  }
  for (int bridges = 0; bridges < kBridgesMax; ++bridges) {
    if (bridges > 0 || find_code_module(pc) > 0) {
      const uint64_t found = bridge_library(below, frame_pointer, frames);
      if (found == 0) return;
      below = found + 8;
    }
    below = follow_records(below, frame_pointer, frames);
    const bool outermost = frame_pointer <= 1;  // what the start-up code leaves in the register
    if (outermost && find_code_module(frames.pcs[frames.count - 1]) <= 0) return;
  }
}

}  // namespace crashwright::postmortem
