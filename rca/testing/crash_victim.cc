// Dies in the way its first argument names, for the autopsy's tests: real deaths, real cores, real reports.
//
// The functions to blame are members of small classes and never inlined, as in the engine. Threads other than main do
// the dying where the name says so.
#undef NDEBUG
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cassert>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "rca/testing/victim_locks.h"

namespace crashwright::mock_engine {

struct Order {
  char padding[40];
  int quantity;
};

// Hides a value from the optimiser.
template <typename T>
[[gnu::noipa]] T opaque(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

class Gateway {
 public:
  [[gnu::noinline]] int send(const Order* order) {
    sent_ += opaque(order)->quantity;
    return sent_;
  }
  [[gnu::noinline]] int call(int (*target)(int)) {
    const int answer = opaque(target)(7);
    return answer + ++sent_;
  }
  [[gnu::noinline]] void wild_read() {
    sent_ += *opaque(reinterpret_cast<volatile int*>(0x123456789000));
    ++sent_;
  }
  [[gnu::noinline]] void non_canonical() {
    sent_ += *opaque(reinterpret_cast<volatile int*>(0x8123456789abcdef));
    ++sent_;
  }
  [[gnu::noinline]] void write_to_constant() {
    *opaque(const_cast<char*>("constant")) = 'x';
    ++sent_;
  }

 private:
  int sent_ = 0;
};

class Book {
 public:
  [[gnu::noinline]] int use_after_free() {
    Order* const order = opaque(new Order{});
    delete order;
    return opaque(order)->quantity;
  }
  [[gnu::noinline]] void double_free() {
    void* const block = opaque(std::malloc(48));
    std::free(block);
    std::free(opaque(block));
    ++applied_;
  }
  [[gnu::noinline]] void invalid_free() {
    alignas(16) char local[64] = {};
    std::free(opaque(static_cast<char*>(local)) + 24);
    ++applied_;
  }
  [[gnu::noinline]] void heap_overflow() {
    char* const block = opaque(static_cast<char*>(std::malloc(24)));
    char* const next = opaque(static_cast<char*>(std::malloc(2000)));
    for (int i = 0; i < opaque(64); ++i) opaque(block)[i] = 'A';
    std::free(next);
    std::free(opaque(std::malloc(100'000)));
    ++applied_;
  }
  // What lies behind the block is the size of the next one, which free() then follows.
  [[gnu::noinline]] void heap_overflow_met_by_free() {
    char* const block = opaque(static_cast<char*>(std::malloc(24)));
    char* const next = opaque(static_cast<char*>(std::malloc(24)));
    for (int i = 0; i < opaque(80); ++i) opaque(block)[i] = 'A';
    std::free(next);
    ++applied_;
  }
  [[gnu::noinline]] void stack_overflow() {
    char local[32] = {};
    std::memset(opaque(static_cast<char*>(local)), 'A', static_cast<size_t>(opaque(160)));
    ++applied_;
  }
  [[gnu::noinline]] int recurse(int depth) {
    volatile char frame[256] = {};
    frame[depth & 255] = 1;
    return recurse(depth + 1) + frame[0];
  }

 private:
  int applied_ = 0;
};

class Risk {
 public:
  [[gnu::noinline]] void check_abort() { std::abort(); }
  [[gnu::noinline]] void check_assert(int quantity) {
    assert(quantity < 1000 && "limit");
    std::printf("%d\n", quantity);
  }
  [[gnu::noinline]] void throw_uncaught() { throw std::runtime_error("limit of position exceeded"); }
  [[gnu::noinline]] void allocate_without_end() {
    rlimit limit{256U << 20, 256U << 20};
    ::setrlimit(RLIMIT_AS, &limit);
    for (;;) std::memset(opaque(new char[16U << 20]), 1, 4096);
  }
  // A watchdog that aborts while this thread divides, by what it may be divided by.
  [[gnu::noinline]] void divide_until_the_alarm() {
    std::signal(SIGALRM, [](int) { std::abort(); });
    itimerval soon{{}, {0, 20'000}};
    ::setitimer(ITIMER_REAL, &soon, nullptr);
    for (volatile uint64_t by = 3;;) {
      volatile uint64_t quotient = (uint64_t{1} << 63) / by;
      static_cast<void>(quotient);
    }
  }

  [[gnu::noinline]] int divide(int by) {
    const int result = opaque(1000) / opaque(by);
    return result + 1;
  }
  [[gnu::noinline]] int add(int a) { return opaque(a) + opaque(2147483647); }
  [[gnu::noinline]] void illegal_instruction() {
    asm volatile(".byte 0x0f, 0x0b");
    ++checked_;
  }
  [[gnu::noinline]] void truncated_mapping() {
    char name[] = "/tmp/crash_victim-XXXXXX";
    const int fd = ::mkstemp(name);
    ::unlink(name);
    if (::ftruncate(fd, 8192) != 0) return;
    auto* const bytes = static_cast<volatile char*>(::mmap(nullptr, 8192, PROT_READ, MAP_SHARED, fd, 0));
    if (::ftruncate(fd, 0) != 0) return;
    checked_ += opaque(bytes)[4096];
  }
  [[gnu::noinline]] void send_signal() {
    ::kill(::getpid(), SIGSEGV);
    ++checked_;
  }

 private:
  int checked_ = 0;
};

enum class Side : uint8_t { kBuy, kSell };

struct Price {  // a strong type: shown as what it holds
  int64_t ticks = 0;
};

struct Quote {
  char symbol[8] = "MSFT";
  Price price{1219600};
  Side side = Side::kSell;
  bool live = true;
  unsigned venue : 4 = 9;
};

// Everything that it was called with is still needed after its death; `spent` only its caller knows.
class Desk {
 public:
  [[gnu::noipa]] int value(const Quote& quote, const std::string& account, int quantity, int spent, double weight) {
    const std::vector<int> fills = {100, 200, -17};
    const char mark = opaque('x');
    const Order* const missing = opaque(static_cast<const Order*>(nullptr));
    opaque(spent);
    const int sum = missing->quantity;
    return sum + keep(quote, account, quantity, weight, fills, mark, missing);
  }
  [[gnu::noipa]] int value_of_nothing(const std::string& api_token) {
    const int sum = value(Quote{}, "house", 300, 4711, 0.25);
    return sum + static_cast<int>(api_token.size());
  }

 private:
  [[gnu::noipa]] int keep(const Quote& quote, const std::string& account, int quantity, double weight,
                          const std::vector<int>& fills, char mark, const Order* order) {
    return quote.live && order != nullptr ? valued_ + quantity + static_cast<int>(weight) + mark
                                          : static_cast<int>(account.size() + fills.size());
  }
  int valued_ = 12;
};

struct Death {
  const char* name;
  void (*die)();
};

constexpr Death kDeaths[] = {
    {"none", [] {}},
    {"null", [] { Gateway().send(nullptr); }},
    {"null_call", [] { Gateway().call(nullptr); }},
    {"null_in_thread",
     [] {
       std::thread worker([] {
         ::pthread_setname_np(::pthread_self(), "trading");
         Gateway().send(nullptr);
       });
       worker.join();
     }},
    {"wild_read", [] { Gateway().wild_read(); }},
    {"non_canonical", [] { Gateway().non_canonical(); }},
    {"write_to_constant", [] { Gateway().write_to_constant(); }},
    {"use_after_free", [] { std::printf("%d\n", Book().use_after_free()); }},
    {"double_free", [] { Book().double_free(); }},
    {"invalid_free", [] { Book().invalid_free(); }},
    {"heap_overflow", [] { Book().heap_overflow(); }},
    {"heap_overflow_met_by_free", [] { Book().heap_overflow_met_by_free(); }},
    {"stack_overflow", [] { Book().stack_overflow(); }},
    {"exhaustion", [] { std::printf("%d\n", Book().recurse(0)); }},
    {"exhaustion_in_thread", [] { std::thread([] { std::printf("%d\n", Book().recurse(0)); }).join(); }},
    {"abort", [] { Risk().check_abort(); }},
    {"assert", [] { Risk().check_assert(opaque(5000)); }},
    {"exception", [] { Risk().throw_uncaught(); }},
    {"exception_in_thread", [] { std::thread([] { Risk().throw_uncaught(); }).join(); }},
    {"bad_alloc", [] { Risk().allocate_without_end(); }},
    {"alarm_in_division", [] { Risk().divide_until_the_alarm(); }},
    {"division", [] { std::printf("%d\n", Risk().divide(0)); }},
    {"signed_overflow", [] { std::printf("%d\n", Risk().add(1)); }},
    {"illegal", [] { Risk().illegal_instruction(); }},
    {"bus", [] { Risk().truncated_mapping(); }},
    {"sent_signal", [] { Risk().send_signal(); }},
    {"variables", [] { std::printf("%d\n", Desk().value_of_nothing("hush")); }},
    {"deadlock", [] { Locks().deadlock(); }},
    {"reader_deadlock", [] { Shelf().reader_deadlock(); }},
    {"join_deadlock", [] { Shelf().join_deadlock(); }},
    {"lost_wakeup", [] { Shelf().lost_wakeup(); }},
    {"livelock", [] { Locks().livelock(); }},
    {"stall", [] { Locks().stall(); }},
};

// Handlers as programs have them: a word, the default action, and the signal once more. "raise:null" is the death
// "null" under the first of them.
struct Handler {
  const char* prefix;
  int flags;
  void (*handle)(int);
};

void say() {
  constexpr char kWord[] = "fatal signal\n";
  if (::write(STDERR_FILENO, kWord, sizeof kWord - 1) < 0) ::_exit(1);
}

constexpr Handler kHandlers[] = {
    {"raise:", 0,
     [](int number) {
       say();
       std::signal(number, SIG_DFL);
       std::raise(number);
     }},
    {"raise_inside:", SA_NODEFER,
     [](int number) {
       say();
       std::signal(number, SIG_DFL);
       std::raise(number);
     }},
    {"kill:", 0,
     [](int number) {
       say();
       std::signal(number, SIG_DFL);
       ::kill(::getpid(), number);
     }},
    {"abort:", 0,
     [](int) {
       say();
       std::abort();
     }},
};

// On a stack of its own, for where the other is used up.
void install(const Handler& handler) {
  static char memory[64 * 1024];
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = sizeof memory;
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = handler.handle;
  action.sa_flags = handler.flags | SA_ONSTACK;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::sigaction(number, &action, nullptr);
}

// The name of the death behind that of its handler, which is installed.
const char* prepare(const char* name) {
  for (const Handler& handler : kHandlers) {
    if (std::strncmp(name, handler.prefix, std::strlen(handler.prefix)) != 0) continue;
    install(handler);
    return name + std::strlen(handler.prefix);
  }
  return name;
}

}  // namespace crashwright::mock_engine

int main(int argc, char** argv) {
  const char* const name = argc == 2 ? crashwright::mock_engine::prepare(argv[1]) : "";
  for (const auto& death : crashwright::mock_engine::kDeaths) {
    if (std::strcmp(name, death.name) == 0) {
      death.die();
      return 0;
    }
  }
  std::fprintf(stderr, "usage: crash_victim DEATH\n");
  return 2;
}
