#include "rca/debugger_locks.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "rca/evidence.h"

namespace crashwright::rca {
namespace {

struct Waiter {
  int thread = 0;     // the kernel's number of it
  std::string mutex;  // its address
  std::string name;   // of the variable, where the debugger knows one
};

// The word behind `key`, up to one of the characters in `ends`.
std::string_view word_behind(std::string_view line, std::string_view key, std::string_view ends) {
  const size_t at = line.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(ends));
}

int number_behind(std::string_view line, std::string_view key) {
  const std::string_view word = word_behind(line, key, " )],}\r");
  int number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

bool is_in_lock(std::string_view line) {
  return line.starts_with('#') && (line.find("pthread_mutex_lock") != std::string_view::npos ||
                                   line.find("lll_lock_wait") != std::string_view::npos);
}

// "#1  0x7f in pthread_mutex_lock (mutex=0x55d0 <book_mutex>) at ..." below "Thread 2 (Thread 0x7f (LWP 4414))".
std::vector<Waiter> read_waiters(const std::vector<std::string_view>& lines) {
  std::vector<Waiter> waiters;
  int thread = 0;
  for (const std::string_view line : lines) {
    if (line.starts_with("Thread ") && line.find("(LWP ") != std::string_view::npos) {
      thread = number_behind(line, "(LWP ");
    }
    if (thread == 0 || !is_in_lock(line)) continue;
    std::string_view mutex = word_behind(line, "mutex=", " )\r");
    if (mutex.empty()) mutex = word_behind(line, "futex=futex@entry=", " ,)\r");
    if (mutex.empty()) mutex = word_behind(line, "futex=", " ,)\r");
    if (!mutex.starts_with("0x") && !mutex.starts_with("mutex@entry=0x")) continue;
    mutex = mutex.substr(mutex.find("0x"));
    if (!waiters.empty() && waiters.back().thread == thread) continue;
    waiters.push_back({thread, std::string(mutex), std::string(word_behind(line, " <", "+>"))});
  }
  return waiters;
}

// By a mutex's name or address: "p book_mutex.__data.__owner" and "$1 = 4411" below it, or "$1 = {..., __owner = 4411".
std::map<std::string, int> read_owners(const std::vector<std::string_view>& lines) {
  std::map<std::string, int> owners;
  std::string asked;
  for (const std::string_view line : lines) {
    const std::string_view wanted = word_behind(line, "(gdb) p ", "\r");
    if (!wanted.empty()) {
      const size_t address = wanted.find("0x");
      const size_t name = wanted.find_first_not_of("*&( ");
      const std::string_view rest = wanted.substr(address != wanted.npos ? address : std::min(name, wanted.size()));
      asked = std::string(rest.substr(0, rest.find_first_of(".)- ")));
      continue;
    }
    if (asked.empty() || !line.starts_with('$')) continue;
    const bool whole = line.find("__owner = ") != std::string_view::npos;
    if (const int owner = number_behind(line, whole ? "__owner = " : " = "); owner > 0) owners[asked] = owner;
    asked.clear();
  }
  return owners;
}

// The threads of a circle that begins at `first`; empty when its chain of owners ends.
std::vector<Waiter> circle_from(const Waiter& first, const std::vector<Waiter>& waiters,
                                const std::map<std::string, int>& owners) {
  std::vector<Waiter> chain{first};
  while (chain.size() <= waiters.size()) {
    auto owner = owners.find(chain.back().name);
    if (owner == owners.end()) owner = owners.find(chain.back().mutex);
    if (owner == owners.end()) return {};
    if (owner->second == first.thread) return chain;
    const auto next = std::ranges::find(waiters, owner->second, &Waiter::thread);
    if (next == waiters.end()) return {};
    chain.push_back(*next);
  }
  return {};
}

}  // namespace

std::vector<Evidence> debugger_lock_evidence(const std::vector<std::string_view>& lines, const std::string& source) {
  constexpr double kLikely = 0.55;
  const std::vector<Waiter> waiters = read_waiters(lines);
  const std::map<std::string, int> owners = read_owners(lines);
  for (const Waiter& waiter : waiters) {
    const std::vector<Waiter> circle = circle_from(waiter, waiters, owners);
    if (circle.empty()) continue;
    std::string words;
    for (const Waiter& one : circle) {
      words += (words.empty() ? "" : ", ") + std::string("thread ") + std::to_string(one.thread) + " waits for " +
               (one.name.empty() ? one.mutex : one.name);
    }
    return {make_evidence(EvidenceTier::kRuntimeVerdict, source, "DEADLOCK", 1, "owners", words + ": a circle")};
  }
  std::set<std::string> mutexes;
  for (const Waiter& waiter : waiters) mutexes.insert(waiter.mutex);
  if (mutexes.size() < 2) return {};
  return {make_evidence(EvidenceTier::kMachineState, source, "DEADLOCK", kLikely, "stacks",
                        std::to_string(waiters.size()) + " threads wait for mutexes, of owners that are not told")};
}

}  // namespace crashwright::rca
