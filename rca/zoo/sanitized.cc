// Bugs that end a program only where a sanitizer looks.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "zoo.h"

namespace zoo {
namespace {

int g_table[4] = {1, 2, 3, 4};
int g_counter = 0;

class Checked {
 public:
  [[gnu::noinline]] void overflow_global(int index) {
    seen_ += opaque(static_cast<int*>(g_table))[index];
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void read_stale() {
    int* const block = opaque(static_cast<int*>(std::malloc(64)));
    std::free(block);
    seen_ += opaque(block)[3];
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void read_beyond_heap() {
    int* const block = opaque(static_cast<int*>(std::malloc(40)));
    seen_ += opaque(block)[10];
    std::free(block);
  }
  [[gnu::noinline]] void add(int a) {
    seen_ += opaque(a) + opaque(2147483647);
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void shift(int by) {
    seen_ += opaque(1) << opaque(by);
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void misalign() {
    alignas(8) char bytes[16] = {};
    seen_ += opaque(reinterpret_cast<int*>(bytes + 1))[0];
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void decide() {
    int* const block = opaque(static_cast<int*>(std::malloc(64)));
    if (opaque(block)[2] > 7) std::puts("more");
    std::free(block);
    ++seen_;
  }
  [[gnu::noinline]] void count() {
    for (int i = 0; i < 1000; ++i) {
      ++*opaque(&g_counter);
      asm volatile("" ::: "memory");
    }
  }
  void race() {
    std::thread other([this] { count(); });
    count();
    other.join();
  }

 private:
  int seen_ = 0;
};

constexpr Bug kBugs[] = {
    {"global_overflow", "GLOBAL_BUFFER_OVERFLOW", "Checked::overflow_global", "asan",
     [] { Checked().overflow_global(opaque(5)); }},
    {"stale_read", "USE_AFTER_FREE", "Checked::read_stale", "asan", [] { Checked().read_stale(); }},
    {"heap_read_beyond", "HEAP_OVERFLOW", "Checked::read_beyond_heap", "asan", [] { Checked().read_beyond_heap(); }},
    {"signed_overflow", "UNDEFINED_BEHAVIOUR", "Checked::add", "ubsan", [] { Checked().add(opaque(1)); }},
    {"shift", "UNDEFINED_BEHAVIOUR", "Checked::shift", "ubsan", [] { Checked().shift(opaque(40)); }},
    {"misaligned", "UNDEFINED_BEHAVIOUR", "Checked::misalign", "ubsan", [] { Checked().misalign(); }},
    {"uninitialised", "UNINITIALISED", "Checked::decide", "msan", [] { Checked().decide(); }},
    {"data_race", "DATA_RACE", "Checked::count", "tsan", [] { Checked().race(); }},
};

}  // namespace

std::span<const Bug> sanitized_bugs() { return kBugs; }

}  // namespace zoo
