// Dies in the way its first argument names, for the autopsy's tests: real deaths, real cores, real reports.
//
// The functions to blame are members of small classes and never inlined, as in the engine. Threads other than main do
// the dying where the name says so.
#undef NDEBUG
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

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

void abort_thread(pid_t tid) {
  ::syscall(SYS_tgkill, ::getpid(), tid, SIGABRT);
  for (;;) ::pause();
}

// What a watchdog does to a thread that no longer moves, once that thread is where it should be.
class Locks {
 public:
  [[gnu::noinline]] void first_then_second() {
    const std::lock_guard first(first_);
    arrived_.fetch_add(1);
    while (arrived_.load() != 2) std::this_thread::yield();
    const std::lock_guard second(second_);
  }
  [[gnu::noinline]] void second_then_first() {
    const std::lock_guard second(second_);
    arrived_.fetch_add(1);
    while (arrived_.load() != 2) std::this_thread::yield();
    const std::lock_guard first(first_);
  }
  void deadlock() {
    std::atomic<pid_t> tid{0};
    std::atomic<pid_t> other{0};
    std::thread one([&] {
      tid = ::gettid();
      first_then_second();
    });
    std::thread two([&] {
      other = ::gettid();
      second_then_first();
    });
    // Both: until the second waits too there is no circle.
    while (tid == 0 || other == 0 || !is_blocked(tid) || !is_blocked(other)) std::this_thread::yield();
    abort_thread(tid);
  }
  [[gnu::noinline]] void wait_for_good() {
    for (;;) ::pause();
  }
  [[noreturn]] [[gnu::noinline]] void spin_for_good() {
    for (;;) spins_.fetch_add(1, std::memory_order_relaxed);
  }
  void livelock() {
    std::atomic<pid_t> tid{0};
    std::thread one([&] {
      tid = ::gettid();
      spin_for_good();
    });
    while (tid == 0 || cpu_time_ms(one.native_handle()) < 100) std::this_thread::yield();
    abort_thread(tid);
  }
  void stall() {
    std::atomic<pid_t> tid{0};
    std::thread one([&] {
      tid = ::gettid();
      wait_for_good();
    });
    while (tid == 0 || !is_blocked(tid)) std::this_thread::yield();
    abort_thread(tid);
  }

 private:
  static int64_t cpu_time_ms(pthread_t thread) {
    clockid_t clock{};
    timespec time{};
    if (::pthread_getcpuclockid(thread, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
    return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
  }
  // In the system call where it stays.
  static bool is_blocked(pid_t tid) {
    const std::string path = "/proc/self/task/" + std::to_string(tid) + "/syscall";
    char text[16] = {};
    std::FILE* const file = std::fopen(path.c_str(), "r");
    if (file == nullptr) return false;
    const bool read = std::fgets(text, sizeof text, file) != nullptr;
    std::fclose(file);
    const int number = read ? std::atoi(text) : -1;
    return read && (number == SYS_futex || number == SYS_pause) && arrived_or_paused(number);
  }
  static bool arrived_or_paused(int number) { return number == SYS_pause || arrived_.load() == 2; }

  std::mutex first_;
  std::mutex second_;
  static inline std::atomic<int> arrived_{0};
  static inline std::atomic<uint64_t> spins_{0};
};

// Threads that wait for each other by other means than two mutexes.
class Shelf {
 public:
  [[gnu::noinline]] void read_then_lock() {
    const std::shared_lock reading(books_);
    meet();
    const std::lock_guard owning(owner_);
  }
  [[gnu::noinline]] void lock_then_write() {
    const std::lock_guard owning(owner_);
    meet();
    const std::unique_lock writing(books_);
  }
  [[gnu::noinline]] void lock_late() {
    meet();
    const std::lock_guard owning(owner_);
  }
  [[gnu::noinline]] void join_with_lock(std::thread& other) {
    const std::lock_guard owning(owner_);
    meet();
    other.join();
  }
  [[gnu::noinline]] void wait_for_word() {
    std::unique_lock owning(owner_);
    word_.wait(owning, [this] { return spoken_; });
  }
  void reader_deadlock() {
    std::thread one([this] { run(0, [this] { read_then_lock(); }); });
    std::thread two([this] { run(1, [this] { lock_then_write(); }); });
    die_when_asleep(2);
  }
  void join_deadlock() {
    std::thread one([this] { run(0, [this] { lock_late(); }); });
    std::thread two([this, &one] { run(1, [this, &one] { join_with_lock(one); }); });
    die_when_asleep(2);
  }
  void lost_wakeup() {
    std::thread one([this] { run(0, [this] { wait_for_word(); }); });
    die_when_asleep(1);
  }

 private:
  template <typename Work>
  void run(size_t index, Work work) {
    tids_[index] = ::gettid();
    work();
  }
  void meet() {
    arrived_.fetch_add(1);
    while (arrived_.load() != 2) std::this_thread::yield();
  }
  // Both threads are past their meeting and stay in futex(2).
  void die_when_asleep(size_t count) {
    const auto asleep = [this](size_t index) { return tids_[index] != 0 && in_futex(tids_[index]); };
    for (size_t seen = 0; seen < 50;) {  // a while, so that no lock is just being handed over
      bool all = count == 1 || arrived_.load() == 2;
      for (size_t i = 0; i < count; ++i) all = all && asleep(i);
      seen = all ? seen + 1 : 0;
      std::this_thread::yield();
    }
    abort_thread(tids_[0]);
  }
  static bool in_futex(pid_t tid) {
    const std::string path = "/proc/self/task/" + std::to_string(tid) + "/syscall";
    char text[16] = {};
    std::FILE* const file = std::fopen(path.c_str(), "r");
    if (file == nullptr) return false;
    const bool read = std::fgets(text, sizeof text, file) != nullptr;
    std::fclose(file);
    return read && std::atoi(text) == SYS_futex && text[0] != 'r';
  }

  std::mutex owner_;
  std::shared_mutex books_;
  std::condition_variable word_;
  bool spoken_ = false;
  std::atomic<int> arrived_{0};
  std::atomic<pid_t> tids_[2] = {};
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
    {"stack_overflow", [] { Book().stack_overflow(); }},
    {"exhaustion", [] { std::printf("%d\n", Book().recurse(0)); }},
    {"exhaustion_in_thread", [] { std::thread([] { std::printf("%d\n", Book().recurse(0)); }).join(); }},
    {"abort", [] { Risk().check_abort(); }},
    {"assert", [] { Risk().check_assert(opaque(5000)); }},
    {"exception", [] { Risk().throw_uncaught(); }},
    {"exception_in_thread", [] { std::thread([] { Risk().throw_uncaught(); }).join(); }},
    {"bad_alloc", [] { Risk().allocate_without_end(); }},
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

}  // namespace crashwright::mock_engine

int main(int argc, char** argv) {
  for (const auto& death : crashwright::mock_engine::kDeaths) {
    if (argc == 2 && std::strcmp(argv[1], death.name) == 0) {
      death.die();
      return 0;
    }
  }
  std::fprintf(stderr, "usage: crash_victim DEATH\n");
  return 2;
}
