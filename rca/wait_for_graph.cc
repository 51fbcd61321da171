#include "rca/wait_for_graph.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace crashwright::rca {
namespace {

// Codes by which the kernel marks a call that a signal interrupted (linux/errno.h, not exported to programs).
constexpr int64_t kRestartFirst = 512;
constexpr int64_t kRestartLast = 516;

// struct __pthread_rwlock_arch_t of glibc on x86-64.
constexpr uint64_t kRwlockReaders = 0;  // three bits of state, then how many readers hold it
constexpr unsigned kReaderShift = 3;
constexpr uint32_t kReadersMax = 1 << 16;
constexpr uint64_t kRwlockPhase = 8;
constexpr uint64_t kRwlockWriters = 12;
constexpr uint64_t kRwlockWriter = 24;  // tid of the writer that holds it

constexpr uint32_t kContended = 2;  // of a mutex's word: locked, and somebody waits

constexpr size_t kStackScanned = 64 * 1024;  // bytes of a stack that are looked through for a lock's address
constexpr size_t kWaitersMax = 1024;

std::optional<int32_t> read_int(const CoreFile& core, uint64_t address) {
  int32_t number = 0;
  return core.read(address, &number, sizeof number) == sizeof number ? std::optional(number) : std::nullopt;
}

bool is_syscall_instruction(const CoreFile& core, uint64_t address) {
  std::array<uint8_t, 2> bytes{};
  return core.read(address, bytes.data(), bytes.size()) == bytes.size() && bytes[0] == 0x0f && bytes[1] == 0x05;
}

bool is_interrupted(int64_t result) {
  return result == -EINTR || (-result >= kRestartFirst && -result <= kRestartLast);
}

// The system call a thread was in: -1 for none, -2 for one whose number is lost.
//
// A thread that was still inside when the process died has its number in orig_rax. A signal handler that returned hides
// it: then the thread stands at the instruction about to be restarted, or behind it with EINTR.
int64_t system_call(const CoreFile& core, const CoreThread& thread) {
  const auto original = static_cast<int64_t>(thread.registers.orig_rax);
  const auto result = static_cast<int64_t>(thread.registers.rax);
  if (original >= 0) return original;
  if (is_syscall_instruction(core, thread.registers.rip)) return result;
  if (is_syscall_instruction(core, thread.registers.rip - 2) && is_interrupted(result)) return -2;
  return -1;
}

bool waits_on_futex(const CoreFile& core, const CoreThread& thread) {
  const int64_t call = system_call(core, thread);
  if (call != SYS_futex && call != -2) return false;
  switch (static_cast<int>(thread.registers.rsi) & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return true;
    default:
      return false;
  }
}

// The lock that is held by readers and waited for at `word_at`, 0 for none; how many hold it in `readers`.
uint64_t lock_held_by_readers(const CoreFile& core, uint64_t word_at, uint32_t& readers) {
  for (const uint64_t word_offset : {kRwlockPhase, kRwlockWriters}) {
    const uint64_t lock = word_at - word_offset;
    const auto state = read_int(core, lock + kRwlockReaders);
    const auto writer = read_int(core, lock + kRwlockWriter);
    if (!state || !writer || *writer != 0) continue;
    readers = static_cast<uint32_t>(*state) >> kReaderShift;
    if (readers > 0 && readers <= kReadersMax) return lock;
  }
  return 0;
}

// The frames of the thread hold the address: it uses the lock, or did so a moment ago.
bool has_on_stack(const CoreFile& core, const CoreThread& thread, uint64_t address) {
  std::vector<uint64_t> words(kStackScanned / sizeof(uint64_t));
  const size_t got = core.read(thread.registers.rsp & ~uint64_t{7}, words.data(), kStackScanned) / sizeof(uint64_t);
  return std::find(words.begin(), words.begin() + static_cast<ptrdiff_t>(got), address) !=
         words.begin() + static_cast<ptrdiff_t>(got);
}

bool is_thread(const CoreFile& core, int32_t tid) {
  return tid != 0 && std::ranges::find(core.threads(), tid, &CoreThread::tid) != core.threads().end();
}

using Edges = std::map<int32_t, std::vector<WaitEdge>>;

// Follows the edges depth first; a circle is found when a thread comes up that the path has already.
bool find_circle(const Edges& edges, int32_t at, std::set<int32_t>& done, std::vector<WaitEdge>& path) {
  const auto from = edges.find(at);
  if (from == edges.end() || !done.insert(at).second) return false;
  for (const WaitEdge& edge : from->second) {
    path.push_back(edge);
    const auto begin = std::ranges::find(path, edge.owner, &WaitEdge::waiter);
    if (begin != path.end()) {
      path.erase(path.begin(), begin);
      return true;
    }
    if (find_circle(edges, edge.owner, done, path)) return true;
    path.pop_back();
  }
  return false;
}

std::vector<WaitEdge> find_circle(const std::vector<WaitEdge>& waits, bool with_likely) {
  Edges edges;
  for (const WaitEdge& edge : waits) {
    if (edge.owner != 0 && (with_likely || !edge.likely)) edges[edge.waiter].push_back(edge);
  }
  std::set<int32_t> done;
  for (const auto& [start, first] : edges) {
    std::vector<WaitEdge> path;
    if (find_circle(edges, start, done, path)) return path;
  }
  return {};
}

}  // namespace

