// Linked into crash_test_child_interposed: counts the calls of functions that no signal handler may make (allocator,
// locks, stdio, the loader), while the crash handler runs. The counters live in the file `calls` of the working
// directory, which outlives the process.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "postmortem/crash_handler.h"

namespace {

struct Calls {
  std::atomic<uint64_t> counting;
  std::atomic<uint64_t> calls;
};

Calls g_before_mapping{};
Calls* g_calls = &g_before_mapping;

void count() {
  const bool counting = g_calls->counting.load() != 0 && crashwright::postmortem::crash_in_progress();
  if (counting) g_calls->calls.fetch_add(1);
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

int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  count();
  static const auto function = real<int (*)(void**, size_t, size_t)>("posix_memalign");
  return function(block, alignment, size);
}

FILE* fopen(const char* path, const char* mode) {
  count();
  static const auto function = real<FILE* (*)(const char*, const char*)>("fopen");
  return function(path, mode);
}
int fputs(const char* text, FILE* file) {
  count();
  static const auto function = real<int (*)(const char*, FILE*)>("fputs");
  return function(text, file);
}
size_t fwrite(const void* from, size_t size, size_t number, FILE* file) {
  count();
  static const auto function = real<size_t (*)(const void*, size_t, size_t, FILE*)>("fwrite");
  return function(from, size, number, file);
}
int fflush(FILE* file) {
  count();
  static const auto function = real<int (*)(FILE*)>("fflush");
  return function(file);
}
int vfprintf(FILE* file, const char* format, va_list arguments) {
  count();
  static const auto function = real<int (*)(FILE*, const char*, va_list)>("vfprintf");
  return function(file, format, arguments);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  count();
  static const auto function = real<int (*)(pthread_mutex_t*)>("pthread_mutex_lock");
  return function(mutex);
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  count();
  static const auto function = real<int (*)(pthread_mutex_t*)>("pthread_mutex_trylock");
  return function(mutex);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  count();
  static const auto function = real<int (*)(pthread_rwlock_t*)>("pthread_rwlock_rdlock");
  return function(lock);
}
int sem_wait(sem_t* semaphore) {
  count();
  static const auto function = real<int (*)(sem_t*)>("sem_wait");
  return function(semaphore);
}

int dl_iterate_phdr(int (*callback)(dl_phdr_info*, size_t, void*), void* data) {
  count();
  using Function = int (*)(int (*)(dl_phdr_info*, size_t, void*), void*);
  static const auto function = real<Function>("dl_iterate_phdr");
  return function(callback, data);
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
