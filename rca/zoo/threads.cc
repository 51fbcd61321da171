// Bugs between threads. A thread that no longer moves is ended as a watchdog would: by SIGABRT, sent to that thread.
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

#include "zoo.h"

namespace zoo {
namespace {

std::atomic<int> g_arrived{0};

// Two threads each hold what the other wants.
void meet() {
  g_arrived.fetch_add(1);
  while (g_arrived.load() < 2) std::this_thread::yield();
}

bool waits_on_futex(pid_t tid) {
  const std::string path = "/proc/self/task/" + std::to_string(tid) + "/syscall";
  char text[16] = {};
  std::FILE* const file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return false;
  const bool read = std::fgets(text, sizeof text, file) != nullptr;
  std::fclose(file);
  return read && std::atoi(text) == SYS_futex;
}

bool all_others_wait() {
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    const pid_t tid = std::atoi(task.path().filename().c_str());
    if (tid != ::gettid() && !waits_on_futex(tid)) return false;
  }
  return true;
}

// Once all threads are in their last wait.
[[noreturn]] void end_stalled(const std::atomic<pid_t>& tid, int arrivals) {
  while (tid == 0 || g_arrived.load() < arrivals || !all_others_wait()) std::this_thread::yield();
  ::syscall(SYS_tgkill, ::getpid(), tid.load(), SIGABRT);
  for (;;) ::pause();
}

class Locks {
 public:
  [[gnu::noinline]] void book_then_risk() {
    const std::lock_guard book(book_);
    meet();
    const std::lock_guard risk(risk_);
    ++held_;
  }
  [[gnu::noinline]] void risk_then_book() {
    const std::lock_guard risk(risk_);
    meet();
    const std::lock_guard book(book_);
    ++held_;
  }
  [[gnu::noinline]] void lock_again() {
    const std::lock_guard once(book_);
    ++g_arrived;
    const std::lock_guard twice(book_);
    ++held_;
  }
  [[gnu::noinline]] void upgrade() {
    const std::unique_lock writer(table_);
    meet();
    const std::lock_guard book(book_);
    ++held_;
  }
  [[gnu::noinline]] void read_under_book() {
    const std::lock_guard book(book_);
    meet();
    const std::shared_lock reader(table_);
    ++held_;
  }
  void lock_order() {
    std::thread one([this] {
      tid_ = ::gettid();
      book_then_risk();
    });
    std::thread two([this] { risk_then_book(); });
    end_stalled(tid_, 2);
  }
  void self_lock() {
    std::thread one([this] {
      tid_ = ::gettid();
      lock_again();
    });
    end_stalled(tid_, 1);
  }
  void rwlock_order() {
    std::thread one([this] {
      tid_ = ::gettid();
      read_under_book();
    });
    std::thread two([this] { upgrade(); });
    end_stalled(tid_, 2);
  }

 private:
  std::mutex book_;
  std::mutex risk_;
  std::shared_mutex table_;
  std::atomic<pid_t> tid_{0};
  int held_ = 0;
};

class Worker {
 public:
  [[gnu::noinline]] void die_in_thread(const int* price) {
    total_ += *opaque(price);
    asm volatile("" ::: "memory");
  }
  void run() {
    std::thread worker([this] {
      ::pthread_setname_np(::pthread_self(), "worker");
      die_in_thread(nullptr);
    });
    worker.join();
  }

 private:
  int total_ = 0;
};

constexpr Bug kBugs[] = {
    {"null_in_thread", "NULL_DEREF", "Worker::die_in_thread", "plain asan ubsan", [] { Worker().run(); }},
    {"lock_order", "DEADLOCK", "Locks::book_then_risk", "plain ubsan", [] { Locks().lock_order(); }},
    {"self_lock", "DEADLOCK", "Locks::lock_again", "plain ubsan", [] { Locks().self_lock(); }},
    {"rwlock_order", "DEADLOCK", "Locks::read_under_book", "plain ubsan", [] { Locks().rwlock_order(); }},
};

}  // namespace

std::span<const Bug> thread_bugs() { return kBugs; }

}  // namespace zoo
