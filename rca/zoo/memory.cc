// Bugs of memory: pointers that are null, wild, stale, or lead out of bounds.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "zoo.h"

namespace zoo {

// Not of an unnamed namespace: the compiler must not know that nothing derives from it.
struct Quote {
  virtual ~Quote() = default;
  virtual int price() { return 1; }
  int64_t spare[6] = {};
};

namespace {

struct Order {
  Order* next = nullptr;
  char padding[56] = {};
  int quantity = 0;
};

constexpr char kPage[8192] = {1};

class Gateway {
 public:
  [[gnu::noinline]] void send(const Order* order) {
    sent_ += opaque(order)->quantity;
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void store(Order* order) {
    opaque(order)->quantity = 5;
    ++sent_;
  }
  [[gnu::noinline]] void call(int (*target)(int)) {
    sent_ += opaque(target)(7);
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void read_wild() {
    sent_ += *opaque(reinterpret_cast<volatile int*>(0x123456789000));
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void write_wild() {
    *opaque(reinterpret_cast<volatile int*>(0x123456789000)) = 1;
    ++sent_;
  }
  [[gnu::noinline]] void read_non_canonical() {
    sent_ += *opaque(reinterpret_cast<volatile int*>(0x8123456789abcdef));
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void write_constant() {
    *opaque(const_cast<char*>("a constant of the program")) = 'x';
    ++sent_;
  }
  [[gnu::noinline]] void copy_to_null(const char* from) {
    std::memcpy(opaque(static_cast<char*>(nullptr)), from, static_cast<size_t>(opaque(4096)));
    ++sent_;
  }
  [[gnu::noinline]] void measure_null() {
    sent_ += static_cast<int>(std::strlen(opaque(static_cast<const char*>(nullptr))));
    asm volatile("" ::: "memory");
  }

 private:
  int sent_ = 0;
};

class Book {
 public:
  [[gnu::noinline]] void follow_stale() {
    auto* const order = opaque(new Order);
    order->next = opaque(order);
    delete order;
    applied_ += opaque(order)->next->quantity;
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void call_stale() {
    auto* const quote = opaque(new Quote);
    delete quote;
    applied_ += opaque(quote)->price();
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void free_twice() {
    void* const block = opaque(std::malloc(48));
    std::free(block);
    std::free(opaque(block));
    ++applied_;
  }
  [[gnu::noinline]] void delete_twice() {
    auto* const order = opaque(new Order);
    delete order;
    delete opaque(order);
    ++applied_;
  }
  [[gnu::noinline]] void free_local() {
    alignas(16) char local[64] = {};
    std::free(opaque(static_cast<char*>(local)) + 24);
    ++applied_;
  }
  [[gnu::noinline]] void free_inside() {
    char* const block = opaque(static_cast<char*>(std::malloc(256)));
    std::free(opaque(block) + 8);
    ++applied_;
  }
  [[gnu::noinline]] void overflow_heap() {
    char* const block = opaque(static_cast<char*>(std::malloc(24)));
    char* const next = opaque(static_cast<char*>(std::malloc(2000)));
    for (int i = 0; i < opaque(64); ++i) opaque(block)[i] = 'A';
    std::free(next);
    std::free(opaque(std::malloc(100'000)));
    ++applied_;
  }
  [[gnu::noinline]] void overflow_stack() {
    char local[32] = {};
    std::memset(opaque(static_cast<char*>(local)), 'A', static_cast<size_t>(opaque(160)));
    ++applied_;
  }
  [[gnu::noinline]] int recurse(int depth) {
    volatile char frame[256] = {};
    frame[depth & 255] = 1;
    const int deeper = recurse(opaque(depth + 1));
    return deeper + frame[0];
  }

 private:
  int applied_ = 0;
};

class Feed {
 public:
  [[gnu::noinline]] void read_truncated() {
    char name[] = "/tmp/crashwright-zoo-XXXXXX";
    const int fd = ::mkstemp(name);
    ::unlink(name);
    if (::ftruncate(fd, 8192) != 0) return;
    auto* const bytes = static_cast<volatile char*>(::mmap(nullptr, 8192, PROT_READ, MAP_SHARED, fd, 0));
    if (::ftruncate(fd, 0) != 0) return;
    read_ += opaque(bytes)[4096];
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void write_protected() {
    auto* const page =
        static_cast<volatile char*>(::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    *opaque(page) = 1;
    ++read_;
  }
  [[gnu::noinline]] void jump_to_data() {
    auto* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    opaque(reinterpret_cast<void (*)()>(page))();
    ++read_;
  }

 private:
  int read_ = 0;
};

constexpr const char* kAll = "plain asan ubsan tsan msan";
constexpr const char* kNotUbsan = "plain asan tsan msan";

constexpr Bug kBugs[] = {
    {"null_read", "NULL_DEREF", "Gateway::send", kAll, [] { Gateway().send(nullptr); }},
    {"null_write", "NULL_DEREF", "Gateway::store", kAll, [] { Gateway().store(nullptr); }},
    {"null_call", "NULL_DEREF", "Gateway::call", "plain asan", [] { Gateway().call(nullptr); }},
    {"null_copy", "NULL_DEREF", "Gateway::copy_to_null", "plain asan", [] { Gateway().copy_to_null(kPage); }},
    {"null_length", "NULL_DEREF", "Gateway::measure_null", "plain asan", [] { Gateway().measure_null(); }},
    {"wild_read", "WILD_ACCESS", "Gateway::read_wild", "plain asan ubsan", [] { Gateway().read_wild(); }},
    {"wild_write", "WILD_ACCESS", "Gateway::write_wild", "plain asan ubsan", [] { Gateway().write_wild(); }},
    {"non_canonical", "WILD_ACCESS", "Gateway::read_non_canonical", "plain", [] { Gateway().read_non_canonical(); }},
    {"write_constant", "WILD_ACCESS", "Gateway::write_constant", kNotUbsan, [] { Gateway().write_constant(); }},
    {"write_protected", "WILD_ACCESS", "Feed::write_protected", "plain asan ubsan", [] { Feed().write_protected(); }},
    {"jump_to_data", "WILD_ACCESS", "Feed::jump_to_data", "plain asan", [] { Feed().jump_to_data(); }},
    {"stale_pointer", "USE_AFTER_FREE", "Book::follow_stale", "plain asan", [] { Book().follow_stale(); }},
    {"stale_call", "USE_AFTER_FREE", "Book::call_stale", "plain asan", [] { Book().call_stale(); }},
    {"double_free", "DOUBLE_FREE", "Book::free_twice", "plain asan ubsan", [] { Book().free_twice(); }},
    {"double_delete", "DOUBLE_FREE", "Book::delete_twice", "plain asan ubsan", [] { Book().delete_twice(); }},
    {"free_local", "INVALID_FREE", "Book::free_local", "plain asan ubsan", [] { Book().free_local(); }},
    {"free_inside", "INVALID_FREE", "Book::free_inside", "plain asan ubsan", [] { Book().free_inside(); }},
    {"heap_overflow", "HEAP_OVERFLOW", "Book::overflow_heap", "plain asan", [] { Book().overflow_heap(); }},
    {"stack_smash", "STACK_BUFFER_OVERFLOW", "Book::overflow_stack", "plain asan", [] { Book().overflow_stack(); }},
    {"exhaustion", "STACK_OVERFLOW_EXHAUSTION", "Book::recurse", "plain asan ubsan",
     [] { std::printf("%d\n", Book().recurse(0)); }},
    {"truncated_file", "BUS", "Feed::read_truncated", "plain asan ubsan", [] { Feed().read_truncated(); }},
};

}  // namespace

std::span<const Bug> memory_bugs() { return kBugs; }

}  // namespace zoo
