// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/crash_record_writer.h"

#include <atomic>

#include "base/checksum.h"
#include "postmortem/signal_safe.h"

namespace crashwright::postmortem::crash_record {
namespace {

std::atomic<int> g_descriptor{-1};
std::atomic<uint32_t> g_sections{0};
std::atomic<uint32_t> g_pid{0};
constexpr char kPadding[crash_format::kAlignment] = {};

}  // namespace

void set_descriptor(int fd) noexcept {
  g_pid.store(signal_safe::process_id(), std::memory_order_relaxed);
  g_descriptor.store(fd, std::memory_order_release);
}

void seal(crash_format::SectionHeader& header, crash_format::SectionType type, const void* payload,
          size_t size) noexcept {
  header.magic = crash_format::kSectionMagic;
  header.type = type;
  header.reserved = 0;
  header.payload_size = static_cast<uint32_t>(size);
  header.payload_crc = crc32c(payload, size);
  header.pid = g_pid.load(std::memory_order_relaxed);
  header.header_crc = crc32c(&header, offsetof(crash_format::SectionHeader, header_crc));
}

void append(crash_format::SectionHeader& header, crash_format::SectionType type, const void* payload,
            size_t size) noexcept {
  const int fd = g_descriptor.load(std::memory_order_acquire);
  if (fd < 0) return;
  seal(header, type, payload, size);
  const size_t padding = (crash_format::kAlignment - size % crash_format::kAlignment) % crash_format::kAlignment;
  const iovec parts[] = {
      {&header, sizeof header}, {const_cast<void*>(payload), size}, {const_cast<char*>(kPadding), padding}};
  if (::syscall(SYS_writev, fd, parts, 3) > 0) g_sections.fetch_add(1, std::memory_order_relaxed);
}

void append_sealed(const void* sections, size_t size, uint32_t count) noexcept {
  const int fd = g_descriptor.load(std::memory_order_acquire);
  if (fd < 0 || size == 0) return;
  if (::syscall(SYS_write, fd, sections, size) > 0) g_sections.fetch_add(count, std::memory_order_relaxed);
}

uint32_t sections() noexcept { return g_sections.load(std::memory_order_relaxed); }

}  // namespace crashwright::postmortem::crash_record
