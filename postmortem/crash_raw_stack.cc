// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/crash_raw_stack.h"

#include "postmortem/crash_record_writer.h"
#include "postmortem/crash_stack_reader.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem::crash {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr int kPagesAboveMax = 256;  // a frame of a megabyte may lie between the pointer and the stack

crash_record::Section<crash_format::Stack> g_stack;

}  // namespace

void write_stack(uint32_t tid, uint64_t stack_pointer, size_t size_max) noexcept {
  crash_format::Stack& stack = g_stack.payload;
  stack.tid = tid;
  stack.address = (stack_pointer - crash_format::kRedZoneBytes) & ~uint64_t{7};
  stack.size = static_cast<uint32_t>(read_memory(stack.address, stack.bytes, size_max));
  for (int page = 0; stack.size == 0 && page < kPagesAboveMax; ++page) {
    stack.address = (stack.address / kPageBytes + 1) * kPageBytes;
    stack.size = static_cast<uint32_t>(read_memory(stack.address, stack.bytes, size_max));
  }
  crash_record::append(g_stack.header, crash_format::SectionType::kStack, &stack,
                       offsetof(crash_format::Stack, bytes) + stack.size);
}

void rehearse_stack() noexcept { signal_safe::zero_bytes(&g_stack, sizeof g_stack); }

}  // namespace crashwright::postmortem::crash
