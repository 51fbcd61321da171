#include "rca/address_map.h"

#include <fmt/format.h>

#include <array>
#include <cctype>

#include "rca/crash_text.h"
#include "rca/heap_map.h"

namespace crashwright::rca {
namespace {

constexpr uint64_t kGuardWithin = 1 << 20;  // below a stack
constexpr uint64_t kMemoryBefore = 32;
constexpr uint64_t kMemoryLines = 6;
constexpr uint64_t kBytesPerLine = 16;

// The thread whose stack pointer lies in the segment.
const CoreThread* owner_of_stack(const CoreFile& core, const CoreSegment& segment) {
  for (const CoreThread& thread : core.threads()) {
    if (core.segment_of(thread.registers.rsp) == &segment) return &thread;
  }
  return nullptr;
}

std::string thread_words(const Artefacts& artefacts, int32_t tid) {
  const std::string name = artefacts.thread_name(tid);
  return fmt::format("thread {}{}{}", tid, name.empty() ? "" : " ", name);
}

std::string permissions(const CoreSegment& segment) {
  return std::string(segment.readable ? "r" : "-") + (segment.writable ? "w" : "-") + (segment.executable ? "x" : "-");
}

std::string in_segment(const Artefacts& artefacts, const CoreSegment& segment, uint64_t address) {
  const CoreFile& core = *artefacts.core;
  if (const CoreThread* const owner = owner_of_stack(core, segment); owner != nullptr && segment.writable) {
    return "on the stack of " + thread_words(artefacts, owner->tid);
  }
  const HeapMap heaps(core);
  if (const auto block = heaps.block_at(address); block) {
    return fmt::format("{} bytes into a {} heap block of {} bytes at {:#x}", address - block->begin,
                       block->is_free ? "free" : "used", block->size, block->begin);
  }
  if (heaps.is_heap(address)) return "in the heap, between blocks";
  if (const CoreMapping* const mapping = core.mapping_of(address); mapping != nullptr) {
    return fmt::format("{:#x} bytes into {} ({})", address - mapping->begin + mapping->file_offset, mapping->path,
                       permissions(segment));
  }
  return fmt::format("in an anonymous mapping ({}) of {} bytes at {:#x}", permissions(segment),
                     segment.end - segment.begin, segment.begin);
}

// A stack that begins right above the address.
std::string below_stack(const Artefacts& artefacts, uint64_t address) {
  for (const CoreSegment& segment : artefacts.core->segments()) {
    if (segment.begin <= address || !segment.writable || segment.begin - address > kGuardWithin) continue;
    // An exhausted stack has its pointer below itself: the frame pointer still tells whose it is.
    for (const CoreThread& thread : artefacts.core->threads()) {
      for (const uint64_t pointer : {thread.registers.rsp, thread.registers.rbp}) {
        if (pointer >= address - kGuardWithin && pointer < segment.end) {
          return "the guard page below the stack of " + thread_words(artefacts, thread.tid);
        }
      }
    }
    break;
  }
  return {};
}

}  // namespace

bool is_canonical(uint64_t address) noexcept {
  const auto upper = static_cast<int64_t>(address) >> 47;
  return upper == 0 || upper == -1;
}

std::string describe_address(const Artefacts& artefacts, uint64_t address) {
  if (std::string_view(cause_of_access(address)) == "NULL_DEREF") {
    return fmt::format("{} bytes behind a null pointer", address);
  }
  if (!is_canonical(address)) return "not canonical: no pointer can have it";
  if (static_cast<int64_t>(address) < 0) return "in the kernel's half of the address space";
  if (!artefacts.core) return {};
  const CoreSegment* const segment = artefacts.core->segment_of(address);
  if (segment == nullptr || (!segment->readable && !segment->writable && !segment->executable)) {
    if (std::string guard = below_stack(artefacts, address); !guard.empty()) return guard;
    return segment == nullptr ? "not mapped" : "in a mapping without any permission";
  }
  return in_segment(artefacts, *segment, address);
}

std::vector<std::string> memory_around(const CoreFile& core, uint64_t address) {
  std::vector<std::string> lines;
  uint64_t at = (address & ~(kBytesPerLine - 1)) - kMemoryBefore;
  for (uint64_t i = 0; i < kMemoryLines; ++i, at += kBytesPerLine) {
    std::array<unsigned char, kBytesPerLine> bytes{};
    if (core.read(at, bytes.data(), bytes.size()) != bytes.size()) continue;
    std::string line = fmt::format("{:#018x} ", at);
    std::string letters;
    for (const unsigned char byte : bytes) {
      line += fmt::format(" {:02x}", byte);
      letters += std::isprint(byte) != 0 ? static_cast<char>(byte) : '.';
    }
    lines.push_back(line + "  " + letters);
  }
  return lines;
}

}  // namespace crashwright::rca
