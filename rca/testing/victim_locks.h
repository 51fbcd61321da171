// Ways in which threads no longer move, for the crash victim: each ends in a SIGABRT once all are where they stay.
//
// Threads: each way makes its own. Signal context: no. Errors: none, it never returns.
#pragma once

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

namespace crashwright::mock_engine {

inline void abort_thread(pid_t tid) {
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
    std::shared_mutex* books = &books_;
    asm volatile("" : "+r"(books));  // as if it came from elsewhere: the frame keeps the lock's own address
    const std::shared_lock reading(*books);
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

}  // namespace crashwright::mock_engine
