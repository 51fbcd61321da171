// A program that knows nothing of this project, with functions to stop at: for the tests of breakpoints.
//
//   breakpoint_victim orders N              calls place_order() N times, a line for each that came back
//   breakpoint_victim threads N             four threads, worker-0 to worker-3, N calls each; prints the sum
//   breakpoint_victim fork N                the same calls in a child that it forks and waits for, then its own
//   breakpoint_victim exec PATH ARGUMENT..  becomes another program
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace victim {

std::atomic<long> placed{0};

__attribute__((noinline)) void place_order(long number) {
  placed += number;
  asm volatile("" ::: "memory");
}

__attribute__((noinline)) void overloaded(int number) { placed += number; }
__attribute__((noinline)) void overloaded(double number) { placed += static_cast<long>(number); }

}  // namespace victim

namespace {

int place_orders(long count) {
  for (long i = 1; i <= count; ++i) {
    victim::place_order(i);
    char line[32];
    const int size = std::snprintf(line, sizeof line, "placed %ld\n", i);
    if (::write(STDOUT_FILENO, line, static_cast<size_t>(size)) != size) return 3;
  }
  victim::overloaded(1);
  victim::overloaded(1.0);
  return 0;
}

int place_in_threads(long count) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i, count] {
      ::pthread_setname_np(::pthread_self(), ("worker-" + std::to_string(i)).c_str());
      for (long call = 0; call < count; ++call) victim::place_order(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("sum %ld\n", victim::placed.load());
  return 0;
}

int place_in_child(long count) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(place_orders(count));
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) return 4;
  return place_orders(count);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  if (std::strcmp(argv[1], "exec") == 0) {
    ::execv(argv[2], argv + 2);
    return 5;
  }
  const long count = std::atol(argv[2]);
  if (std::strcmp(argv[1], "threads") == 0) return place_in_threads(count);
  return std::strcmp(argv[1], "fork") == 0 ? place_in_child(count) : place_orders(count);
}
