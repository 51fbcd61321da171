#include "harness/storage/explore/heap_after_fork.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

namespace crashwright::harness {

bool heap_is_watched() noexcept { return false; }
void watch_heap_after_fork() {}
uint64_t heap_calls_after_fork() noexcept { return 0; }

}  // namespace crashwright::harness

#else

namespace {

// Shared with the children.
std::atomic<uint64_t>* g_calls = nullptr;
pid_t g_watcher = 0;

void count() noexcept {
  if (g_calls != nullptr && ::getpid() != g_watcher) g_calls->fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* __libc_malloc(size_t);
void __libc_free(void*);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) {
  count();
  return __libc_malloc(size);
}
void free(void* block) {
  count();
  __libc_free(block);
}
void* calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}
void* realloc(void* block, size_t size) {
  count();
  return __libc_realloc(block, size);
}
void* memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  *block = memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}

}  // extern "C"

namespace crashwright::harness {

bool heap_is_watched() noexcept { return true; }

void watch_heap_after_fork() {
  void* const shared =
      ::mmap(nullptr, sizeof(std::atomic<uint64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return;
  g_watcher = ::getpid();
  g_calls = static_cast<std::atomic<uint64_t>*>(shared);
}

uint64_t heap_calls_after_fork() noexcept { return g_calls == nullptr ? UINT64_MAX : g_calls->load(); }

}  // namespace crashwright::harness

#endif
