// Dies of a null dereference with five threads, each some calls deep: the core that debuggers and the autopsy race on.
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kParked = 4;
std::atomic<int> g_parked{0};

struct Level {
  int64_t price = 0;
  int quantity = 0;
};

class Book {
 public:
  void add(int64_t price) {
    std::vector<Level>& side = sides_["bid"];
    side.push_back({price, 1});
    std::ranges::sort(side, {}, &Level::price);
    if (price == 0) publish(nullptr);
  }
  [[gnu::noinline]] void publish(Level* level) {
    asm volatile("" : "+r"(level));  // hides the constant from the optimiser
    level->quantity = 1;
    asm volatile("" ::: "memory");
  }

 private:
  std::map<std::string, std::vector<Level>> sides_;
};

[[gnu::noinline]] void park(int depth) {
  if (depth > 0) {
    park(depth - 1);
    asm volatile("" ::: "memory");
    return;
  }
  ++g_parked;
  while (g_parked.load() <= kParked) ::pause();
}

}  // namespace

int main() {
  std::vector<std::thread> threads;
  for (int i = 0; i < kParked; ++i) threads.emplace_back([i] { park(6 + i); });
  while (g_parked.load() < kParked) std::this_thread::yield();
  Book book;
  for (int64_t price = 20; price >= 0; --price) book.add(price);
}
