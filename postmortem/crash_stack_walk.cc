// Compiled without sanitizers (CMakeLists.txt): runs in signal context.
#include "postmortem/crash_stack_walk.h"

#include <errno.h>

#include "postmortem/crash_modules.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kScanBytes = 64 * 1024;
constexpr uint64_t kFrameBytesMax = 16 * 1024 * 1024;
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

bool is_code(uint64_t address) noexcept { return find_module(address) >= 0; }

// A frame record is a saved frame pointer further up the stack, then a return address.
bool frame_record_at(uint64_t address, uint64_t& next, uint64_t& return_address) noexcept {
  return g_reader.word(address, next) && g_reader.word(address + 8, return_address) && is_code(return_address);
}

// From library code to the innermost frame of the executable; `frame_pointer` becomes that frame's.
void bridge_library(uint64_t stack_pointer, uint64_t& frame_pointer, crash_format::Frames& frames) noexcept {
  uint64_t address = stack_pointer & ~uint64_t{7};
  const uint64_t limit = address + kScanBytes;
  uint64_t value = 0;
  for (; address < limit; address += 8) {
    if (!g_reader.word(address, value)) return;
    if (find_module(value) == 0) break;
  }
  if (address >= limit) return;
  push(frames, value);
  uint64_t next = 0;
  uint64_t return_address = 0;
  if (frame_pointer > address && frame_pointer < limit && frame_record_at(frame_pointer, next, return_address)) return;
  for (address += 8; address < limit; address += 8) {
    if (!frame_record_at(address, next, return_address)) continue;
    if (next > address && next - address < kFrameBytesMax && next % 8 == 0) {
      frame_pointer = address;
      return;
    }
  }
  frame_pointer = 0;
}

}  // namespace

void walk_stack(uint64_t pc, uint64_t stack_pointer, uint64_t frame_pointer, crash_format::Frames& frames) noexcept {
  frames.count = 0;
  frames.truncated = 0;
  push(frames, pc);
  const int module = find_module(pc);
  uint64_t return_address = 0;
  if (module < 0) {
    if (g_reader.word(stack_pointer, return_address) && is_code(return_address)) push(frames, return_address);
  } else if (module > 0) {
    bridge_library(stack_pointer, frame_pointer, frames);
  }
  uint64_t below = stack_pointer;
  for (uint32_t walked = 0; walked < kFramesWalkedMax; ++walked) {
    uint64_t next = 0;
    if (frame_pointer < below || frame_pointer - below > kFrameBytesMax) return;
    if (!frame_record_at(frame_pointer, next, return_address)) return;
    push(frames, return_address);
    if (next <= frame_pointer) return;
    below = frame_pointer;
    frame_pointer = next;
  }
}

}  // namespace crashwright::postmortem
