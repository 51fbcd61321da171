// Accesses that go astray: wild addresses, read-only pages, memory that no allocator gave out, buffers overrun.
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {
namespace {

// Not canonical on any x86-64 in use, so never mapped; far from null.
constexpr uint64_t kWildAddress = 0x00005a5a5a5a5a50;
constexpr size_t kNameBytes = 16;
constexpr size_t kOverrunBytes = 64;

char g_symbol_name[kNameBytes];

// The compiler's guard word is checked at the return, whatever the flags of the build say.
#if defined(__GNUC__) && !defined(__clang__)
#define CRASHWRIGHT_STACK_GUARD gnu::stack_protect
#else
#define CRASHWRIGHT_STACK_GUARD gnu::noinline
#endif

}  // namespace

CRASHWRIGHT_HIDDEN_FROM_UBSAN void wild_read() {
  const auto* const order = reinterpret_cast<const volatile uint64_t*>(opaque(kWildAddress));
  opaque(*order);
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void wild_write() {
  auto* const order = reinterpret_cast<volatile uint64_t*>(opaque(kWildAddress));
  *order = 100;
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void wild_jump() {
  using Callback = void (*)();
  const auto on_fill = reinterpret_cast<Callback>(opaque(kWildAddress));
  on_fill();
  asm volatile("");  // no tail call
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void write_to_read_only() {
  void* const page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  static_cast<volatile char*>(opaque(page))[128] = 'A';
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void invalid_free() {
  // Zeros: what the allocator takes for the size in front of the pointer is not what an earlier owner left there.
  char* const block = static_cast<char*>(std::calloc(1, 256));
  std::free(opaque(block + 64));
}

[[gnu::noinline, gnu::no_sanitize("undefined"), CRASHWRIGHT_STACK_GUARD]] void stack_overflow() {
  char name[kNameBytes];
  char* const end = opaque(static_cast<char*>(name));
  for (size_t i = 0; i < kOverrunBytes; ++i) opaque(end)[i] = 'A';
  opaque(static_cast<char*>(name));
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void global_overflow() {
  char* const name = opaque(static_cast<char*>(g_symbol_name));
  opaque(name)[kNameBytes + 4] = 'A';
}

// Overwrites this function's own return address: the stack is no help to whoever looks at it.
[[gnu::noinline, gnu::no_sanitize("address", "undefined")]] void smashed_stack() {
  auto* const frame = static_cast<uint64_t*>(__builtin_frame_address(0));
  opaque(frame)[1] = kWildAddress;
}

}  // namespace crashwright::postmortem::injection
