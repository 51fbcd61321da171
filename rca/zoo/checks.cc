// Bugs that the program, its libraries or the processor notice: checks, exceptions, arithmetic.
#undef NDEBUG
#include <sys/resource.h>
#include <unistd.h>

#include <cassert>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "zoo.h"

namespace zoo {

// Not of an unnamed namespace: the compiler must not know all that derives from it.
class Strategy {
 public:
  Strategy() { start(); }
  virtual ~Strategy() = default;
  [[gnu::noinline]] void start() {
    choose();
    asm volatile("" ::: "memory");
  }
  virtual void choose() = 0;
};

class Passive : public Strategy {
 public:
  void choose() override {}
};

namespace {

class Risk {
 public:
  [[gnu::noinline]] void give_up() { std::abort(); }
  [[gnu::noinline]] void check_quantity(int quantity) {
    assert(quantity < 1000);
    checked_ += quantity;
  }
  [[gnu::noinline]] void check_price(int price) {
    assert(price > 0);
    checked_ += price;
  }
  [[gnu::noinline]] void refuse(int position) {
    if (position > 10) throw std::runtime_error("limit of position exceeded");
    ++checked_;
  }
  [[gnu::noinline]] void refuse_quietly(int position) noexcept {
    // Thrown here: Clang unwinds to the noexcept function before it terminates, so that a thrower further down would be
    // on no stack any more.
    if (position > 10) throw position;
    ++checked_;
  }
  [[gnu::noinline]] void look_up(size_t index) {
    const std::vector<int> limits(3);
    checked_ += limits.at(index);
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void reserve_without_end() {
    const rlimit limit{256U << 20, 256U << 20};
    ::setrlimit(RLIMIT_AS, &limit);
    for (;;) std::memset(opaque(new char[16U << 20]), 1, 4096);
  }
  [[gnu::noinline]] void divide(int by) {
    checked_ += opaque(1000) / opaque(by);
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void remainder(int by) {
    checked_ += opaque(1000) % opaque(by);
    asm volatile("" ::: "memory");
  }
  [[gnu::noinline]] void illegal() {
    asm volatile("ud2");
    ++checked_;
  }
  [[gnu::noinline]] void trap() {
    asm volatile("int3");
    ++checked_;
  }
  [[gnu::noinline]] void signal_itself() {
    ::kill(::getpid(), SIGSEGV);
    ++checked_;
  }

 private:
  int checked_ = 0;
};

constexpr const char* kAll = "plain asan ubsan tsan msan";
constexpr const char* kNotTsan = "plain asan ubsan";

constexpr Bug kBugs[] = {
    {"abort", "ABORT", "Risk::give_up", kNotTsan, [] { Risk().give_up(); }},
    {"assert_quantity", "ASSERTION", "Risk::check_quantity", kAll, [] { Risk().check_quantity(opaque(5000)); }},
    {"assert_price", "ASSERTION", "Risk::check_price", kAll, [] { Risk().check_price(opaque(-1)); }},
    {"exception", "EXCEPTION", "Risk::refuse", kNotTsan, [] { Risk().refuse(opaque(11)); }},
    {"exception_noexcept", "EXCEPTION", "Risk::refuse_quietly", kNotTsan, [] { Risk().refuse_quietly(opaque(11)); }},
    {"out_of_range", "EXCEPTION", "Risk::look_up", kNotTsan, [] { Risk().look_up(opaque(size_t{9})); }},
    {"bad_alloc", "OOM", "Risk::reserve_without_end", "plain ubsan", [] { Risk().reserve_without_end(); }},
    {"division", "FPE", "Risk::divide", kAll, [] { Risk().divide(0); }},
    {"remainder", "FPE", "Risk::remainder", kAll, [] { Risk().remainder(0); }},
    {"illegal", "ILLEGAL_INSTRUCTION", "Risk::illegal", kNotTsan, [] { Risk().illegal(); }},
    {"trap", "ABORT", "Risk::trap", kNotTsan, [] { Risk().trap(); }},
    {"signal_itself", "UNKNOWN", "Risk::signal_itself", "plain", [] { Risk().signal_itself(); }},
    {"pure_virtual", "ABORT", "Strategy::start", "plain asan", [] { Passive().choose(); }},
};

}  // namespace

std::span<const Bug> check_bugs() { return kBugs; }

}  // namespace zoo
