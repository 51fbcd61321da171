// Linked into crash_test_child_interposed: counts the calls of functions that no signal handler may make, from
// about_to_crash() on. The counters live in the file `calls` of the working directory, which outlives the process.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace {

struct Calls {
  std::atomic<uint64_t> counting;
  std::atomic<uint64_t> calls;
};

Calls g_before_mapping{};
Calls* g_calls = &g_before_mapping;

void count() {
  if (g_calls->counting.load() != 0) g_calls->calls.fetch_add(1);
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

void* __libc_malloc(size_t);
void __libc_free(void*);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);

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

FILE* fopen(const char* path, const char* mode) {
  count();
  static const auto function = real<FILE* (*)(const char*, const char*)>("fopen");
  return function(path, mode);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  count();
  static const auto function = real<int (*)(pthread_mutex_t*)>("pthread_mutex_lock");
  return function(mutex);
}

}  // extern "C"

namespace crashwright::postmortem {

void about_to_crash() {
  const int fd = ::open("calls", O_RDWR | O_CREAT, 0644);
  if (fd < 0 || ::ftruncate(fd, sizeof(Calls)) != 0) std::abort();
  void* const mapping = ::mmap(nullptr, sizeof(Calls), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) std::abort();
  g_calls = static_cast<Calls*>(mapping);
  g_calls->counting.store(1);
}

}  // namespace crashwright::postmortem
