// Compiled without sanitizers (CMakeLists.txt).
// Signal context: this whole file.
#include "postmortem/crash_texts.h"

#include <atomic>

#include "base/check.h"
#include "postmortem/signal_safe.h"

// Present only in a program built with AddressSanitizer (sanitizer/asan_interface.h).
extern "C" {
int __asan_report_present() __attribute__((weak));
const char* __asan_get_report_description() __attribute__((weak));
}

namespace crashwright::postmortem {
namespace {

using crash_format::TextKind;

struct Note {
  std::atomic<uint32_t> state;  // 0 free, 1 being written, 2 there
  char bytes[crash_format::kTextMax];
};

Note g_notes[crash_format::kTextKinds + 1];

// glibc's own layout (stdlib/abort.c and assert.c, "struct abort_msg_s").
struct AbortMessage {
  uint32_t size;
  char bytes[1];
};
AbortMessage* const* g_abort_message = nullptr;

size_t noted_text(TextKind kind, char* to, size_t capacity) noexcept {
  const Note& note = g_notes[static_cast<uint32_t>(kind)];
  if (note.state.load(std::memory_order_acquire) != 2) return 0;
  return signal_safe::copy_text(to, capacity, note.bytes);
}

size_t abort_text(char* to, size_t capacity) noexcept {
  if (g_abort_message == nullptr || *g_abort_message == nullptr) return 0;
  return signal_safe::copy_text(to, capacity, (*g_abort_message)->bytes);
}

size_t check_text(char* to, size_t capacity) noexcept {
  const FailedCheck* const check = failed_check();
  if (check == nullptr) return 0;
  size_t size = signal_safe::copy_text(to, capacity, check->expression);
  size += signal_safe::copy_text(to + size, capacity - size, " (");
  size += signal_safe::copy_text(to + size, capacity - size, check->why);
  return size + signal_safe::copy_text(to + size, capacity - size, ")");
}

size_t sanitizer_text(char* to, size_t capacity) noexcept {
  if (__asan_report_present == nullptr || __asan_report_present() == 0) return 0;
  return signal_safe::copy_text(to, capacity, __asan_get_report_description());
}

}  // namespace

void note_crash_text(TextKind kind, const char* text) noexcept {
  Note& note = g_notes[static_cast<uint32_t>(kind)];
  uint32_t expected = 0;
  if (!note.state.compare_exchange_strong(expected, 1)) return;
  signal_safe::copy_text(note.bytes, sizeof note.bytes, text);
  note.state.store(2, std::memory_order_release);
}

size_t find_crash_text(TextKind kind, char* to, size_t capacity) noexcept {
  switch (kind) {
    case TextKind::kAbortMessage:
      return abort_text(to, capacity);
    case TextKind::kCheck:
      return check_text(to, capacity);
    case TextKind::kSanitizer:
      return sanitizer_text(to, capacity);
    case TextKind::kExceptionType:
    case TextKind::kExceptionWhat:
    case TextKind::kWatchdog:
      return noted_text(kind, to, capacity);
  }
  return 0;
}

void set_abort_message_address(const void* address) noexcept {
  g_abort_message = static_cast<AbortMessage* const*>(address);
}

}  // namespace crashwright::postmortem