const char* wait_kind_name(WaitKind kind) noexcept {
  switch (kind) {
    case WaitKind::kMutex:
      return "mutex";
    case WaitKind::kJoin:
      return "the end of thread";
    case WaitKind::kRwlock:
      return "reader-writer lock";
    case WaitKind::kCondition:
      return "condition variable";
    case WaitKind::kSemaphore:
      return "semaphore";
    case WaitKind::kOther:
      break;
  }
  return "futex";
}

bool is_blocked(const CoreFile& core, const CoreThread& thread) {
  const int64_t call = system_call(core, thread);
  return call != -1 && call != SYS_sched_yield;
}

std::optional<WaitEdge> wait_of(const CoreFile& core, const CoreThread& thread) {
  if (!waits_on_futex(core, thread)) return std::nullopt;
  const uint64_t word_at = thread.registers.rdi;
  struct Mutex {
    int32_t lock;
    uint32_t count;
    int32_t owner;
    uint32_t users;
  } mutex{};
  const size_t got = core.read(word_at, &mutex, sizeof mutex);
  if (got == sizeof mutex && mutex.lock != 0 && mutex.users > 0 && is_thread(core, mutex.owner)) {
    return WaitEdge{thread.tid, mutex.owner, word_at, WaitKind::kMutex};
  }
  if (got >= sizeof mutex.lock && mutex.lock != thread.tid && is_thread(core, mutex.lock)) {
    return WaitEdge{thread.tid, mutex.lock, word_at, WaitKind::kJoin};
  }
  // A reader sleeps on the word of the write phase, a writer on that or the next one; both lie at fixed places of the
  // lock.
  for (const uint64_t word_offset : {kRwlockPhase, kRwlockWriters}) {
    const auto writer = read_int(core, word_at - word_offset + kRwlockWriter);
    if (writer && *writer != thread.tid && is_thread(core, *writer)) {
      return WaitEdge{thread.tid, *writer, word_at - word_offset, WaitKind::kRwlock};
    }
  }
  return std::nullopt;
}

std::vector<WaitEdge> waits_in(const CoreFile& core, const WaitPlaces& places) {
  std::vector<WaitEdge> waits;
  std::vector<const CoreThread*> waiting;
  for (const CoreThread& thread : core.threads()) {
    if (waiting.size() < kWaitersMax && waits_on_futex(core, thread)) waiting.push_back(&thread);
  }
  for (const CoreThread* const thread : waiting) {
    const auto place = places.find(thread->tid);
    const WaitKind kind = place == places.end() ? WaitKind::kOther : place->second;
    // A condition variable's words may look like anything; but who was woken waits for its mutex again, with the value
    // of a contended one.
    const bool contended = static_cast<uint32_t>(thread->registers.rdx) == kContended;
    const bool owned = contended || (kind != WaitKind::kCondition && kind != WaitKind::kSemaphore);
    if (const auto edge = owned ? wait_of(core, *thread) : std::nullopt; edge) {
      waits.push_back(*edge);
      continue;
    }
    uint32_t readers = 0;
    const uint64_t lock =
        kind == WaitKind::kRwlock ? lock_held_by_readers(core, thread->registers.rdi, readers) : uint64_t{0};
    const size_t before = waits.size();
    for (const CoreThread* const other : lock == 0 ? std::vector<const CoreThread*>() : waiting) {
      const uint64_t word = other->registers.rdi;
      const bool waits_too = word >= lock && word < lock + kRwlockWriter;  // for the same lock
      if (other != thread && !waits_too && has_on_stack(core, *other, lock)) {
        waits.push_back({thread->tid, other->tid, lock, WaitKind::kRwlock, true});
      }
    }
    if (waits.size() == before) waits.push_back({thread->tid, 0, lock == 0 ? thread->registers.rdi : lock, kind});
  }
  return waits;
}

std::vector<WaitEdge> find_wait_cycle(const std::vector<WaitEdge>& waits) {
  std::vector<WaitEdge> circle = find_circle(waits, false);
  return circle.empty() ? find_circle(waits, true) : circle;
}

std::vector<WaitEdge> find_wait_cycle(const CoreFile& core) { return find_wait_cycle(waits_in(core, {})); }

}  // namespace crashwright::rca
