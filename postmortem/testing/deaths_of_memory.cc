// Deaths by memory that is not there, or not what it should be. Compiled without sanitizers: the hardware and glibc are
// to find these.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "postmortem/injection_faults.h"
#include "postmortem/testing/deaths.h"

namespace crashwright::postmortem::testing {
namespace {

using injection::opaque;

constexpr size_t kFrameBytes = 512;
constexpr size_t kSmashedBytes = 512;
constexpr size_t kFreedBytes = 4096;        // beyond what the allocator's cache of freed blocks takes
constexpr size_t kRequestedBytes = 60'000;  // nothing but the top of the arena can serve it
constexpr size_t kPageBytes = 4096;

}  // namespace

uint64_t recurse_without_end(uint64_t depth) {
  if (depth == UINT64_MAX) return 0;
  volatile char frame[kFrameBytes];
  frame[depth % kFrameBytes] = static_cast<char>(depth);
  about_to_die();
  const uint64_t below = recurse_without_end(opaque(depth + 1));
  return below + static_cast<uint64_t>(frame[depth % kFrameBytes]);
}

// Fills its own frame and those above with a pattern that is no address; dies as it returns.
[[gnu::no_stack_protector]] void smash_own_frame() {
  volatile char buffer[32];
  volatile char* const at = opaque(&buffer[0]);
  for (size_t i = 0; i < kSmashedBytes; ++i) at[i] = 'A';
}

void die_of_a_wild_write() {
  about_to_die();
  *opaque(reinterpret_cast<volatile uint64_t*>(uint64_t{0x4141414141414141})) = 1;
}

void die_of_a_bus_error() {
  const int fd = ::memfd_create("truncated", 0);
  void* const mapping = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd < 0 || mapping == MAP_FAILED) cannot_die("memfd_create or mmap");
  about_to_die();
  *static_cast<volatile char*>(mapping) = 1;
}

void die_of_a_null_call() {
  void (*volatile function)() = nullptr;
  about_to_die();
  function();
}

// A free block of this size is kept in a list whose head lies in the arena, two words below the pointer to the arena's
// top (glibc, malloc_state). With that pointer gone the next allocation faults, and the arena is locked.
void die_with_the_heap_lock() {
  void* const block = std::malloc(kFreedBytes);
  void* const above = std::malloc(64);
  auto** const links = opaque(static_cast<void**>(block));
  std::free(block);
  if (above == nullptr || links[0] != links[1]) cannot_die("this is not glibc's allocator");
  *static_cast<uintptr_t*>(links[0]) = 0x10;
  about_to_die();
  opaque(std::malloc(kRequestedBytes));
}

void die_of_an_exhausted_stack() { opaque(recurse_without_end(0)); }

void die_of_a_smashed_stack() {
  about_to_die();
  smash_own_frame();
}

}  // namespace crashwright::postmortem::testing
